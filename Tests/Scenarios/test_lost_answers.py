"""Hard test 2: every third answer is lost after the commit, while new events arrive before the retry."""

import asyncio
import contextlib

from harness.certificates import client_tls, server_tls
from harness.client import Client
from harness.history import HistoryChecker
from harness.link import LosingProxy
from harness.node import befriend
from harness.waiting import eventually

MESSAGES, MESSAGES_LONG = 150, 5000


@contextlib.asynccontextmanager
async def two_behind_proxies(homes, lose_every):
    """alpha and beta, each of which reaches the other only through a proxy that loses answers."""
    alpha, beta = homes.new("alpha.localhost"), homes.new("beta.localhost")
    authority = homes.state / "authority"
    # Makes the authority too, which the proxies' certificates come from.
    await alpha.made()
    trust = client_tls(authority)
    to_beta = LosingProxy(
        beta.federation_port, await server_tls(authority, homes.state / "to-beta", beta.name), trust, lose_every
    )
    to_alpha = LosingProxy(
        alpha.federation_port, await server_tls(authority, homes.state / "to-alpha", alpha.name), trust, lose_every
    )
    async with to_beta, to_alpha:
        await alpha.made([(beta.name, f"https://{beta.name}:{to_beta.port}")])
        await beta.made([(alpha.name, f"https://{alpha.name}:{to_alpha.port}")])
        await alpha.starts()
        await beta.starts()
        yield alpha, beta, to_alpha, to_beta


async def test_a_rejection_reaches_its_author_although_the_answer_was_lost(homes):
    async with two_behind_proxies(homes, lose_every=0) as (alpha, beta, _, to_beta):
        alice, bob = await alpha.person("alice"), await beta.person("bob")
        await befriend(alice, bob)
        await alice.connects()
        await bob.connects()
        await beta.query("UPDATE roster SET state = 'none', request = NULL")
        to_beta.lose_every, to_beta.transactions = 2, 1  # the next one, then every second
        acks = [await alice.sends(f"{number}", to=bob) for number in range(3)]
        for ack in acks:
            failed = await alice.receives("delivery", message_id=ack["message_id"], within=30)
            assert (failed["state"], failed["reason"]) == ("failed", "not_friends")
        assert to_beta.lost >= 1
        await alice.socket.has_received_no("delivery")
        assert await bob.last_seq_with(alice) == 0
        letters = await beta.query("SELECT count(*) FROM dead_letters WHERE direction = 'in'")
        assert letters == [(3,)]


async def test_every_third_answer_is_lost(homes, long):
    messages = MESSAGES_LONG if long else MESSAGES
    async with two_behind_proxies(homes, lose_every=3) as (alpha, beta, to_alpha, to_beta):
        alice, bob = await alpha.person("alice"), await beta.person("bob")
        await befriend(alice, bob)

        async with Client(alice) as hers, Client(bob) as his:

            async def writes(client, other, proxy):
                for number in range(messages):
                    await client.sends_and_waits(f"{client.person.name} {number}", to=other)
                    if number % 15 == 14:
                        # Spread over many transactions: go on only after another answer has passed or was lost.
                        seen = proxy.transactions
                        await eventually(lambda: proxy.transactions > seen, "another transaction", within=30)

            await asyncio.gather(writes(hers, bob, to_beta), writes(his, alice, to_alpha))
            for client in (hers, his):
                await eventually(
                    lambda client=client: all("delivered" in send.delivery for send in client.sends),
                    f"all of {client.person} is delivered",
                    within=600 if long else 60,
                )
                assert not client.problems, client.problems
            for proxy in (to_beta, to_alpha):
                assert proxy.lost >= 3, f"only {proxy.lost} of {proxy.transactions} answers were lost"
            problems = await HistoryChecker(alice, bob).check({alice: hers.sends, bob: his.sends})
            assert not problems, "\n".join(problems)
            for person, other in ((alice, bob), (bob, alice)):
                assert (await person.history_with(other))[1] == 2 * messages
