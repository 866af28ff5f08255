"""Every frame type with input that is wrong: an error with a stable code, no effect, and the socket stays open."""

import json
import random

import pytest

from harness.node import befriend

GOOD = {
    "private-message": {"receiver_id": "somebody", "message": "text", "nonce": "n", "reply_to": None},
    "mark-read": {"conversation_id": "01900000-0000-7000-8000-000000000000", "seq": 1},
    "ping": {"s": 0},
    "resume": {"session_id": "01900000-0000-7000-8000-000000000000", "epoch": "e", "s": 0},
}


async def pair(home):
    alice, bob = await home.people("alice", "bob")
    await befriend(alice, bob)
    await bob.connects()
    await alice.connects()
    return alice, bob


async def nothing_happened(alice, bob):
    """Both sockets live, nothing was sent, and a right message still comes through."""
    await bob.socket.has_received_no("new-private-message")
    await alice.sends("still here", to=bob)
    await bob.receives_message("still here", from_=alice)
    messages, _ = await bob.history_with(alice)
    assert [it["message"] for it in messages] == ["still here"]


async def refuses(person, raw, code, field=None, **fields):
    await person.socket.send_wrong(raw if isinstance(raw, (str, bytes)) else json.dumps(raw))
    error = await person.receives("error", **fields)
    assert error["code"] == code, (error, str(raw)[:200])
    if field:
        assert error["field"] == field, (error, str(raw)[:200])
    assert len(json.dumps(error)) < 2000, "an error does not repeat what was wrong"
    return error


@pytest.mark.parametrize("wrong", [1, 1.5, True, [], ["x"], {}, {"a": 1}, None], ids=repr)
async def test_a_private_message_with_a_field_of_another_type(home, wrong):
    alice, bob = await pair(home)
    right = {"type": "private-message", "receiver_id": bob.user_id, "message": "text"}
    for name in ("receiver_id", "message"):
        await refuses(alice, {**right, name: wrong}, "invalid", field=name, ref_type="private-message")
    if wrong is not None:
        for name in ("nonce", "reply_to"):
            await refuses(alice, {**right, name: wrong}, "invalid", field=name)
    await nothing_happened(alice, bob)


async def test_a_private_message_with_a_field_missing(home):
    alice, bob = await pair(home)
    await refuses(alice, {"type": "private-message", "message": "x", "nonce": "1"}, "invalid", "receiver_id", nonce="1")
    await refuses(
        alice, {"type": "private-message", "receiver_id": bob.user_id, "nonce": "2"}, "invalid", "message", nonce="2"
    )
    await refuses(alice, {"type": "private-message"}, "invalid", "receiver_id")
    await nothing_happened(alice, bob)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "invalid"),
        ("x" * 4001, "too_large"),
        ("𝄞" * 4001, "too_large"),
        ("x" * 60_000, "too_large"),
    ],
    ids=["empty", "4001 letters", "4001 code points", "60000 letters"],
)
async def test_a_text_of_the_wrong_length(home, text, code):
    alice, bob = await pair(home)
    frame = {"type": "private-message", "receiver_id": bob.user_id, "message": text, "nonce": "long"}
    await alice.socket.send_wrong(json.dumps(frame, ensure_ascii=False))
    error = await alice.receives("error", nonce="long")
    assert error["code"] in (code, "invalid") and error["field"] == "message", error
    await nothing_happened(alice, bob)


@pytest.mark.parametrize("nonce", ["", "x" * 65, "tab\t", "new\nline", "é", "\u007f", "😀"])
async def test_a_nonce_that_is_none(home, nonce):
    alice, bob = await pair(home)
    frame = {"type": "private-message", "receiver_id": bob.user_id, "message": "x", "nonce": nonce}
    error = await refuses(alice, frame, "invalid", "nonce")
    assert "nonce" not in error, "what is no nonce cannot come back as one"
    await nothing_happened(alice, bob)


@pytest.mark.parametrize("nonce", ["x", "x" * 64, " ", "~", "\"\\/", "a b"])
async def test_a_nonce_at_its_limits(home, nonce):
    alice, bob = await pair(home)
    assert (await alice.sends("x", to=bob, nonce=nonce))["nonce"] == nonce
    assert (await alice.sends("x", to=bob, nonce=nonce))["duplicate"] is True


