"""Hard test 1: kill -9 of homeservers and of PostgreSQL at random points while messages flow both ways."""

import asyncio
import contextlib
import random

import pytest

from harness.client import Client
from harness.history import HistoryChecker
from harness.node import befriend
from harness.waiting import TimedOut, eventually

LANES = 3  # pairs of people who write to each other at the same time
# Between two messages of an author, in the full form only: there would be a hundred thousand, and their checking takes hours.
PAUSE_LONG = 0.2


async def kills_at_random(nodes, count, chance, is_flowing):
    """Each kill: wait until messages flow again, a random moment more, kill, start again."""
    for number in range(count):
        await is_flowing()
        await asyncio.sleep(chance.uniform(0, 0.3))  # a random point of the work, not a wait for anything
        node = chance.choice(nodes)
        kind = chance.choice(("homeserver", "homeserver", "postgres", "both"))
        if kind in ("homeserver", "both"):
            await node.is_killed()
        if kind in ("postgres", "both"):
            await node.postgres_is_killed()
            if chance.random() < 0.5:
                await asyncio.sleep(chance.uniform(0, 0.5))  # how long PostgreSQL is away differs
            await node.postgres_starts()
        if kind in ("homeserver", "both"):
            await node.starts()
        await node.serves()
        print(f"kill {number + 1}: {kind} of {node}")


async def messages_survive(pairs, nodes, count, seed, at_least=0, pause=0):
    """Everybody writes to his partner, one message after another, until all kills are done and there are so many messages."""
    chance = random.Random(seed)
    print(f"seed {seed}")
    async with contextlib.AsyncExitStack() as stack:
        clients = {p: await stack.enter_async_context(Client(p)) for pair in pairs for p in pair}
        killing = True

        async def writes(author, receiver):
            number = 0
            while killing:
                await clients[author].sends_and_waits(f"{author.name} {number}", to=receiver, within=90)
                number += 1
                if pause:
                    await asyncio.sleep(pause)

        writers = [
            asyncio.create_task(writes(author, receiver)) for pair in pairs for author, receiver in (pair, pair[::-1])
        ]

        def acked():
            return [sum(send.ack is not None for send in clients[p].sends) for pair in pairs for p in pair]

        async def is_flowing():
            """Every author got five more acks."""
            before = acked()
            for writer in writers:
                if writer.done():
                    writer.result()
            await eventually(
                lambda: all(now >= was + 5 for now, was in zip(acked(), before, strict=True)),
                "messages flow again",
                within=60,
            )

        await kills_at_random(nodes, count, chance, is_flowing)
        await is_flowing()
        if sum(acked()) < at_least:
            print(f"{sum(acked())} messages at the last kill")
            await eventually(lambda: sum(acked()) >= at_least, f"{at_least} messages", within=1800, pause=1)
        killing = False
        await asyncio.gather(*writers)
        for client in clients.values():
            await client.all_acked()

        for one, other in pairs:
            await both_have_all(one, other, clients)
            checker = HistoryChecker(one, other)
            problems = await checker.check({one: clients[one].sends, other: clients[other].sends})
            assert not problems, "\n".join(problems[:20])
            for person in (one, other):
                # And what each was shown, live and backfilled, is that history.
                messages, last_seq = await person.history_with(other if person is one else one)
                conversation = messages[0]["conversation_id"]
                await clients[person].knows(conversation, through=last_seq)
                assert clients[person].messages[conversation] == {
                    it["seq"]: (it["message_id"], it["message"]) for it in messages
                }
                assert not clients[person].problems, clients[person].problems[:5]
        total = sum(len(client.sends) for client in clients.values())
        print(f"{total} messages, {sum(c.resumed for c in clients.values())} resumed, "
              f"{sum(c.resynced for c in clients.values())} resynced")  # fmt: skip


async def both_have_all(one, other, clients):
    """Across homeservers an ack says `queued`: wait until what was acked has arrived."""
    expected = len(clients[one].sends) + len(clients[other].sends)
    for person, partner in ((one, other), (other, one)):

        async def has_all(person=person, partner=partner):
            return await person.last_seq_with(partner) >= expected

        try:
            await eventually(has_all, f"{person} has all {expected}", within=60, pause=0.1)
        except TimedOut as error:
            raise AssertionError(f"{error}; {await lanes_of(one.node)}; {await lanes_of(other.node)}") from error


async def lanes_of(node):
    """Where a homeserver's lanes stand, and what was not taken."""
    out = await node.query("SELECT epoch, acked, last, attempts, stopped FROM outbound_links")
    into = await node.query("SELECT epoch, last, suspect, suspect_stops FROM inbound_links")
    letters = await node.query("SELECT direction, seq, type, code FROM dead_letters")
    return f"{node}: out {out}, in {into}, dead letters {letters}"


@pytest.mark.slow
async def test_kill_9_on_one_homeserver_loses_nothing(homes, kills, seed):
    home = await homes.one()
    pairs = []
    for lane in range(LANES):
        pair = await home.people(f"left{lane}", f"right{lane}")
        await befriend(*pair)
        pairs.append(pair)
    await messages_survive(pairs, [home], kills - kills // 2, seed)


@pytest.mark.slow
async def test_kill_9_on_two_homeservers_loses_nothing(homes, kills, long, seed):
    alpha, beta = await homes.two()
    pairs = []
    for lane in range(LANES):
        pair = (await alpha.person(f"left{lane}"), await beta.person(f"right{lane}"))
        await befriend(*pair)
        pairs.append(pair)
    # In full: all the kills here, and 10,000 messages.
    await messages_survive(pairs, [alpha, beta], kills if long else kills // 2, seed + 1, *((10_000, PAUSE_LONG) if long else ()))
