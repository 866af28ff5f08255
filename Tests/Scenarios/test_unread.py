"""Read markers and unread counts: one truth on the homeserver, the same on every socket of its user."""

import asyncio
import json
import random

import pytest

from harness.node import befriend


def last_s(person):
    return max((frame["s"] for frame in person.socket.frames if "s" in frame and frame["type"] != "pong"), default=0)


async def marks(person, conversation, seq):
    await person.socket.send("mark-read", conversation_id=conversation, seq=seq)


def as_json(**fields):
    return json.dumps({"type": "mark-read", **fields})


async def hears_unread(person, other, read_seq, unread, last_seq):
    frame = await person.receives("unread-changed", read_seq=read_seq)
    assert (frame["user_id"], frame["username"]) == (other.user_id, other.name)
    assert (frame["unread"], frame["last_seq"]) == (unread, last_seq), frame
    return frame


async def entry(person, other):
    """What a fresh `ready` says of the conversation with somebody."""
    tab = await person.in_another_tab().connects()
    await tab.socket.close()
    return next(it for it in tab.ready["direct"] if it["user_id"] == other.user_id)


async def counts(person, other):
    it = await entry(person, other)
    history = (await person.http("GET", f"/direct/{other.user_id}/messages?limit=1")).expect(200).json
    assert history["read_seq"] == it["read_seq"]
    return it["last_seq"], it["read_seq"], it["unread"]


async def test_what_bob_reads_in_one_place_is_read_in_all(home):
    alice, bob = await home.friends("alice", "bob")
    phone = await (await bob.on_another_device()).connects()
    tab = await bob.in_another_tab().connects()
    for number in range(5):
        ack = await alice.sends(f"{number}", to=bob)
    assert await counts(bob, alice) == (5, 0, 5)

    await marks(phone, ack["conversation_id"], 3)
    frames = [await hears_unread(one, alice, 3, unread=2, last_seq=5) for one in (bob, phone, tab)]
    assert {frame["conversation_id"] for frame in frames} == {ack["conversation_id"]}
    assert [frame["s"] for frame in frames] == [6, 6, 6], "durable, at its place behind the five messages"
    assert await counts(bob, alice) == (5, 3, 2)

    await marks(bob, ack["conversation_id"], 5)
    for one in (bob, phone, tab):
        await hears_unread(one, alice, 5, unread=0, last_seq=5)
    await alice.socket.has_received_no("unread-changed")
    assert await counts(alice, bob) == (5, 0, 0)


async def test_a_marker_moves_forward_only_and_no_further_than_there_is(home):
    alice, bob = await home.friends("alice", "bob")
    for number in range(3):
        ack = await alice.sends(f"{number}", to=bob)
    for seq in (0, 2, 2, 1, 0):
        await marks(bob, ack["conversation_id"], seq)
    await hears_unread(bob, alice, 2, unread=1, last_seq=3)
    await bob.socket.has_received_no("unread-changed", "error")
    await marks(bob, ack["conversation_id"], 2**63 - 1)
    await hears_unread(bob, alice, 3, unread=0, last_seq=3)
    await marks(bob, ack["conversation_id"], 2**63 - 1)
    await bob.socket.has_received_no("unread-changed", "error")
    # What comes next is unread again.
    await alice.sends("one more", to=bob)
    assert await counts(bob, alice) == (4, 3, 1)


async def test_ones_own_messages_are_never_unread(home):
    alice, bob = await home.friends("alice", "bob")
    phone = await (await alice.on_another_device()).connects()
    for number in range(4):
        ack = await (phone if number % 2 else alice).sends(f"{number}", to=bob)
        assert ack["n"] == number + 1
        assert await counts(alice, bob) == (number + 1, 0, 0), "and sending moves no marker"
    await bob.sends("an answer", to=alice)
    await alice.sends("and more", to=bob)
    assert await counts(alice, bob) == (6, 0, 1)
    # Marked before the answer, only the answer is unread; her own message behind it is not.
    await marks(alice, ack["conversation_id"], 4)
    for one in (alice, phone):
        await hears_unread(one, bob, 4, unread=1, last_seq=6)
    assert await counts(bob, alice) == (6, 0, 5)


