"""What links cost: with a hundred dead peers beside a hundred healthy ones, after an outage, and while much is queued.

Run by `ops/bench --cases links`, in the environment of the scenarios.

- peers: alpha and 200 peers, played by one program with a name, a root and a key each. One message a peer in turn; the time from sending
  to the arrival of its transaction. First all are well; then half of them are dead, one half of those refusing connections and the
  other accepting and saying nothing, with messages queued for each and more all the time. The healthy ones are measured in both.
- catch-up: alpha has queued events for beta, which was down; from beta's start to the acknowledgement of the last event. Once as it
  is, and once through a proxy that holds everything back for 50 ms each way.
- queued: what 50,000 events for a peer that is down add to alpha's memory, and to a fresh start.
- presence: somebody with 300 friends, half of them on a peer, comes and goes (presence.py).
"""

import argparse
import asyncio
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "Tests" / "Scenarios")]

from aiohttp import web  # noqa: E402
from figures import processor_seconds, resident, shares  # noqa: E402
from harness.certificates import client_tls, server_tls_of_names  # noqa: E402
from harness.homes import Homes  # noqa: E402
from harness.node import befriend, end_all  # noqa: E402
from harness.peer import ForeignPeer, uuid7  # noqa: E402
from harness.ports import ports  # noqa: E402
from harness.proxy import CHUNK, Proxy  # noqa: E402
from harness.waiting import eventually  # noqa: E402
from presence import presence_of_many_friends  # noqa: E402

HALF = 100
RATE = 40  # messages a second to the healthy, and as many to the dead
QUEUED_EACH = 20


class Crowd:
    """Many foreign homeservers behind one port, told apart by the host that is asked for."""

    def __init__(self, authority, names):
        self.port = ports.one()
        self.peers = {name: ForeignPeer(name, None, client_tls(authority), self.port) for name in names}
        self.arrived = {}  # text → when
        for peer in self.peers.values():
            peer.reject = self._arrives
        self._tls = server_tls_of_names(authority, names)

    def _arrives(self, event):
        self.arrived[event["data"].get("message")] = time.monotonic()

    def _of(self, request):
        return self.peers[request.host.split(":")[0]]

    async def starts(self):
        app = web.Application(client_max_size=2 << 20)
        app.router.add_get("/federation/v1/keys", lambda request: self._of(request)._keys(request))
        app.router.add_put(
            "/federation/v1/transactions/{epoch}/{first}", lambda request: self._of(request)._transaction(request)
        )
        app.router.add_post("/federation/v1/hello", lambda request: self._of(request)._hello(request))
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=self._tls).start()

    async def stops(self):
        await self._runner.cleanup()


async def falls_silent(port):
    """Accepts connections and says nothing; returns the server, and what it holds."""
    held = []
    return await asyncio.start_server(lambda reader, writer: held.append((reader, writer)), "127.0.0.1", port), held


async def messages(sender, crowd, seconds, also=()):
    """To each of the crowd in turn at RATE, and as many to `also`; how long each took to arrive."""
    names, sent, started = list(crowd.peers), {}, time.monotonic()
    number = 0
    while time.monotonic() - started < seconds:
        await asyncio.sleep(max(0, started + number / RATE - time.monotonic()))
        text = f"{number} {uuid7()}"
        sent[text] = time.monotonic()
        await sender.socket.send("private-message", receiver_id=f"one@{names[number % len(names)]}", message=text, nonce=text)
        if also:
            await sender.socket.send(
                "private-message", receiver_id=f"one@{also[number % len(also)]}", message=text, nonce=f"also {text}"
            )
        number += 1
    await eventually(lambda: all(text in crowd.arrived for text in sent), "everything has arrived", within=120)
    return [crowd.arrived[text] - at for text, at in sent.items()]


