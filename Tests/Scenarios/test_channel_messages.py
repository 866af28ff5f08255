"""Messages in channels: to everybody who sees the channel, in one order, once, and for good."""

import asyncio
import json

import pytest
from websockets.exceptions import ConnectionClosed

from harness.communities import NOBODY
from harness.socket import Closed
from harness.waiting import eventually

ACROSS = True


def last_s(person):
    return max((frame["s"] for frame in person.socket.frames if "s" in frame and frame["type"] != "pong"), default=0)


def without_s(frame):
    return {key: value for key, value in frame.items() if key != "s"}


async def test_everybody_hears_it_the_author_included(home):
    community, alice, bob, carol = await home.community("alice", "bob", "carol")
    phone = await (await alice.on_another_device()).connects()
    stranger = await (await home.person("stranger")).connects()

    ack = await alice.writes("hello all", community.general, nonce="n-1")
    assert (ack["channel_id"], ack["seq"], ack["n"], ack["state"], ack["duplicate"]) == (community.general, 1, 1, "sent", False)
    assert "conversation_id" not in ack
    frames = [await one.hears("hello all", community.general, from_=alice) for one in (alice, phone, bob, carol)]
    for frame in frames:
        for name in ("message_id", "seq", "n", "timestamp", "channel_id"):
            assert frame[name] == ack[name], name
        assert frame["server_id"] == community.id
    assert [frame.get("nonce") for frame in frames] == ["n-1", "n-1", None, None], "a nonce is its author's own business"
    await phone.socket.has_received_no("ack")
    await stranger.socket.has_received_no("new-channel-message", "channel-changed", "member-changed", "community-changed")
    for one in (alice, bob, carol):
        await one.socket.has_received_no("new-channel-message")


async def test_without_a_nonce_there_is_no_ack_but_the_message(home):
    community, alice, bob = await home.community("alice", "bob")
    await alice.socket.send("channel-message", channel_id=community.general, message="no receipt")
    for one in (alice, bob):
        assert "nonce" not in await one.hears("no receipt", community.general, from_=alice)
    await alice.socket.has_received_no("ack", "error")


async def test_a_repeated_nonce_gets_the_first_ack_and_has_no_second_effect(home):
    community, alice, bob = await home.community("alice", "bob")
    other = await alice.makes_channel(community, "other")
    first = await alice.writes("once", community.general, nonce="same")
    for text in ("once", "something else"):
        again = await alice.writes(text, community.general, nonce="same")
        assert again["duplicate"] is True
        for name in ("message_id", "channel_id", "seq", "n", "timestamp", "state"):
            assert again[name] == first[name], name
    await bob.hears("once", community.general)
    await bob.socket.has_received_no("new-channel-message")
    # It counts in its own channel and for its own author.
    elsewhere = await alice.writes("elsewhere", other, nonce="same")
    bobs = await bob.writes("of bob's", community.general, nonce="same")
    assert not elsewhere["duplicate"] and not bobs["duplicate"]
    assert [it["message"] for it in (await bob.channel_history(community.general))[0]] == ["once", "of bob's"]


async def test_the_same_message_sent_over_and_over_at_once_is_one(home):
    community, alice, bob = await home.community("alice", "bob")
    phone = await (await alice.on_another_device()).connects()
    for _ in range(10):
        for device in (alice, phone):
            await device.socket.send("channel-message", channel_id=community.general, message="x", nonce="racing")
    acks = []
    for device in (alice, phone):
        acks += [await device.receives("ack", nonce="racing") for _ in range(10)]
    assert len({it["message_id"] for it in acks}) == 1
    assert sorted(it["duplicate"] for it in acks) == [False] + [True] * 19
    await alice.has_arrived()
    assert len((await bob.channel_history(community.general))[0]) == 1