@pytest.mark.parametrize(
    "address", ["", "@", "a@", "@b", "Alice", "a b", "a@b@c", "a@-b", "a@b..c", "a@" + "x" * 300, "é", "a@b:80", "a" * 33]
)
async def test_a_receiver_that_is_no_address(home, address):
    alice, bob = await pair(home)
    frame = {"type": "private-message", "receiver_id": address, "message": "x", "nonce": "n"}
    await refuses(alice, frame, "invalid", "receiver_id", nonce="n")
    await nothing_happened(alice, bob)


async def test_a_receiver_who_is_nobody_oneself_or_no_friend(home):
    alice, bob = await pair(home)
    carol = await home.person("carol")
    cases = [
        ("nobody.of.this.name", {"not_found", "not_friends"}),
        ("nobody@elsewhere.example", {"not_friends", "not_found"}),
        (f"nobody@{home.name}", {"not_found", "not_friends"}),
        (alice.user_id, {"invalid", "not_friends"}),
        (alice.name, {"invalid", "not_friends"}),
        (carol.user_id, {"not_friends"}),
    ]
    for number, (address, codes) in enumerate(cases):
        frame = {"type": "private-message", "receiver_id": address, "message": "x", "nonce": f"{number}"}
        await alice.socket.send_wrong(json.dumps(frame))
        error = await alice.receives("error", nonce=f"{number}", within=20)
        assert error["code"] in codes, (address, error)
    await nothing_happened(alice, bob)


@pytest.mark.parametrize("reply", ["x", "", "01900000-0000-7000-8000-00000000000", "01900000-0000-7000-8000-0000000000000"])
async def test_a_reply_to_something_that_is_no_id(home, reply):
    alice, bob = await pair(home)
    frame = {"type": "private-message", "receiver_id": bob.user_id, "message": "x", "reply_to": reply}
    await refuses(alice, frame, "invalid", "reply_to")
    await nothing_happened(alice, bob)


async def test_a_reply_to_a_message_of_another_conversation(home):
    alice, bob, carol = await home.friends("alice", "bob", "carol")
    elsewhere = await alice.sends("to carol", to=carol)
    for reply in (elsewhere["message_id"], "01900000-0000-7000-8000-000000000000"):
        await alice.socket.send("private-message", receiver_id=bob.user_id, message="x", reply_to=reply, nonce=reply[-12:])
        error = await alice.receives("error", nonce=reply[-12:])
        assert error["code"] in ("not_found", "invalid"), error
    await nothing_happened(alice, bob)


@pytest.mark.parametrize("wrong", [-1, 1.5, "1", True, [], 2**63, 2**64, -(2**63) - 1, 1e300], ids=repr)
async def test_numbers_out_of_range(home, wrong):
    alice, bob = await pair(home)
    await refuses(alice, {"type": "ping", "s": wrong}, "invalid", "s", ref_type="ping")
    await refuses(alice, {"type": "resume", **GOOD["resume"], "s": wrong}, "invalid", "s", ref_type="resume")
    await nothing_happened(alice, bob)


async def test_a_resume_in_the_middle(home):
    alice, bob = await pair(home)
    await refuses(alice, {"type": "resume", **GOOD["resume"]}, "invalid", ref_type="resume")
    for name in ("session_id", "epoch", "s"):
        frame = {key: value for key, value in GOOD["resume"].items() if key != name}
        await refuses(alice, {"type": "resume", **frame}, "invalid", name)
    await nothing_happened(alice, bob)


@pytest.mark.parametrize("kind", ["no-such-type", "hello", "ready", "ack", "new-private-message", "", "PING", "ping "])
async def test_an_unknown_type(home, kind):
    alice, bob = await pair(home)
    error = await refuses(alice, {"type": kind, "receiver_id": bob.user_id, "message": "x"}, "unknown_type")
    assert error["ref_type"] == kind
    await nothing_happened(alice, bob)


async def test_unknown_fields_are_ignored(home):
    alice, bob = await pair(home)
    frame = {"type": "private-message", "receiver_id": bob.user_id, "message": "still here", "nonce": "n", "new": [1]}
    frame["from_user_id"] = bob.user_id  # the sender is always the session's user, never a field
    await alice.socket.send_wrong(json.dumps(frame))
    await alice.receives("ack", nonce="n")
    await bob.receives_message("still here", from_=alice)


