"""Delivery promise 3: a resume is complete or refused."""

import asyncio
import random
import time

from harness.client import Client
from harness.history import HistoryChecker
from harness.node import befriend
from harness.proxy import Proxy


def last_s(person):
    return max((frame["s"] for frame in person.socket.frames if "s" in frame and frame["type"] != "pong"), default=0)


async def resumes(person, stream=None, s=None, **options):
    """Connects again and asks to go on with a stream: that of `person.ready`, from what he has seen, unless told otherwise."""
    session, epoch = stream or (person.ready["session_id"], person.ready["epoch"])
    s = last_s(person) if s is None else s
    await person.connects(resume=True, **options)
    await person.socket.send("resume", session_id=session, epoch=epoch, s=s)
    return person


async def is_resynced(person):
    """The refusal: `resync`, then a `ready` with a stream of its own."""
    resync = await person.receives("resync")
    ready = await person.receives("ready")
    kinds = [frame["type"] for frame in person.socket.frames]
    assert kinds[:3] == ["hello", "resync", "ready"], kinds
    assert resync["reason"]
    return ready


async def test_what_was_missed_is_replayed_in_order(home):
    alice, bob = await home.friends("alice", "bob")
    await alice.sends("seen", to=bob)
    await bob.receives_message("seen", from_=alice)
    seen = last_s(bob)
    bob.socket.cut()
    await bob.socket.closes()
    for number in range(30):
        await alice.sends(f"missed {number}", to=bob)

    await resumes(bob, s=seen)
    resumed = await bob.receives("resumed")
    assert resumed["replayed"] == 30
    # How it stands with friends is said again behind it, where there was anything to say.
    kinds = [frame["type"] for frame in bob.socket.frames if frame["type"] != "friend-status-changed"]
    assert kinds == ["hello"] + ["new-private-message"] * 30 + ["resumed"], kinds
    assert [f["s"] for f in bob.socket.frames[1:31]] == list(range(seen + 1, seen + 31))
    assert [f["message"] for f in bob.socket.frames[1:31]] == [f"missed {n}" for n in range(30)]

    # The numbers go on, live.
    await alice.sends("live again", to=bob)
    assert (await bob.receives_message("live again", from_=alice))["s"] == seen + 31


async def test_a_resume_says_what_is_missing_from_any_point(home):
    alice, bob = await home.friends("alice", "bob")
    for number in range(10):
        await alice.sends(f"{number}", to=bob)
    await bob.socket.position()
    bob.socket.cut()
    first = next(f["s"] for f in bob.socket.frames if f["type"] == "new-private-message")
    for s, count in ((first - 1, 10), (first + 4, 5), (first + 9, 0)):
        await resumes(bob, s=s)
        assert (await bob.receives("resumed"))["replayed"] == count
        assert [f["message"] for f in bob.socket.frames if "message" in f] == [f"{n}" for n in range(10 - count, 10)]
        bob.socket.cut()
        await bob.socket.closes()


async def test_acks_are_replayed_too(home):
    alice, bob = await home.friends("alice", "bob")
    before = last_s(alice)
    ack = await alice.sends("acked once", to=bob)
    alice.socket.cut()
    await alice.socket.closes()
    await resumes(alice, s=before)
    again = await alice.receives("ack", nonce=ack["nonce"])
    assert again == ack


async def test_a_resume_takes_over_from_a_socket_that_still_seems_open(home):
    """The client knows that its network is gone before the homeserver does."""
    alice, bob = await home.people("alice", "bob")
    await befriend(alice, bob)
    await alice.connects()
    async with Proxy(home.client_port) as proxy:
        await bob.connects(url=proxy.ws_url)
        old = bob.socket
        await alice.sends("one", to=bob)
        await bob.receives_message("one", from_=alice)
        seen = last_s(bob)
        proxy.stall()
        await alice.sends("two", to=bob)
        await resumes(bob, s=seen)
        await bob.receives("resumed")
        assert [f["message"] for f in bob.socket.frames if "message" in f] == ["two"]
        await alice.sends("three", to=bob)
        await bob.receives_message("three", from_=alice)
        proxy.flow()
        # One stream, one socket: the old one is told to go.
        await old.closes()