async def test_a_reply_names_a_message_of_the_same_channel(home):
    community, alice, bob = await home.community("alice", "bob")
    other = await alice.makes_channel(community, "other")
    question = await alice.writes("how are you?", community.general)
    await bob.writes("fine", community.general, reply_to=question["message_id"])
    for one in (alice, bob):
        assert (await one.hears("fine", community.general))["reply_to"] == question["message_id"]
    assert (await alice.channel_history(community.general))[0][1]["reply_to"] == question["message_id"]
    for channel, message in ((other, question["message_id"]), (community.general, NOBODY)):
        error = await bob.cannot_write(channel, "not_found", reply_to=message)
        assert "how are you" not in str(error)
    assert (await bob.channel_history(other))[1] == 0


async def test_all_see_one_order_however_many_write_at_once(home):
    community, *people = await home.community("alice", "bob", "carol", "dora")

    async def writes(person):
        for number in range(25):
            await person.socket.send(
                "channel-message", channel_id=community.general, message=f"{person.name} {number}", nonce=f"{number}"
            )

    await asyncio.gather(*(writes(one) for one in people))
    for one in people:
        for number in range(25):
            await one.receives("ack", nonce=f"{number}", within=30)
    for one in people:
        await one.has_arrived()
        await one.socket.position()
    told = []
    for one in people:
        heard = [f for f in one.socket.frames if f["type"] == "new-channel-message"]
        assert [f["seq"] for f in heard] == list(range(1, 101)), "gapless and in order on every socket"
        assert [f["n"] for f in heard] == list(range(1, 101))
        told.append([(f["message_id"], f["from_user_id"], f["message"]) for f in heard])
        # An ack comes behind everything that was numbered before it.
        seen = 0
        for frame in one.socket.frames:
            if frame["type"] == "new-channel-message":
                seen = frame["seq"]
            # What is numbered elsewhere is acknowledged before it has a number.
            elif frame["type"] == "ack" and frame["seq"] is not None:
                assert seen >= frame["seq"] - 1, (frame, seen)
    assert all(it == told[0] for it in told)
    for one in people:
        own = [text for _, author, text in told[0] if author == one.user_id]
        assert own == [f"{one.name} {number}" for number in range(25)], "each author's in the order in which he wrote"
    history, last_seq = await people[3].channel_history(community.general)
    assert [(it["message_id"], it["from_user_id"], it["message"]) for it in history] == told[0]
    assert last_seq == 100


async def test_history_comes_in_pages(home):
    community, alice, bob = await home.community("alice", "bob")
    general = community.general
    for number in range(1, 8):
        await (alice if number % 2 else bob).writes(f"{number}", general)

    async def seqs(query):
        page = (await bob.http("GET", f"/channels/{general}/messages{query}")).expect(200).json
        assert (page["channel_id"], page["server_id"], page["last_seq"], page["read_seq"]) == (general, community.id, 7, 0)
        return [it["seq"] for it in page["messages"]]

    assert await seqs("") == [1, 2, 3, 4, 5, 6, 7]
    assert await seqs("?limit=3") == [5, 6, 7]
    assert await seqs("?before=5&limit=3") == [2, 3, 4]
    assert await seqs("?before=1") == []
    assert await seqs("?after=2&limit=3") == [3, 4, 5]
    assert await seqs("?after=7") == await seqs("?after=9223372036854775807") == []
    for wrong in ("before=0", "after=-1", "before=3&after=1", "limit=0", "limit=201", "limit=x", "before=x", "after="):
        (await bob.http("GET", f"/channels/{general}/messages?{wrong}")).expect(400, "invalid")
    own = {it["seq"]: it.get("nonce") for it in (await bob.channel_history(general))[0]}
    assert all(own[seq] for seq in (2, 4, 6)) and not any(own[seq] for seq in (1, 3, 5, 7))