async def test_across_two_homeservers_each_keeps_its_users_own_marker(two):
    alpha, beta = two
    alice, bob = await alpha.person("alice"), await beta.person("bob")
    await befriend(alice, bob)
    await alice.connects()
    await bob.connects()
    for number in range(3):
        await alice.sends(f"{number}", to=bob)
    for number in range(3):
        heard = await bob.receives_message(f"{number}", from_=alice)
    assert heard["n"] == 3
    answer = await bob.sends("an answer", to=alice)
    await alice.receives_message("an answer", from_=bob)

    assert await counts(bob, alice) == (4, 0, 3)
    await marks(bob, answer["conversation_id"], 2)
    await hears_unread(bob, alice, 2, unread=1, last_seq=4)
    assert await counts(alice, bob) == (4, 0, 1)
    theirs = (await entry(alice, bob))["conversation_id"]
    await marks(alice, theirs, 4)
    await hears_unread(alice, bob, 4, unread=0, last_seq=4)
    await bob.socket.has_received_no("unread-changed")
    assert await counts(bob, alice) == (4, 2, 1)


async def test_a_resume_replays_what_was_read_elsewhere(home):
    alice, bob = await home.friends("alice", "bob")
    phone = await (await bob.on_another_device()).connects()
    ack = await alice.sends("one", to=bob)
    await bob.receives_message("one", from_=alice)
    seen = last_s(bob)
    bob.socket.cut()
    await bob.socket.closes()
    await marks(phone, ack["conversation_id"], 1)
    await hears_unread(phone, alice, 1, unread=0, last_seq=1)
    await alice.sends("two", to=bob)
    await phone.receives_message("two", from_=alice)

    await bob.connects(resume=True)
    await bob.socket.send("resume", session_id=bob.ready["session_id"], epoch=bob.ready["epoch"], s=seen)
    assert (await bob.receives("resumed"))["replayed"] == 2
    # What friends' statuses are may follow: such frames have no number, and nobody knows whether the dead socket took the last.
    kinds = [frame["type"] for frame in bob.socket.frames]
    assert kinds[:4] == ["hello", "unread-changed", "new-private-message", "resumed"]
    assert set(kinds[4:]) <= {"friend-status-changed"}
    await hears_unread(bob, alice, 1, unread=0, last_seq=1)


async def test_a_restart_keeps_the_markers(homes):
    home = await homes.one(fast=True)
    alice, bob = await home.friends("alice", "bob")
    for number in range(4):
        ack = await alice.sends(f"{number}", to=bob)
    await marks(bob, ack["conversation_id"], 3)
    await hears_unread(bob, alice, 3, unread=1, last_seq=4)
    for ends in (home.stops, home.is_killed):
        await ends()
        await home.starts()
        assert await counts(bob, alice) == (4, 3, 1)
        assert await counts(alice, bob) == (4, 0, 0)


async def test_a_hundred_reads_and_sends_at_once_end_with_what_history_says(home, seed):
    """Four sockets write and read as they like. Bob counts for himself on each of his, and every `unread-changed` agrees."""
    chance = random.Random(seed)
    alice, bob = await home.friends("alice", "bob")
    hers, his = await alice.in_another_tab().connects(), await bob.in_another_tab().connects()
    first = await alice.sends("first", to=bob)
    newest = 1

    async def acts(person, other, count, reads):
        nonlocal newest
        for number in range(count):
            if reads and chance.random() < 0.5:
                await marks(person, first["conversation_id"], chance.randint(0, newest + 2))
            else:
                newest = max(newest, (await person.sends(f"{person.name} {number}", to=other))["seq"])

    await asyncio.gather(
        acts(alice, bob, 25, False), acts(hers, bob, 25, False), acts(bob, alice, 25, True), acts(his, alice, 25, True)
    )
    for one in (bob, his):
        await one.socket.position()
    messages, last_seq = await bob.history_with(alice)
    authors = {it["seq"]: it["from_user_id"] for it in messages}
    markers = []
    for one in (bob, his):
        told = [frame for frame in one.socket.frames if frame["type"] == "unread-changed"]
        markers.append([frame["read_seq"] for frame in told])
        assert markers[-1] == sorted(set(markers[-1])), "each moves it forward"
        for frame in told:
            others = [authors[seq] for seq in range(frame["read_seq"] + 1, frame["last_seq"] + 1)]
            assert frame["unread"] == others.count(alice.user_id), frame
        kinds = ("new-private-message", "private-message-sent", "unread-changed")
        in_order = [frame for frame in one.socket.frames if frame["type"] in kinds]
        for index, frame in enumerate(in_order):
            if frame["type"] == "unread-changed":
                assert all(it["seq"] <= frame["last_seq"] for it in in_order[:index] if "seq" in it)
                assert all(it["seq"] > frame["last_seq"] for it in in_order[index:] if "seq" in it), "at its exact place"
    assert markers[0] == markers[1], "both of bob's sockets were told the same"
    read_seq = max(markers[0], default=0)
    unread = [authors[seq] for seq in range(read_seq + 1, last_seq + 1)].count(alice.user_id)
    assert await counts(bob, alice) == (last_seq, read_seq, unread)


