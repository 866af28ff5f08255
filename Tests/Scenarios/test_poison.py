"""Hard test 8: an event that brings the process down, and a proxy that takes no large requests. (Rejections: test_dead_letters.py.)"""

import asyncio
import contextlib
import time

import psycopg
import pytest

from harness.certificates import client_tls, server_tls
from harness.link import LosingProxy
from harness.node import befriend
from harness.stage import Stage
from harness.waiting import eventually


@contextlib.asynccontextmanager
async def messages_are_locked(node):
    """Nobody can read or write a message meanwhile."""
    url = node.about["database_url"].replace("postgresql://home@", "postgresql://postgres@")
    async with await psycopg.AsyncConnection.connect(url) as connection:
        await connection.execute("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE")
        yield
        await connection.rollback()


async def is_heard_again(stage):
    async def is_heard():
        return (await stage.gamma.says_hello(stage.alpha)).status == 200

    await eventually(is_heard, "gamma is believed again", within=30, pause=0.3)


async def test_an_event_that_brings_the_process_down_is_poison(homes):
    """Killed four times while it is being applied, it is rejected; what is behind it arrives, and there is no loop of crashes."""
    stage = await Stage().set(homes)
    gamma, alpha = stage.gamma, stage.alpha
    try:
        poison, behind = stage.message("brings it down"), stage.message("behind it")
        events = [{**poison, "seq": gamma.next_seq}, {**behind, "seq": gamma.next_seq + 1}]
        await alpha.is_killed()
        await alpha.starts()
        for _ in range(4):
            await is_heard_again(stage)
            async with messages_are_locked(alpha):
                sending = asyncio.create_task(gamma.send(alpha, gamma.transaction(alpha, events), within=60))
                await eventually(lambda: suspects(alpha, gamma.next_seq), "the event is noted before it is applied")
                await alpha.is_killed()
                await asyncio.gather(sending, return_exceptions=True)
            await alpha.starts()
        await is_heard_again(stage)
        await stage.alice.connects()
        started = time.monotonic()
        answer = (await gamma.send(alpha, gamma.transaction(alpha, events))).expect(200).json
        assert answer["rejected"] == [{"seq": gamma.next_seq, "code": "poison"}]
        assert answer["ack"] == gamma.next_seq + 1
        gamma.next_seq += 2
        await stage.alice.receives("new-private-message", message="behind it")
        assert time.monotonic() - started < 1
        letters = await alpha.query("SELECT event::text, code, direction FROM dead_letters")
        assert letters == [(poison["id"], "poison", "in")]
        # Care is for the first transaction only, and after a clean stop not even for that.
        assert await gamma.delivers(alpha, stage.message("as usual")) == {}
        assert await alpha.query("SELECT count(*) FROM inbound_links WHERE suspect IS NOT NULL") == [(0,)]
        await alpha.restarts()
        assert await alpha.query("SELECT is_running FROM homeserver") == [(True,)]
        await alpha.stops()
        assert await alpha.query("SELECT is_running FROM homeserver") == [(False,)]
        await alpha.starts()
    finally:
        await gamma.stops()


async def suspects(node, seq):
    return await node.query("SELECT 1 FROM inbound_links WHERE suspect = %s", seq)


@contextlib.asynccontextmanager
async def beta_behind_a_small_proxy(homes, largest):
    alpha, beta = homes.new("alpha.localhost", fast=True), homes.new("beta.localhost", fast=True)
    authority = homes.state / "authority"
    await alpha.made()
    proxy = LosingProxy(
        beta.federation_port,
        await server_tls(authority, homes.state / f"small-{largest}", beta.name),
        client_tls(authority),
        lose_every=0,
        largest=largest,
    )
    async with proxy:
        await alpha.made([(beta.name, f"https://{beta.name}:{proxy.port}")])
        await beta.made([alpha])
        await alpha.starts()
        await beta.starts()
        alice, bob = await alpha.person("alice"), await beta.person("bob")
        await befriend(alice, bob)
        await alice.connects()
        yield alpha, beta, alice, bob, proxy


async def test_a_proxy_that_takes_256_kib_gets_smaller_requests(homes):
    async with beta_behind_a_small_proxy(homes, 262_144) as (_, beta, alice, bob, proxy):
        await beta.stops()
        large = "\U0001f600" * 4000  # 16,000 bytes
        acks = [await alice.sends(large, to=bob) for _ in range(60)]
        await beta.starts()
        await bob.connects()
        await alice.receives("delivery", message_id=acks[-1]["message_id"], state="delivered", within=30)
        assert 1 <= proxy.too_large <= 3, "halved, and not tried again as large"
        messages, _ = await bob.history_with(alice)
        assert [it["message_id"] for it in messages] == [ack["message_id"] for ack in acks]
        # What comes later is not asked to be large again.
        before = proxy.too_large
        started = time.monotonic()
        await alice.sends("small", to=bob)
        await bob.receives_message("small", from_=alice)
        assert time.monotonic() - started < 1 and proxy.too_large == before


@pytest.mark.slow
async def test_a_single_event_that_is_too_large_for_a_proxy_fails_and_holds_nothing_up(homes, long):
    """It is tried three times, with a hello between, because the proxy's word proves nothing."""
    if not long:
        pytest.skip("waits for three back-offs; with --long")
    async with beta_behind_a_small_proxy(homes, 8000) as (alpha, _, alice, bob, _proxy):
        await bob.connects()
        large = await alice.sends("\U0001f600" * 4000, to=bob)
        small = await alice.sends("small", to=bob)
        failed = await alice.receives("delivery", message_id=large["message_id"], state="failed", within=150)
        assert failed["reason"] == "too_large"
        await bob.receives_message("small", from_=alice, within=5)
        await alice.receives("delivery", message_id=small["message_id"], state="delivered", within=5)
        letters = await alpha.query("SELECT code FROM dead_letters WHERE direction = 'out'")
        assert letters == [("too_large",)]
