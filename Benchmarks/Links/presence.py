"""What it costs that somebody with 300 friends, half of them on a peer, comes and goes.

Everybody has a socket and is played by one program, which shares the cores: a time from sending to arrival holds its work too.
"""

import asyncio
import time

from figures import processor_seconds, shares
from harness.awake import awake
from harness.metrics import scrape
from harness.node import befriend
from harness.ports import ports
from harness.waiting import eventually
from harness.web import Web

MOVERS = 5
HALF = 150
TOGETHER = 10


class Watcher:
    """Notes when it hears what of whom."""

    def __init__(self, person):
        self.person = person
        self.heard = {}  # (user id, online) → when
        person.socket.on_frame(self._notes)

    def _notes(self, frame):
        if frame["type"] == "friend-status-changed":
            self.heard[frame["user_id"], frame["status"] == "online"] = time.monotonic()


async def in_batches(work):
    """Few at a time: it is people who do it, and each asks again and again."""
    limit = asyncio.Semaphore(TOGETHER)

    async def one(item):
        async with limit:
            return await item

    return await asyncio.gather(*(one(item) for item in work))


async def presence_of_many_friends(homes, rounds):
    alpha = homes.new("alpha.localhost", log_level="warning", fast=True)
    beta = homes.new("beta.localhost", log_level="warning", fast=True)
    port = ports.one()
    alpha.settings = {**alpha.settings, "metrics": {"port": port}}
    alpha.metrics = Web(f"http://127.0.0.1:{port}", is_recorded=False)
    await alpha.made([beta])
    await beta.made([alpha])
    await alpha.starts()
    await beta.starts()
    movers = await alpha.people(*(f"mover{number}" for number in range(MOVERS)))
    people = {node: await node.people(*(f"friend{number}" for number in range(HALF))) for node in (alpha, beta)}
    await in_batches([befriend(mover, friend) for friends in people.values() for friend in friends for mover in movers])
    everybody = [*movers, *people[alpha], *people[beta]]
    await in_batches([person.connects() for person in everybody])
    watchers = {node: [Watcher(person) for person in friends] for node, friends in people.items()}
    times, took = {alpha: [], beta: []}, []
    items = cpu = quiet = 0.0
    async with awake(*everybody):
        for _ in range(rounds):
            for mover in movers:
                await mover.socket.send("status-update", status="invisible")
            # They are shown for twenty more seconds.
            await eventually(lambda: have_heard(watchers, movers, False), "all are gone", within=60)
            quiet += await used(alpha, beta, asyncio.sleep(2))
            for mover in movers:
                before = (await scrape(alpha))["home_federation_ephemeral_items_sent_total"]
                sent = time.monotonic()
                cpu += await used(alpha, beta, comes(mover, watchers))
                heard = {node: [it.heard[mover.user_id, True] - sent for it in those] for node, those in watchers.items()}
                for node in watchers:
                    times[node] += heard[node]
                took.append(max(max(those) for those in heard.values()))
                items += (await scrape(alpha))["home_federation_ephemeral_items_sent_total"] - before
            for those in watchers.values():
                for it in those:
                    it.heard = {}
    changes = rounds * MOVERS
    # In two seconds each; what the homeservers do meanwhile without any change is taken off.
    each = (cpu - quiet / rounds * changes) / changes
    print("| 300 friends see somebody come | p50 ms | p99 ms |\n|---|---|---|")
    for name, values in (("150 on the same homeserver", times[alpha]), ("150 on a peer", times[beta]), ("the last of all", took)):
        print("| {} | {:.1f} | {:.1f} |".format(name, *shares(values)))
    print(
        f"\n{changes} changes; over the link {items / changes:.2f} items a change; both homeservers {each * 1000:.1f} ms of "
        f"processor time a change, {each / 300 * 1e6:.0f} µs a friend"
    )
    await alpha.metrics.close()
    for node in (alpha, beta):
        await node.ends()


async def comes(mover, watchers):
    rest = asyncio.create_task(asyncio.sleep(2))
    await mover.socket.send("status-update", status="online")
    await eventually(lambda: have_heard(watchers, [mover], True), "all have seen it", within=20, pause=0.01)
    await rest


def have_heard(watchers, movers, is_online):
    return all((mover.user_id, is_online) in it.heard for those in watchers.values() for it in those for mover in movers)


async def used(alpha, beta, work):
    """Processor time of both homeservers while that is done."""
    before = processor_seconds(alpha.pid) + processor_seconds(beta.pid)
    await work
    return processor_seconds(alpha.pid) + processor_seconds(beta.pid) - before