async def test_ready_shows_the_last_message_and_whether_one_can_write(home):
    alice, bob = await home.friends("alice", "bob")
    fresh = await entry(bob, alice)
    assert fresh["state"] == "friends"
    assert "last_message" not in fresh
    for text, beginning in (("short", "short"), ("𝄞" * 200, "𝄞" * 200), ("é" * 199 + "𝄞𝄞", "é" * 199 + "𝄞")):
        ack = await alice.sends(text, to=bob)
        for person, other in ((alice, bob), (bob, alice)):
            last = (await entry(person, other))["last_message"]
            assert last.pop("truncated", False) is (text != beginning)
            assert last == {
                "message_id": ack["message_id"],
                "seq": ack["seq"],
                "from_user_id": alice.user_id,
                "message": beginning,
                "timestamp": ack["timestamp"],
            }
    await alice.removes(bob)
    await bob.receives("friendship-changed", state="none")
    ended = await entry(bob, alice)
    assert (ended["state"], ended["unread"]) == ("none", 3)
    await marks(bob, ended["conversation_id"], 3)
    await hears_unread(bob, alice, 3, unread=0, last_seq=3)


WRONG = [-1, -(2**63), 2**63, 2**64, 1.5, 1e300, "1", "", True, None, [], {}]


@pytest.mark.parametrize("seq", WRONG, ids=repr)
async def test_a_seq_that_is_none(home, seq):
    alice, bob = await home.friends("alice", "bob")
    ack = await alice.sends("x", to=bob)
    await bob.socket.send_wrong(as_json(conversation_id=ack["conversation_id"], seq=seq))
    error = await bob.receives("error", ref_type="mark-read")
    assert (error["code"], error["field"]) == ("invalid", "seq")
    await bob.socket.has_received_no("unread-changed", "error")
    assert await counts(bob, alice) == (1, 0, 1)


@pytest.mark.parametrize("conversation", [1, True, None, [], {}, "", "x", "01900000-0000-7000-8000-00000000000"], ids=repr)
async def test_a_conversation_that_is_none(home, conversation):
    (bob,) = await home.friends("bob")
    await bob.socket.send_wrong(as_json(conversation_id=conversation, seq=1))
    error = await bob.receives("error", ref_type="mark-read")
    assert (error["code"], error["field"]) == ("invalid", "conversation_id")


async def test_a_field_that_is_missing(home):
    (bob,) = await home.friends("bob")
    for fields, missing in (({"seq": 1}, "conversation_id"), ({"conversation_id": "0" * 36}, "conversation_id")):
        await bob.socket.send_wrong(as_json(**fields))
        error = await bob.receives("error", ref_type="mark-read")
        assert (error["code"], error["field"]) == ("invalid", missing)
    await bob.socket.send_wrong(as_json(conversation_id="01900000-0000-7000-8000-000000000000"))
    error = await bob.receives("error", ref_type="mark-read")
    assert (error["code"], error["field"]) == ("invalid", "seq")


async def test_other_peoples_conversations_do_not_exist(home):
    alice, bob = await home.friends("alice", "bob")
    carol = await (await home.person("carol")).connects()
    ack = await alice.sends("between us", to=bob)
    for conversation in (ack["conversation_id"], "01900000-0000-7000-8000-000000000000"):
        await marks(carol, conversation, 1)
        error = await carol.receives("error", ref_type="mark-read")
        assert error["code"] == "not_found"
    for person in (alice, bob, carol):
        await person.socket.has_received_no("unread-changed")
    assert await counts(bob, alice) == (1, 0, 1)
