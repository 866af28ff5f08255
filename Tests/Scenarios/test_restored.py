"""Hard test 4: a database restored from an older backup, on either side of a link. Found, told, and every later message arrives."""

import asyncio
import json

import pytest

from harness.backup import Backup
from harness.node import befriend
from harness.waiting import eventually


async def line_of(node, other):
    _, out, _ = await node.command("peer", "list", "--json")
    return next(line for line in map(json.loads, out.splitlines()) if line["name"] == other.name)


async def befriended(alpha, beta):
    alice, bob = await alpha.person("alice"), await beta.person("bob")
    await befriend(alice, bob)
    await alice.connects()
    return alice, bob


async def writes(alice, bob, texts):
    """All of them, waiting for the acks at the end."""
    for text in texts:
        await alice.socket.send("private-message", receiver_id=bob.user_id, message=text, nonce=text)
    for text in texts:
        await alice.receives("ack", nonce=text, within=30)


async def has_all(bob, alice, texts):
    messages, _ = await bob.history_with(alice)
    return [it["message"] for it in messages] == texts


async def two_friends(homes):
    alpha, beta = await homes.two()
    return alpha, beta, *await befriended(alpha, beta)


async def saved(node, alice, bob):
    """What alice wrote before the backup of one of the homeservers was made, and that backup."""
    before = [f"before {n}" for n in range(5)]
    await writes(alice, bob, before)
    await eventually(lambda: has_all(bob, alice, before), "the first are there", within=20)
    return before, await Backup(node).made()


@pytest.mark.parametrize("receiver", ["away", "there"])
async def test_the_senders_database_is_restored(homes, receiver, long):
    alpha, beta, alice, bob = await two_friends(homes)
    span, burst = (400, 2000) if long else (20, 150)
    before, backup = await saved(alpha, alice, bob)
    lost = [f"lost {n}" for n in range(span)]
    after = [f"after {n}" for n in range(burst)]
    await alice.connects()
    await writes(alice, bob, lost)
    await eventually(lambda: has_all(bob, alice, before + lost), "the next are there", within=30)
    epoch = (await line_of(alpha, beta))["epoch"]

    await alpha.stops()
    if receiver == "away":
        await beta.stops()
    await backup.restored()
    await alpha.starts()
    await alice.connects()
    await writes(alice, bob, after)
    if receiver == "away":
        await beta.starts()
    await eventually(lambda: has_all(bob, alice, before + lost + after), "every later message is there", within=60)

    line = await eventually(lambda: drained(alpha, beta), "all is acknowledged")
    # With the receiver there it depends on whether its hello or the burst came first.
    assert line.get("alarm") in (["fork"] if receiver == "away" else ["fork", "acknowledged_unsent"]), line
    assert line["epoch"] != epoch and "stopped" not in line
    assert (await line_of(beta, alpha)).get("alarm") == "peer_new_epoch"
    assert "level=critical" in alpha.log()
    assert "homeserver: peer new-epoch beta.localhost" in (await alpha.command("audit"))[1]
    states = {it["delivery"]["state"] for it in (await alice.history_with(bob))[0]}
    assert states == {"delivered"}


async def drained(node, other):
    line = await line_of(node, other)
    return line if line["waiting"] == 0 and line["acked_seq"] == line["last_seq"] else None


@pytest.mark.parametrize("sender", ["silent", "writing"])
async def test_the_receivers_database_is_restored(homes, sender, long):
    alpha, beta, alice, bob = await two_friends(homes)
    span, burst = (400, 2000) if long else (120, 150)
    before, backup = await saved(beta, alice, bob)
    forgotten = [f"forgotten {n}" for n in range(span)]
    after = [f"after {n}" for n in range(burst)]
    await writes(alice, bob, forgotten)
    await eventually(lambda: has_all(bob, alice, before + forgotten), "the next are there", within=30)
    await eventually(lambda: drained(alpha, beta), "all is acknowledged")

    await beta.stops()
    await backup.restored()
    if sender == "writing":
        await writes(alice, bob, after)
    await beta.starts()
    expected = before + forgotten + (after if sender == "writing" else [])
    await eventually(lambda: has_all(bob, alice, expected), "what was forgotten is sent again", within=60)
    await writes(alice, bob, ["the last"])
    await eventually(lambda: has_all(bob, alice, [*expected, "the last"]), "and what comes later", within=20)
    assert "the peer" in alpha.log() and "again" in alpha.log()
    await asyncio.sleep(0)
