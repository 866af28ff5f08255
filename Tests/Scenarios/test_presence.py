"""Who comes and goes, here and on the other homeserver; invisible is not told from offline."""

import asyncio
import time
from datetime import UTC, datetime

import pytest

from harness.awake import awake
from harness.node import befriend
from harness.proxy import Proxy
from harness.waiting import eventually

WAITS_LONGEST = True


async def watched(two):
    """alice and dora, not connected, and their friends, who are: carol on the same homeserver and bob on the other."""
    alpha, beta = two
    alice, dora, carol = [await alpha.person(name) for name in ("alice", "dora", "carol")]
    bob = await beta.person("bob")
    for one in (alice, dora):
        await befriend(one, carol)
        await befriend(one, bob)
    await carol.connects()
    await bob.connects()
    return alice, dora, carol, bob


async def status(person, other):
    """The entry of a friend."""
    entries = (await person.http("GET", "/friends")).expect(200).json["friends"]
    return next(entry for entry in entries if entry["user_id"] == other.user_id)


async def sees(person, other, status, within=30):
    frame = await person.receives("friend-status-changed", user_id=other.user_id, status=status, within=within)
    assert frame["username"] == other.name
    # How it stood when they became friends may still lie before it.
    person.socket.passes_over(frame, user_id=other.user_id)
    return frame, time.monotonic()


async def test_invisible_looks_like_a_killed_client(two):
    """On both homeservers: the same frames after the same time, the same lists."""
    alice, dora, carol, bob = await watched(two)
    for one in (alice, dora):
        await one.connects()
        assert one.ready["user"]["status"] == "online"
        for watcher in (carol, bob):
            frame, _ = await sees(watcher, one, "online")
            assert "last_seen" not in frame and "s" not in frame
    again = await bob.in_another_tab().connects()
    assert {(it["user_id"], it["status"]) for it in again.ready["friends"]} == {
        (alice.user_id, "online"),
        (dora.user_id, "online"),
    }

    started = time.monotonic()
    await alice.socket.send("status-update", status="invisible")
    dora.socket.cut()
    own = await alice.receives("own-status-changed")
    assert (own["status"], own["show_last_seen"]) == ("invisible", True)
    for watcher in (carol, bob):
        (of_alice, at_alice), (of_dora, at_dora) = await asyncio.gather(
            sees(watcher, alice, "offline"), sees(watcher, dora, "offline")
        )
        assert of_alice.keys() == of_dora.keys() and "last_seen" in of_dora
        assert abs(at_alice - at_dora) < 3, "told apart by the clock"
        assert 19 < at_dora - started < 30, at_dora - started
        seen = [datetime.fromisoformat(frame["last_seen"]) for frame in (of_alice, of_dora)]
        assert all(it.second == it.microsecond == 0 for it in seen)
        assert abs((seen[0] - seen[1]).total_seconds()) in (0, 60)
        assert 0 <= (datetime.now(UTC) - seen[0]).total_seconds() < 120
        entries = [await status(watcher, one) for one in (alice, dora)]
        assert entries[0].keys() == entries[1].keys()
        assert [entry["status"] for entry in entries] == ["offline", "offline"]

    # Another device of hers changes nothing for others; it is kept with the account.
    other = await (await alice.on_another_device()).connects()
    assert other.ready["user"]["status"] == "invisible"
    assert (await alice.http("GET", "/me")).expect(200).json["status"] == "invisible"
    await alice.sends("I write all the same", to=carol)
    await carol.receives_message("I write all the same", from_=alice)
    assert (await status(carol, alice)) == {**entries[0], "since": (await status(carol, alice))["since"]}
    for watcher in (carol, bob):
        await watcher.socket.has_received_no("friend-status-changed")

    await other.socket.send("status-update", status="online")
    await alice.receives("own-status-changed", status="online")
    await other.receives("own-status-changed", status="online")
    for watcher in (carol, bob):
        await sees(watcher, alice, "online")


async def test_new_friends_see_each_other_at_once(two):
    alpha, beta = two
    alice, carol = await alpha.people("alice", "carol")
    bob = await beta.person("bob")
    for person in (alice, carol, bob):
        await person.connects()
    await befriend(alice, carol)
    await befriend(alice, bob)
    for one, other in ((alice, carol), (carol, alice), (alice, bob), (bob, alice)):
        await eventually(lambda one=one, other=other: is_online(one, other), f"{one} sees {other}")


async def is_online(one, other):
    return (await status(one, other))["status"] == "online"


async def test_what_a_lost_socket_missed_comes_after_resumed(two):
    alice, dora, carol, bob = await watched(two)
    await alice.connects()
    for watcher in (carol, bob):
        await sees(watcher, alice, "online")
    position = await bob.socket.position()
    stream = {"session_id": bob.ready["session_id"], "epoch": bob.ready["epoch"], "s": position["s"]}
    bob.socket.cut()
    await dora.connects()
    await sees(carol, dora, "online")
    await eventually(lambda: is_online(bob, dora), "beta knows")
    await bob.connects(resume=True)
    await bob.socket.send("resume", **stream)
    await bob.receives("resumed")
    await sees(bob, dora, "online")


async def test_offline_by_choice_and_a_last_time_that_is_not_shown(two):
    alice, _, carol, bob = await watched(two)
    await alice.connects()
    for watcher in (carol, bob):
        await sees(watcher, alice, "online")
    changed = (await alice.http("PATCH", "/me", json={"show_last_seen": False})).expect(200).json
    assert (changed["user_id"], changed["show_last_seen"], changed["status"]) == (alice.user_id, False, "online")
    await alice.receives("own-status-changed", show_last_seen=False)
    await alice.socket.send("status-update", status="offline")
    for watcher in (carol, bob):
        frame, _ = await sees(watcher, alice, "offline")
        assert "last_seen" not in frame
        assert "last_seen" not in await status(watcher, alice)
    alice.socket.cut()
    await alice.connects()
    assert alice.ready["user"] == {
        "user_id": alice.user_id, "username": alice.name, "status": "online", "show_last_seen": False
    }
    for watcher in (carol, bob):
        await sees(watcher, alice, "online")
    await alice.socket.send_wrong('{"type":"status-update","status":"away","nonce":"n"}')
    await alice.receives("error", code="invalid", field="status", nonce="n")
    (await alice.http("PATCH", "/me", json={"show_last_seen": 1})).expect(400, "invalid")


@pytest.mark.slow
async def test_a_stalled_client_and_a_dead_homeserver(homes):
    """A client that says nothing is offline within 90 s, on both; the users of a dead homeserver within 125 s."""
    alpha, beta = await homes.two(fast=True)
    alice, carol = await alpha.people("alice", "carol")
    bob, ben = await beta.people("bob", "ben")
    for one in (carol, bob, ben):
        await befriend(alice, one)
    await befriend(carol, ben)
    await alice.connects()
    await bob.connects()
    await ben.connects()
    async with Proxy(alpha.client_port) as proxy:
        await carol.connects(url=proxy.ws_url)
        for watcher in (alice, ben):
            await sees(watcher, carol, "online")
        proxy.stall()
        started = time.monotonic()
        async with awake(alice, bob, ben):
            for watcher in (alice, ben):
                frame, at = await sees(watcher, carol, "offline", within=90)
                assert 70 < at - started < 90, at - started
                assert "last_seen" in frame
            assert await is_online(alice, bob)
            await beta.is_killed()
            killed = time.monotonic()
            frame, at = await sees(alice, bob, "offline", within=130)
            assert 50 < at - killed < 125, at - killed
            assert "last_seen" not in frame
