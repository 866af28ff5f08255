"""Hostile bytes close their own socket, as RFC 6455 says, and nothing else."""

import asyncio
import os
import random
import struct

import pytest
import pytest_asyncio

from harness.raw_socket import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, RawSocket, frame, upgrade
from harness.socket import Socket
from websockets.exceptions import InvalidStatus


@pytest_asyncio.fixture(loop_scope="session")
async def bystanders(home):
    """alice attacks on a second socket; her first and bob's must not notice."""
    alice, bob = await home.friends("alice", "bob")
    yield alice, bob
    await alice.sends("still here", to=bob)
    await bob.receives_message("still here", from_=alice)
    assert await home.is_healthy()


async def opened(person):
    raw = await RawSocket.open(person.node, person.token)
    await raw.receive_text('"ready"')
    return raw


HOSTILE = {
    "unmasked": ([frame('{"type":"ping","s":0}', masked=False)], {1002}),
    "unmasked ping": ([frame(b"", opcode=PING, masked=False)], {1002}),
    "bad UTF-8": ([frame(b'{"type":"\xff"}')], {1007}),
    "bad UTF-8: a surrogate": ([frame(b"\xed\xa0\x80")], {1007}),
    "bad UTF-8: overlong": ([frame(b"\xc0\xaf")], {1007}),
    "bad UTF-8: beyond U+10FFFF": ([frame(b"\xf4\x90\x80\x80")], {1007}),
    "bad UTF-8: cut off": ([frame("é".encode()[:1])], {1007}),
    "bad UTF-8 in fragments": (
        [frame(b"\xce", fin=False), frame(b"\x28", opcode=CONTINUATION)],
        {1007},
    ),
    "oversize": ([frame(b"x" * 65_537)], {1009}),
    "oversize by its length alone": ([frame(b"", length=1 << 40)], {1009}),
    "a length with its highest bit": ([frame(b"", length=1 << 63)], {1009, 1002}),
    "oversize in fragments": (
        [frame(b"x" * 40_000, fin=False), frame(b"x" * 40_000, opcode=CONTINUATION)],
        {1009},
    ),
    "a binary frame": ([frame(b'{"type":"ping","s":0}', opcode=BINARY)], {1003, 1002, 1007, 4002}),
    "a reserved bit": ([frame("{}", reserved=4)], {1002}),
    "another reserved bit": ([frame("{}", reserved=1)], {1002}),
    "an unknown opcode": ([frame(b"", opcode=3)], {1002}),
    "an unknown control opcode": ([frame(b"", opcode=11)], {1002}),
    "a fragmented ping": ([frame(b"x", opcode=PING, fin=False)], {1002}),
    "a long ping": ([frame(b"x" * 126, opcode=PING)], {1002}),
    "a continuation of nothing": ([frame(b"x", opcode=CONTINUATION)], {1002}),
    "a new text inside a fragmented one": ([frame("a", fin=False), frame("b")], {1002}),
    "a close with one byte": ([frame(b"\x03", opcode=CLOSE)], {1002, 1005, 1000}),
    "a close with a code that is none": ([frame(struct.pack(">H", 999), opcode=CLOSE)], {1002, 999, 1000, 1005}),
    "noise": ([bytes(range(255, -1, -1))], {1002, 1009, 1007}),
}


@pytest.mark.parametrize("what", HOSTILE)
async def test_hostile(bystanders, what):
    raw = await opened(bystanders[0])
    frames, codes = HOSTILE[what]
    for data in frames:
        await raw.send(data)
    assert await raw.closes() in codes


async def test_a_text_that_seems_to_be_http(bystanders):
    raw = await opened(bystanders[0])
    await raw.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert await raw.closes() in {1002, 1009, 1007}


async def test_fragments_are_joined_and_controls_may_come_between(bystanders):
    alice, bob = bystanders
    raw = await opened(alice)
    text = f'{{"type":"private-message","receiver_id":"{bob.user_id}","message":"in é pieces","nonce":"f"}}'.encode()
    middle = text.index("é".encode()) + 1  # in the middle of a character
    await raw.send(frame(text[:10], fin=False))
    await raw.send(frame(b"are you there?", opcode=PING))
    await raw.send(frame(text[10:middle], opcode=CONTINUATION, fin=False))
    await raw.send(frame(b"", opcode=CONTINUATION, fin=False))
    await raw.send(frame(text[middle:], opcode=CONTINUATION))
    got = []
    while len(got) < 2:
        opcode, payload = await raw.receive()
        if opcode == PONG:
            assert payload == b"are you there?"
            got.append("pong")
        elif opcode == TEXT and b'"ack"' in payload:
            got.append("ack")
    await bob.receives_message("in é pieces", from_=alice)
    raw.cut()


async def test_a_frame_byte_by_byte(bystanders):
    raw = await opened(bystanders[0])
    for byte in frame('{"type":"ping","s":0}'):
        await raw.send(bytes([byte]))
    await raw.receive_text('"pong"')
    raw.cut()


async def test_a_close_is_answered(bystanders):
    raw = await opened(bystanders[0])
    await raw.send(frame(struct.pack(">H", 1000), opcode=CLOSE))
    assert await raw.closes() == 1000
    await raw.send(frame('{"type":"ping","s":0}')) if not raw.writer.is_closing() else None