UNDECODABLE = {
    "nothing": "",
    "blank": "   ",
    "no JSON": "hello",
    "cut off": '{"type": "ping"',
    "bytes behind it": '{"type": "ping", "s": 0} x',
    "an array": "[]",
    "a text": '"ping"',
    "a number": "1",
    "null": "null",
    "no type": "{}",
    "type null": '{"type": null}',
    "type a number": '{"type": 1}',
    "type an object": '{"type": {}}',
    "duplicate keys": '{"type": "ping", "s": 0, "s": 1}',
    "duplicate type": '{"type": "ping", "type": "ping", "s": 0}',
    "duplicate by escape": '{"type": "ping", "s": 0, "\\u0073": 1}',
    "U+0000 escaped": '{"type": "private-message", "receiver_id": "a", "message": "a\\u0000b"}',
    "U+0000 in a key": '{"type": "ping", "s": 0, "\\u0000": 1}',
    "U+0000 raw": '{"type": "ping\x00"}',
    "lone high surrogate": '{"type": "private-message", "receiver_id": "a", "message": "\\ud800"}',
    "lone low surrogate": '{"type": "private-message", "receiver_id": "a", "message": "\\udc00"}',
    "control character": '{"type": "private-message", "receiver_id": "a", "message": "a\nb"}',
    "deep objects": '{"type": "ping", "a": ' + '{"a":' * 40 + "1" + "}" * 41,
    "deep arrays": '{"type": "ping", "a": ' + "[" * 30_000 + "]" * 30_000 + "}",
    "unclosed arrays": "[" * 60_000,
    "many nodes": '{"type": "ping", "s": 0, "a": [' + "1," * 30_000 + "1]}",
    "a long number": '{"type": "ping", "s": ' + "9" * 5000 + "}",
    "a leading zero": '{"type": "ping", "s": 01}',
    "a plus": '{"type": "ping", "s": +1}',
    "NaN": '{"type": "ping", "s": NaN}',
    "a comment": '{"type": "ping", /* s */ "s": 1}',
    "a trailing comma": '{"type": "ping", "s": 1,}',
    "single quotes": "{'type': 'ping', 's': 1}",
    "a byte order mark": '\ufeff{"type": "ping", "s": 1}',
}


@pytest.mark.parametrize("what", UNDECODABLE)
async def test_a_frame_that_cannot_be_read(home, what):
    alice, bob = await pair(home)
    await refuses(alice, UNDECODABLE[what], "invalid")
    await nothing_happened(alice, bob)


async def test_twenty_of_them_in_a_row_close_the_socket(home):
    alice, bob = await pair(home)
    for _ in range(19):
        await refuses(alice, "not JSON", "invalid")
    await alice.socket.position()  # a good one between: the count begins anew
    for _ in range(19):
        await refuses(alice, "not JSON", "invalid")
    await alice.socket.send_wrong("not JSON")
    await alice.socket.closes(4002)
    assert bob.socket.is_open


async def test_one_bad_message_among_good_ones_fails_alone(home):
    alice, bob = await pair(home)
    for number in range(20):
        if number % 5 == 3:
            frame = {"type": "private-message", "receiver_id": bob.user_id, "message": "x" * 5000, "nonce": f"{number}"}
            await alice.socket.send_wrong(json.dumps(frame))
        else:
            text = f"good {number}"
            await alice.socket.send("private-message", receiver_id=bob.user_id, message=text, nonce=f"{number}")
    for number in range(20):
        if number % 5 == 3:
            await alice.receives("error", nonce=f"{number}")
        else:
            await alice.receives("ack", nonce=f"{number}")
            await bob.receives_message(f"good {number}", from_=alice)
    messages, _ = await bob.history_with(alice)
    assert [it["message"] for it in messages] == [f"good {n}" for n in range(20) if n % 5 != 3]


async def test_random_damage_never_does_more_than_an_error(home, seed):
    """A thousand mutations of good frames: every one is answered or taken, and the homeserver lives."""
    chance = random.Random(seed)
    alice, bob = await pair(home)
    originals = [json.dumps({"type": kind, **fields}) for kind, fields in GOOD.items()]
    reached = 0
    for _ in range(1000):
        text = list(chance.choice(originals))
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(text))
            match chance.randrange(4):
                case 0:
                    del text[place]
                case 1:
                    text.insert(place, chance.choice('{}[]",:\\\u0000\u001f019.eE-+tfnul é😀'))
                case 2:
                    text[place] = chance.choice('{}[]",:\\\u0000\u001f019.eE-+tfnul é😀')
                case 3:
                    text[place:place] = text[: chance.randrange(len(text))]
        await alice.socket.send_wrong("".join(text))
        reached += 1
        if reached % 10 == 0:
            await alice.socket.position()
    assert alice.socket.is_open
    await bob.socket.has_received_no("new-private-message")
    await alice.sends("still here", to=bob)
    await bob.receives_message("still here", from_=alice)
