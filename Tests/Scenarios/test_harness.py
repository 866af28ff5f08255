"""The instruments themselves: a checker that finds nothing wrong is worth nothing until it has found something."""

import asyncio
import base64

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from harness.client import Send
from harness.history import HistoryChecker
from harness.proxy import Proxy
from harness.recorder import TO_CLIENT, TO_SERVER, Recorder
from harness.signing import Signed, SigningKey, answer_base, digest
from harness.waiting import TimedOut, eventually

# RFC 9421, B.1.4
SEED = base64.urlsafe_b64decode("n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU=")
REQUEST_SIGNATURE = "8p+VUbmJcP4oieyg0bYRcO3zpwKMunrfqrPMf/+kwH7EvXpu0tH6Yhx2D9BlsPm3iH9Jsl8vPsl1OFD7p5CLAA=="
ANSWER_SIGNATURE = "jBs+8q45CSXuP3NOR25pxghgnRiC3wXPuZvfxO1wSIPNEmeawo4QldiKw5Qt7hk1KGYFaLVD8YyzSO7/wJPZBg=="


def the_vector():
    return Signed(
        "PUT",
        "/federation/v1/transactions/E1/42",
        "a.example",
        "b.example",
        b'{"v":1,"events":[]}',
        created=1700000000,
        expires=1700000300,
        nonce="AAECAwQFBgcICQoLDA0ODw",
    )


async def test_requests_are_signed_as_the_documents_say():
    key = SigningKey(SEED)
    assert key.id == "b16c2d1bead12626"
    headers = dict(the_vector().headers(key))
    assert headers["Signature"] == f"fed=:{REQUEST_SIGNATURE}:"
    assert headers["Content-Digest"] == "sha-256=:ssWBcRvIuir08otCDv96VD/ju5xg+ziaA8Cq17moTSY=:"


async def test_answers_are_bound_to_their_request():
    body = b'{"epoch":"E1","ack":42,"rejected":[],"window":100}'
    parameters = (
        '("@status" "content-digest" "content-type" "signature";req;key="fed")'
        ';created=1700000001;keyid="b16c2d1bead12626";alg="ed25519";tag="home-fed-v1"'
    )
    base = answer_base(200, digest(body), "application/json", REQUEST_SIGNATURE, parameters)
    public = Ed25519PublicKey.from_public_bytes(SigningKey(SEED).public)
    public.verify(base64.b64decode(ANSWER_SIGNATURE), base)
    with pytest.raises(InvalidSignature):
        public.verify(base64.b64decode(ANSWER_SIGNATURE), base.replace(b"200", b"503"))


async def echo():
    async def answer(reader, writer):
        while line := await reader.readline():
            writer.write(b"echo " + line)
        writer.close()

    return await asyncio.start_server(answer, "127.0.0.1", 0)


async def test_the_proxy_passes_cuts_stalls_freezes_and_refuses():
    server = await echo()
    async with server, Proxy(server.sockets[0].getsockname()[1]) as proxy:

        async def connect():
            return await asyncio.open_connection("127.0.0.1", proxy.port)

        reader, writer = await connect()
        writer.write(b"one\n")
        assert await reader.readline() == b"echo one\n"

        proxy.stall()
        writer.write(b"two\n")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.readline(), 0.1)
        proxy.flow()
        assert await asyncio.wait_for(reader.readline(), 5) == b"echo two\n"

        proxy.freeze()
        writer.write(b"half open\n")
        new_reader, new_writer = await connect()
        new_writer.write(b"new\n")
        assert await new_reader.readline() == b"echo new\n"
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.readline(), 0.1)
        proxy.cut()
        for end in (reader, new_reader):
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await asyncio.wait_for(end.readexactly(1), 5)

        reader, writer = await connect()
        proxy.cut_instead_of = lambda data: b"three" in data
        writer.write(b"three\n")
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(reader.readexactly(1), 5)
        proxy.cut_instead_of = None

        reader, writer = await connect()
        writer.write(b"four\n")
        assert await reader.readline() == b"echo four\n"
        proxy.cut()
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(reader.readexactly(1), 5)

        proxy.refuse()
        reader, writer = await connect()
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(reader.readexactly(1), 5)


async def test_waiting_ends_with_a_sentence():
    with pytest.raises(TimedOut, match="the moon: not within 0.05 s"):
        await eventually(lambda: False, "the moon", within=0.05)


class Reader:
    """Stands for a person whose homeserver has this history."""

    def __init__(self, name, messages, last_seq=None):
        self.user_id = name
        self.messages = messages
        self.last_seq = len(messages) if last_seq is None else last_seq

    def __repr__(self):
        return self.user_id

    async def history_with(self, _):
        return self.messages, self.last_seq


def history(*texts, author="alice", first=1):
    return [
        {"seq": first + i, "message_id": f"id of {t}", "message": t, "from_user_id": author} for i, t in enumerate(texts)
    ]


def sent(*texts):
    sends = []
    for text in texts:
        send = Send("bob", text)
        send.ack = {"message_id": f"id of {text}"}
        sends.append(send)
    return sends


@pytest.mark.parametrize(
    ("at_bob", "finding"),
    [
        (history("a", "b", "c"), None),
        (history("a", "c"), "has 'b' of alice 0 times"),
        (history("a", "b", "b", "c"), "has 'b' of alice 2 times"),
        (history("a", "c", "b"), "out of order"),
        (history("a", "b", "c", first=2), "not gapless"),
        (history("a", "b", "c", "d"), "which nobody sent"),
    ],
)
async def test_the_checker_finds(at_bob, finding):
    alice, bob = Reader("alice", history("a", "b", "c")), Reader("bob", at_bob)
    problems = await HistoryChecker(alice, bob).check({alice: sent("a", "b", "c")})
    if finding is None:
        assert problems == []
    else:
        assert any(finding in problem for problem in problems), problems


async def test_the_checker_knows_an_unsent_message_from_a_lost_one():
    alice, bob = Reader("alice", history("a")), Reader("bob", history("a"))
    sends = sent("a", "b")
    sends[1].ack = None
    assert await HistoryChecker(alice, bob).check({alice: sends}) == []


async def test_an_undocumented_frame_does_not_pass():
    """Neither an unknown type or field nor a value of the wrong form; and each only in its own direction."""
    def problems(direction, *texts):
        recorder = Recorder()
        for text in texts:
            recorder.frame(direction, text)
        return recorder.check()

    assert problems(TO_SERVER, '{"type": "ping", "s": 12}', '{"type": "ping", "s": 0}') == []
    assert problems(TO_SERVER, '{"type": "ping", "s": 12}', '{"type": "ping", "s": -12}')
    assert problems(TO_CLIENT, '{"type": "ping", "s": 12}')
    assert problems(TO_CLIENT, '{"type": "resumed", "replayed": 0}') == []
    assert problems(TO_CLIENT, '{"type": "resumed", "replayed": 0, "more": 1}')
    assert problems(TO_CLIENT, '{"type": "resumed"}')
    assert problems(TO_CLIENT, '{"type": "surprise"}')
    assert problems(TO_CLIENT, "no JSON")

    recorder = Recorder()
    recorder.exchange("GET", "/api/v1/friends", b"", 200, "application/json", b'{"friends":[],"more":1}')
    recorder.exchange("GET", "/api/v1/surprise", b"", 200, "application/json", b"{}")
    recorder.exchange("GET", "/api/v1/friends", b"", 200, "text/html", b'{"friends":[]}')
    assert len(recorder.check()) == 3