async def test_many_tiny_fragments(bystanders):
    """They cannot be used to hold memory or time: joined up to the limit, or closed."""
    raw = await opened(bystanders[0])
    try:
        await raw.send(frame("{", fin=False))
        for _ in range(70_000 // 7):
            await raw.send(frame(b" " * 7, opcode=CONTINUATION, fin=False))
    except ConnectionError:
        pass
    assert await raw.closes() in {1002, 1008, 1009, None}


async def test_noise_of_any_kind(home, bystanders, seed):
    chance = random.Random(seed)
    for _ in range(40):
        raw = await opened(bystanders[0])
        try:
            await raw.send(chance.randbytes(chance.randint(1, 3000)))
            raw.writer.write_eof()
            await raw.closes()
        except (ConnectionError, AssertionError):
            pass
        raw.cut()


async def test_a_half_sent_frame_and_a_cut(bystanders):
    for _ in range(20):
        raw = await opened(bystanders[0])
        await raw.send(frame("x" * 1000)[:500])
        raw.cut()


async def connection(home):
    return await asyncio.open_connection("127.0.0.1", home.client_port)


async def answer_to(home, request, within=10):
    """What a connection answers to these bytes: the status, None when it is closed without a word."""
    reader, writer = await connection(home)
    try:
        writer.write(request)
        line = await asyncio.wait_for(reader.readline(), within)
        return int(line.split()[1]) if line else None
    except ConnectionError:
        return None
    finally:
        writer.transport.abort()


async def test_an_upgrade_that_is_none(home, bystanders):
    token = bystanders[0].token
    path = f"/ws?token={token}"
    cases = {
        "no key": upgrade(path, Sec_WebSocket_Key=None),
        "an empty key": upgrade(path, Sec_WebSocket_Key=""),
        "a short key": upgrade(path, Sec_WebSocket_Key="eA=="),
        "no version": upgrade(path, Sec_WebSocket_Version=None),
        "another version": upgrade(path, Sec_WebSocket_Version="8"),
        "another protocol": upgrade(path, Upgrade="h2c"),
        "no upgrade at all": upgrade(path, Upgrade=None, Connection=None),
        "another path": upgrade(f"/api/v1/me?token={token}"),
    }
    for what, (request, _) in cases.items():
        status = await answer_to(home, request)
        assert status is None or 400 <= status < 500, (what, status)
    status = await answer_to(home, upgrade(path)[0].replace(b"GET", b"POST", 1))
    assert status is None or 400 <= status < 500, status


async def test_requests_that_are_none(home, bystanders):
    cases = [
        b"\r\n\r\n\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(200),  # a TLS hello on a plain port
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: a\r\n" + b"X: " + b"y" * 200_000 + b"\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: a\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(10_000)) + b"\r\n",
        b"GET /health HTTP/1.1\r\nHost : a\r\n\r\n",
        b"POST /api/v1/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n",
        os.urandom(5000),
    ]
    for request in cases:
        status = await answer_to(home, request)
        assert status is None or 400 <= status < 500, (request[:60], status)
    assert await home.is_healthy()


async def test_a_slow_upgrade_holds_up_nobody(home, bystanders):
    """Two hundred connections that never finish their request; the next one is served at once."""
    held = [await connection(home) for _ in range(200)]
    for _, writer in held:
        writer.write(b"GET /ws?token=x HTTP/1.1\r\nHost: a\r\nUpgr")
    tab = bystanders[0].in_another_tab()
    await asyncio.wait_for(tab.connects(), 5)
    assert await home.is_healthy()
    await tab.socket.close()
    for _, writer in held:
        writer.transport.abort()


@pytest.mark.slow
async def test_a_slow_upgrade_is_ended(home):
    """A request that does not come is not awaited for ever."""
    reader, writer = await connection(home)
    writer.write(b"GET /ws?token=x HTTP/1.1\r\nHost: a\r\nUpgr")
    try:
        while await asyncio.wait_for(reader.read(1000), 90):
            pass
    except ConnectionError:
        pass
    writer.close()


async def test_a_foreign_origin_cannot_open_a_socket(home, bystanders):
    alice, _ = bystanders
    for origin in ("https://evil.example", "null", home.url + ".evil.example", home.url + "@evil.example", "file://"):
        with pytest.raises(InvalidStatus) as refused:
            await Socket.open(f"{home.ws_url}/ws?token={alice.token}", "a page", origin=origin)
        assert refused.value.response.status_code == 403, origin


async def test_our_own_origin_can(home, bystanders):
    alice, _ = bystanders
    socket = await Socket.open(
        f"{home.ws_url}/ws?token={alice.token}", "our page", origin=f"http://{home.name}:{home.client_port}"
    )
    await socket.receives("ready")
    await socket.close()


async def test_a_cookie_of_a_foreign_page_opens_nothing(home, bystanders):
    alice, _ = bystanders
    cookie = {"Cookie": f"__Host-home-session={alice.token}"}
    for origin in ("https://evil.example", None):
        try:
            socket = await Socket.open(f"{home.ws_url}/ws", "a page", origin=origin, headers=cookie)
        except InvalidStatus as refused:
            assert refused.response.status_code in (401, 403)
            continue
        assert await socket.closes() in (4003, 4004), "a request without Origin needs an explicit token"