async def test_events_are_the_live_frames_and_fill_a_hole(home):
    community, alice, bob = await home.community("alice", "bob")
    general = community.general
    first = await alice.writes("one", general)
    await bob.writes("two", general, reply_to=first["message_id"], mentions=[alice.user_id])
    await alice.deletes(general, first["message_id"])
    await alice.writes("three", general)
    await bob.hears("three", general)
    live = [without_s(f) for f in bob.socket.frames if f["type"] in ("new-channel-message", "message-deleted")]
    assert [f["seq"] for f in live] == [1, 2, 3, 4]
    assert [f["type"] for f in live] == ["new-channel-message", "new-channel-message", "message-deleted", "new-channel-message"]
    # Since, the text of the first is gone.
    live[0] = {**live[0], "message": "", "deleted": True}
    assert await bob.channel_events(general) == live
    for after in (1, 2, 3):
        assert await bob.channel_events(general, after) == live[after:]
    page = (await bob.http("GET", f"/channels/{general}/events?after=1&limit=2")).expect(200).json
    assert (page["events"], page["last_seq"]) == (live[1:3], 4)


async def test_a_resume_replays_what_was_missed(home):
    community, alice, bob = await home.community("alice", "bob")
    await alice.writes("seen", community.general)
    await bob.hears("seen", community.general)
    seen = last_s(bob)
    bob.socket.cut()
    await bob.socket.closes()
    await alice.writes("missed", community.general)
    channel = await alice.makes_channel(community, "new")
    await alice.http("PATCH", community.path, json={"name": "Growers"})
    await bob.connects(resume=True)
    await bob.socket.send("resume", session_id=bob.ready["session_id"], epoch=bob.ready["epoch"], s=seen)
    assert (await bob.receives("resumed"))["replayed"] == 3
    durable = [f for f in bob.socket.frames if "s" in f]
    assert [f["type"] for f in durable] == ["new-channel-message", "channel-changed", "community-changed"]
    assert [f["s"] for f in durable] == [seen + 1, seen + 2, seen + 3]
    assert durable[1]["channel_id"] == channel
    await alice.writes("live", community.general)
    assert (await bob.hears("live", community.general))["s"] == seen + 4


async def test_what_was_acked_is_there_after_kill_9(homes):
    home = await homes.one()
    community, alice, bob = await home.community("alice", "bob")
    acks = []

    async def keeps_writing():
        for number in range(10_000):
            acks.append(await alice.writes(f"message {number}", community.general, nonce=f"n{number}"))

    writing = asyncio.create_task(keeps_writing())
    await eventually(lambda: len(acks) >= 50, "fifty acks", within=30)
    await home.is_killed()
    (end,) = await asyncio.gather(writing, return_exceptions=True)
    assert isinstance(end, (Closed, ConnectionClosed)), end
    await home.starts()
    messages, last_seq = await bob.channel_history(community.general)
    stored = {it["message_id"]: it["seq"] for it in messages}
    for ack in acks:
        assert stored.get(ack["message_id"]) == ack["seq"], f"acked and lost: {ack}"
    assert [it["seq"] for it in messages] == list(range(1, last_seq + 1))
    assert len(messages) - len(acks) in (0, 1)
    await alice.connects()
    again = await alice.writes("never mind", community.general, nonce=f"n{len(acks) - 1}")
    assert (again["duplicate"], again["message_id"]) == (True, acks[-1]["message_id"])


async def test_somebody_who_is_no_member_reaches_nothing(home):
    community, alice = await home.community("alice")
    mallory = await (await home.person("mallory")).connects()
    await alice.writes("among us", community.general)
    for channel in (community.general, NOBODY):
        await mallory.cannot_write(channel, "not_found")
        for path in ("messages", "events?after=0"):
            answer = await mallory.http("GET", f"/channels/{channel}/{path}")
            answer.expect(404, "not_found")
            assert b"among us" not in answer.body
        await mallory.marks_read(channel, 1)
        await mallory.receives("error", ref_type="mark-read", code="not_found")
    assert (await alice.channel_history(community.general))[1] == 1


