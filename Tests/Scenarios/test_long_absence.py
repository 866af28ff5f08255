"""Hard test 3: a peer is away for 72 hours while much waits for it, and others are healthy."""

import asyncio
import time
from pathlib import Path

from harness.certificates import client_tls, server_tls
from harness.node import befriend
from harness.peer import ForeignPeer, uuid7
from harness.ports import ports
from harness.waiting import eventually

MEMORY = 16 << 20
AWAY = "interval '72 hours'"


def memory_of(node):
    """What the process holds of the machine's memory, in bytes."""
    status = Path(f"/proc/{node.pid}/status").read_text()
    return next(int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("VmRSS:"))


async def healthy_peers(homes, alpha, count):
    """Foreign homeservers, not started yet, with a certificate that serves all of them."""
    authority = homes.state / "authority"
    tls = client_tls(authority)
    peers = []
    for number in range(count):
        name = f"p{number}.localhost"
        peers.append(
            ForeignPeer(name, await server_tls(authority, homes.state / f"{name}-{alpha.name}", name), tls, ports.one())
        )
    return peers


async def befriends(peer, alpha, alice):
    """A user of the peer becomes alice's friend."""

    async def is_heard():
        return (await peer.says_hello(alpha)).status == 200

    await eventually(is_heard, f"{peer.name} is heard", within=60, pause=0.3)
    user, request = peer.user("carol"), str(uuid7())
    assert await peer.delivers(alpha, peer.event("friend.request", user, alice.user_id, request_id=request)) == {}
    await alice.accepts(request)
    await peer.hears("friend.accept", request_id=request)
    return user


async def latencies(alice, peers, users, rounds):
    """How long a message takes to each healthy peer, in seconds."""
    took = []
    for number in range(rounds):
        for peer, user in zip(peers, users, strict=True):
            text = f"{number} to {peer.name} {uuid7()}"
            started = time.monotonic()
            await alice.socket.send("private-message", receiver_id=user, message=text, nonce=text)
            await peer.hears("direct.message", message=text)
            took.append(time.monotonic() - started)
    return sorted(took)


def p99(took):
    return took[min(len(took) - 1, len(took) * 99 // 100)]


async def test_a_peer_is_away_for_72_hours(homes, long):
    events, healthy, rounds = (50_000, 200, 10) if long else (3_000, 4, 25)
    alpha, beta = homes.new("alpha.localhost", fast=True), homes.new("beta.localhost", fast=True)
    await alpha.made()
    others = await healthy_peers(homes, alpha, healthy)
    await alpha.made([beta, *[(it.name, it.url) for it in others]])
    await beta.made([alpha])
    try:
        for peer in others:
            await peer.starts()
        await alpha.starts()
        await beta.starts()
        alice, bob = await alpha.person("alice"), await beta.person("bob")
        await befriend(alice, bob)
        await alice.connects()
        users = [await befriends(peer, alpha, alice) for peer in others]
        before = p99(await latencies(alice, others, users, rounds))

        await beta.stops()
        # The first thousand warm up what every process keeps; what is behind them is the queue.
        await writes(alice, bob, range(0, 1000))
        memory = memory_of(alpha)
        await writes(alice, bob, range(1000, events))
        during = p99(await latencies(alice, others, users, rounds))
        grown = memory_of(alpha) - memory
        print(f"memory grew by {grown / (1 << 20):.1f} MiB; p99 {before * 1000:.0f} ms before, {during * 1000:.0f} ms during")
        assert grown < MEMORY, f"the memory grew by {grown} bytes"
        assert during < max(2 * before, before + 0.25), f"healthy peers' p99: {before:.3f} s before, {during:.3f} s during"

        # 72 hours pass: everything that the homeserver knows of time is older.
        await alpha.stops()
        await alpha.query(f"UPDATE outbox SET created_at = created_at - {AWAY}")
        await alpha.query(f"UPDATE outbound_links SET first_failure_at = now() - {AWAY}, attempts = greatest(attempts, 100)")
        await alpha.starts()
        await alice.connects()
        await eventually(lambda: is_hourly(alpha, beta), "the tries are hourly", within=30)
        await eventually(lambda: is_delayed(alice, bob), "delayed is shown", within=30)

        await beta.starts()
        returned = time.monotonic()
        await eventually(lambda: bob.last_seq_with(alice), "the drain begins", within=2)
        print(f"the drain began {time.monotonic() - returned:.2f} s after the return")

        async def is_drained():
            return await bob.last_seq_with(alice) == events

        await eventually(is_drained, "all has arrived", within=600 if long else 90, pause=0.2)
        took = time.monotonic() - returned
        print(f"{events} events in {took:.1f} s")
        texts = [it["message"] for it in (await bob.history_with(alice))[0]]
        assert texts == [f"{number}" for number in range(events)], "in order, each once"
    finally:
        await asyncio.gather(*(peer.stops() for peer in others))


async def writes(alice, bob, numbers):
    """In portions, so that no queue on the way is the limit."""
    numbers = list(numbers)
    socket = alice.socket
    for start in range(0, len(numbers), 200):
        portion = numbers[start : start + 200]
        mark = len(socket.frames)
        for number in portion:
            await socket.send("private-message", receiver_id=bob.user_id, message=f"{number}", nonce=f"{number}")

        def are_acked(mark=mark, count=len(portion)):
            return sum(frame["type"] == "ack" for frame in socket.frames[mark:]) >= count

        await eventually(are_acked, f"{portion[-1]} is acknowledged", within=60)


async def is_hourly(alpha, beta):
    rows = await alpha.query(
        """SELECT l.next_try_at > now() + interval '30 minutes' FROM outbound_links l JOIN peers p ON p.key = l.peer
           WHERE p.name = %s""",
        beta.name,
    )
    return rows[0][0]


async def is_delayed(alice, bob):
    page = (await alice.http("GET", f"/direct/{bob.user_id}/messages?limit=1")).expect(200).json
    return page["messages"][0]["delivery"]["state"] == "delayed"