async def test_what_is_too_old_is_refused_and_the_history_has_it(home):
    """The ring holds 1,024 frames."""
    alice, bob = await home.friends("alice", "bob")
    await alice.sends("seen", to=bob)
    await bob.receives_message("seen", from_=alice)
    seen, old_stream = last_s(bob), bob.ready["session_id"]
    bob.socket.cut()
    for number in range(1030):
        await alice.socket.send("private-message", receiver_id=bob.user_id, message=f"{number}", nonce=f"{number}")
    await alice.receives("ack", nonce="1029", within=60)

    await resumes(bob, s=seen)
    ready = await is_resynced(bob)
    assert ready["session_id"] != old_stream
    entry = next(it for it in ready["direct"] if it["user_id"] == alice.user_id)
    assert entry["last_seq"] == 1031
    missed = (await bob.http("GET", f"/channels/{entry['conversation_id']}/events?after=1&limit=200")).expect(200).json
    assert [it["message"] for it in missed["events"]] == [f"{n}" for n in range(200)]


async def test_a_wrong_stream_a_wrong_epoch_or_a_number_of_the_future_is_refused(home):
    (alice,) = await home.friends("alice")
    stream = (alice.ready["session_id"], alice.ready["epoch"])
    alice.socket.cut()
    for wrong, s in (
        (("01900000-0000-7000-8000-000000000000", stream[1]), 0),
        ((stream[0], "another epoch"), 0),
        (stream, 1_000_000),
    ):
        await resumes(alice, stream=wrong, s=s)
        await is_resynced(alice)
        await alice.socket.close()


async def test_another_login_may_not_resume(home):
    alice, bob = await home.friends("alice", "bob")
    phone = await bob.on_another_device()
    mallory = await home.person("mallory")
    stream = (bob.ready["session_id"], bob.ready["epoch"])
    seen = last_s(bob)
    bob.socket.cut()
    await alice.sends("for bob's desk", to=bob)
    for other in (phone, mallory):
        await resumes(other, stream=stream, s=seen)
        await is_resynced(other)
        await other.socket.has_received_no("new-private-message")
    # And the stream is still there for its owner.
    await resumes(bob, stream=stream, s=seen)
    await bob.receives("resumed")


async def test_a_restart_costs_a_resync_and_never_a_message(homes):
    home = await homes.one()
    alice, bob = await home.people("alice", "bob")
    await befriend(alice, bob)
    async with Client(alice) as writer, Client(bob) as reader:
        for number in range(5):
            await writer.sends_and_waits(f"before {number}", to=bob)
        epoch, incarnation = bob.ready["epoch"], bob.ready["incarnation"]
        conversation = writer.sends[0].ack["conversation_id"]
        for through, how in ((10, home.is_killed), (15, home.stops)):
            await how()
            for number in range(5):
                writer.compose(f"after {how.__name__} {number}", to=bob)
            await home.starts()
            await writer.all_acked()
            # Both are back before the next end, or the slower one would see the two as one.
            await reader.knows(conversation, through=through)
        assert reader.resynced == writer.resynced == 2
        fresh = next(f for f in bob.socket.frames if f["type"] == "ready")
        assert fresh["epoch"] != epoch and fresh["incarnation"] == incarnation
        assert not reader.problems + writer.problems
        assert not await HistoryChecker(alice, bob).check({alice: writer.sends, bob: []})


async def test_without_a_resume_a_fresh_start_follows_by_itself(home):
    """A client that says resume=1 and then nothing gets `resync` and `ready` after 5 s, at the next sweep of sessions."""
    (alice,) = await home.friends("alice")
    await alice.connects(resume=True)
    started = time.monotonic()
    await alice.socket.receives("resync", within=13)
    assert time.monotonic() - started >= 4.5
    await alice.socket.receives("ready")


async def test_cuts_at_any_moment_lose_nothing(home, seed):
    """Thirty cuts while both write: `resumed` each time, and both pages are the same afterwards."""
    chance = random.Random(seed)
    alice, bob = await home.people("alice", "bob")
    await befriend(alice, bob)
    async with (
        Proxy(home.client_port) as one,
        Proxy(home.client_port) as other,
        Client(alice, url=one.ws_url) as hers,
        Client(bob, url=other.ws_url) as his,
    ):
        done = asyncio.Event()

        async def writes(client, to):
            for number in range(150):
                await client.sends_and_waits(f"{client.person.name} {number}", to=to)
            done.set()

        async def cuts():
            for _ in range(30):
                await asyncio.sleep(chance.uniform(0.01, 0.12))  # random, not a wait for anything
                chance.choice((one, other)).cut()

        await asyncio.gather(writes(hers, bob), writes(his, alice), cuts())
        conversation = hers.sends[0].ack["conversation_id"]
        await hers.knows(conversation, through=300)
        await his.knows(conversation, through=300)
        assert hers.messages[conversation] == his.messages[conversation]
        assert hers.resumed + his.resumed >= 5
        assert hers.resynced + his.resynced == 0
        assert not hers.problems + his.problems
        assert not await HistoryChecker(alice, bob).check({alice: hers.sends, bob: his.sends})