async def test_a_direct_conversation_is_no_channel_and_a_channel_none(home):
    alice, bob = await home.friends("alice", "bob")
    conversation = (await alice.sends("private", to=bob))["conversation_id"]
    await alice.cannot_write(conversation, "not_found")
    for method, path in (
        ("GET", "/messages"), ("PATCH", ""), ("DELETE", ""), ("PUT", "/overrides/everyone"), ("DELETE", f"/messages/{NOBODY}"),
    ):  # fmt: skip
        body = {"PATCH": {"name": "x"}, "PUT": {"allow": [], "deny": []}}.get(method)
        answer = await alice.http(method, f"/channels/{conversation}{path}", **({"json": body} if body else {}))
        answer.expect(404, "not_found")
    assert [it["message"] for it in (await bob.history_with(alice))[0]] == ["private"]


WRONG = [1, 1.5, True, [], ["x"], {}, {"a": 1}, None]


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
async def test_a_field_of_another_type(home, wrong):
    community, alice, bob = await home.community("alice", "bob")
    right = {"type": "channel-message", "channel_id": community.general, "message": "text"}
    for name in ("channel_id", "message", "nonce", "reply_to", "mentions"):
        if (wrong is None and name in ("nonce", "reply_to", "mentions")) or (name == "mentions" and wrong in ([], ["x"])):
            continue
        await alice.socket.send_wrong(json.dumps({**right, name: wrong}))
        error = await alice.receives("error", ref_type="channel-message")
        assert (error["code"], error["field"]) == ("invalid", name), error
    await nothing_happened(community, alice, bob)


async def nothing_happened(community, alice, bob):
    await bob.socket.has_received_no("new-channel-message")
    await alice.writes("still here", community.general)
    await bob.hears("still here", community.general)
    assert [it["message"] for it in (await bob.channel_history(community.general))[0]] == ["still here"]


async def test_fields_that_are_missing_or_too_much(home):
    community, alice, bob = await home.community("alice", "bob")
    general = community.general
    for fields, code, field in (
        ({"message": "x"}, "invalid", "channel_id"),
        ({"channel_id": general}, "invalid", "message"),
        ({"channel_id": "general", "message": "x"}, "invalid", "channel_id"),
        ({"channel_id": general.upper().replace("0", "A"), "message": "x"}, "invalid", "channel_id"),
        ({"channel_id": general, "message": ""}, "invalid", "message"),
        ({"channel_id": general, "message": "𝄞" * 4001}, "too_large", "message"),
        ({"channel_id": general, "message": "x" * 60_000}, "too_large", "message"),
        ({"channel_id": general, "message": "x", "nonce": "x" * 65}, "invalid", "nonce"),
        ({"channel_id": general, "message": "x", "nonce": ""}, "invalid", "nonce"),
        ({"channel_id": general, "message": "x", "reply_to": "x"}, "invalid", "reply_to"),
        ({"channel_id": general, "message": "x", "mentions": [1]}, "invalid", "mentions"),
        ({"channel_id": general, "message": "x", "mentions": [None]}, "invalid", "mentions"),
        ({"channel_id": general, "message": "x", "mentions": [["everyone"]]}, "invalid", "mentions"),
        ({"channel_id": general, "message": "x", "mentions": [""]}, "invalid", "mentions"),
        ({"channel_id": general, "message": "x", "mentions": ["A b"]}, "invalid", "mentions"),
    ):
        await alice.socket.send_wrong(json.dumps({"type": "channel-message", **fields}, ensure_ascii=False))
        error = await alice.receives("error", ref_type="channel-message")
        assert error["code"] in (code, "invalid"), (fields, error)
        assert error["field"].split("[")[0] == field, (str(fields)[:200], error)
        assert len(json.dumps(error)) < 2000
    await nothing_happened(community, alice, bob)


@pytest.mark.parametrize("text", ["x", "𝄞" * 4000, "\u202e\u0001\n", "'; DROP TABLE messages; --", "<script>alert(1)</script>"])
async def test_a_text_is_kept_as_it_is(home, text):
    community, alice, bob = await home.community("alice", "bob")
    await alice.writes(text, community.general)
    await bob.hears(text, community.general)
    assert (await bob.channel_history(community.general))[0][0]["message"] == text