async def with_dead_peers(homes, seconds):
    alpha = homes.new("alpha.localhost", log_level="warning")
    authority = homes.state / "authority"
    await alpha.made()
    healthy = Crowd(authority, [f"well{number}.localhost" for number in range(HALF)])
    silent = Crowd(authority, [f"silent{number}.localhost" for number in range(HALF // 2)])
    gone = Crowd(authority, [f"gone{number}.localhost" for number in range(HALF // 2)])
    crowds = (healthy, silent, gone)
    await alpha.made([(name, f"https://{name}:{crowd.port}") for crowd in crowds for name in crowd.peers])
    for crowd in crowds:
        await crowd.starts()
    await alpha.starts()
    teller = await alpha.person("teller")
    for crowd in crowds:
        for peer in crowd.peers.values():
            await teller.asks(peer.user("one"))
            request = await peer.hears("friend.request")
            # The peer accepts: its own lane to alpha.
            await eventually(lambda peer=peer: said_hello(peer, alpha), f"{peer.name} is heard", within=30)
            accept = peer.event("friend.accept", peer.user("one"), teller.user_id, request_id=request["data"]["request_id"])
            assert await peer.delivers(alpha, accept) == {}
    await teller.connects()
    await messages(teller, healthy, 3)  # warm
    rows = []

    async def measured(name, also=()):
        cpu = processor_seconds(alpha.pid)
        times = await messages(teller, healthy, seconds, also)
        rows.append((name, *shares(times), (processor_seconds(alpha.pid) - cpu) / len(times) * 1e6))

    await measured("200 healthy")
    await silent.stops()
    await gone.stops()
    silence, held = await falls_silent(silent.port)
    dead = [*silent.peers, *gone.peers]
    for number in range(QUEUED_EACH):
        for name in dead:
            text = f"{number} {uuid7()}"
            await teller.socket.send("private-message", receiver_id=f"one@{name}", message=text, nonce=text)
        await teller.socket.position()
    await asyncio.sleep(20)  # the first tries have failed, and back-off has begun
    await measured("100 healthy, 100 dead with a queue")
    await measured("the same, and as many messages to the dead", dead)
    print("| peers | p50 ms | p99 ms | homeserver µs a message |\n|---|---|---|---|")
    for row in rows:
        print("| {} | {:.1f} | {:.1f} | {:.0f} |".format(*row))
    silence.close()
    for _, writer in held:
        writer.transport.abort()
    await healthy.stops()
    await alpha.ends()


async def said_hello(peer, node):
    return (await peer.says_hello(node)).status == 200


class DelayingProxy(Proxy):
    """Holds every piece back for as long, without making the next one wait behind it."""

    delay = 0.0

    async def _pass(self, reader, writer, flowing, from_server):
        pieces = asyncio.Queue()

        async def writes():
            while piece := await pieces.get():
                due, data = piece
                await asyncio.sleep(max(0, due - time.monotonic()))
                writer.write(data)
                await writer.drain()

        writing = asyncio.create_task(writes())
        try:
            while data := await reader.read(CHUNK):
                pieces.put_nowait((time.monotonic() + self.delay, data))
            pieces.put_nowait(None)
            await writing
        except OSError:
            pass
        finally:
            writing.cancel()


async def queue_up(sender, receiver, count):
    """Sends so many, 500 under way at a time, until all are accepted (which across homeservers means stored)."""
    acked = 0

    def counts(frame):
        nonlocal acked
        acked += frame["type"] == "ack"

    sender.socket.on_frame(counts)
    for number in range(count):
        if number - acked > 500:
            await eventually(lambda: number - acked < 250, "acks", within=60, pause=0.005)
        await sender.socket.send("private-message", receiver_id=receiver.user_id, message=f"message {number}", nonce=f"{number}")
    await eventually(lambda: acked >= count, "all acks", within=120)


async def after_an_outage(homes, count):
    rows = []
    for delay in (0.0, 0.05):
        alpha, beta = homes.new("alpha.localhost", log_level="warning"), homes.new("beta.localhost", log_level="warning")
        async with DelayingProxy(beta.federation_port) as proxy:
            await alpha.made([(beta.name, f"https://{beta.name}:{proxy.port}")])
            await beta.made([alpha])
            await alpha.starts()
            await beta.starts()
            alice, bob = await alpha.person("alice"), await beta.person("bob")
            await befriend(alice, bob)
            await alice.connects()
            await beta.stops()
            await queue_up(alice, bob, count)
            proxy.delay = delay
            cpu = processor_seconds(alpha.pid)
            await beta.starts()
            first = time.monotonic()
            acked = "SELECT last - acked FROM outbound_links"

            async def is_moving():
                return (await alpha.query(acked))[0][0] < count

            async def is_done():
                return (await alpha.query(acked))[0][0] == 0

            await eventually(is_moving, "the drain begins", within=120, pause=0.01)
            begun = time.monotonic()
            await eventually(is_done, "all is acknowledged", within=900, pause=0.02)
            took = time.monotonic() - begun
            both = processor_seconds(alpha.pid) - cpu + processor_seconds(beta.pid)
            rows.append((delay * 2000, count, begun - first, count / took, both / count * 1e6))
            for node in (alpha, beta):
                await node.ends()
    print("| round trip ms | events | begins after s | events/s | both homeservers µs an event |\n|---|---|---|---|---|")
    for row in rows:
        print("| {:.0f} | {} | {:.1f} | {:.0f} | {:.0f} |".format(*row))


async def much_is_queued(homes, count):
    alpha, beta = homes.new("alpha.localhost", log_level="warning"), homes.new("beta.localhost", log_level="warning")
    await alpha.made([beta])
    await beta.made([alpha])
    await alpha.starts()
    await beta.starts()
    alice, bob = await alpha.person("alice"), await beta.person("bob")
    await befriend(alice, bob)
    await beta.stops()
    await alpha.restarts()
    await alice.connects()
    fresh = resident(alpha.pid)
    # As much through the same socket before anything is queued: what messages cost that have nothing to do with a queue.
    carol = await alpha.person("carol")
    await befriend(alice, carol)
    await queue_up(alice, carol, 10_000)
    warm = resident(alpha.pid)
    await alice.socket.close()
    await alice.connects()
    await queue_up(alice, bob, count)
    full = resident(alpha.pid)
    await alice.socket.close()
    await alpha.restarts()
    await alice.connects()
    again = resident(alpha.pid)
    print("| alpha's memory | MiB |\n|---|---|")
    for row in (
        ("started, nothing queued", fresh),
        ("after 10,000 local messages", warm),
        (f"with {count:,} events queued for a peer that is down", full),
        ("started with them", again),
    ):
        print("| {} | {:.1f} |".format(*row))
    for node in (alpha, beta):
        await node.ends()


CASES = {
    "peers": lambda homes, options: with_dead_peers(homes, options.seconds),
    "catch-up": lambda homes, options: after_an_outage(homes, options.events),
    "queued": lambda homes, options: much_is_queued(homes, 50_000),
    "presence": lambda homes, options: presence_of_many_friends(homes, options.rounds),
}


async def measured(options):
    with tempfile.TemporaryDirectory(prefix="home-bench-") as directory:
        state = Path(directory)
        state.chmod(0o755)
        try:
            for case in options.cases:
                homes = Homes(state)
                await CASES[case](homes, options)
                print(f"\nload average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n", flush=True)
        finally:
            # Also of one that was not finished.
            end_all()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("cases", nargs="*", default=list(CASES), help=f"of {', '.join(CASES)} (default: all)")
    # So that its end by `kill`, too, is the homeservers' and PostgreSQL's.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = parser.parse_args()
    if unknown := set(options.cases) - set(CASES):
        parser.error(f"no such case: {', '.join(unknown)}")
    asyncio.run(measured(options))


if __name__ == "__main__":
    main()
