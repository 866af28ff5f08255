"""Hard test 2: every third answer is lost after the commit, while new events arrive before the retry."""

import asyncio

from harness.certificates import client_tls, server_tls
from harness.client import Client
from harness.history import HistoryChecker
from harness.link import LosingProxy
from harness.node import befriend
from harness.waiting import eventually

MESSAGES = 150


async def test_every_third_answer_is_lost(homes):
    alpha, beta = homes.new("alpha.localhost"), homes.new("beta.localhost")
    authority = homes.state / "authority"
    # The certificates' authority must be there before the proxies' own.
    await alpha.made()
    trust = client_tls(authority)
    async with (
        LosingProxy(beta.federation_port, await server_tls(authority, homes.state / "to-beta", beta.name), trust) as to_beta,
        LosingProxy(alpha.federation_port, await server_tls(authority, homes.state / "to-alpha", alpha.name), trust) as to_alpha,
    ):
        await alpha.made([(beta.name, f"https://{beta.name}:{to_beta.port}")])
        await beta.made([(alpha.name, f"https://{alpha.name}:{to_alpha.port}")])
        await alpha.starts()
        await beta.starts()
        alice, bob = await alpha.person("alice"), await beta.person("bob")
        await befriend(alice, bob)

        async with Client(alice) as hers, Client(bob) as his:

            async def writes(client, other, proxy):
                for number in range(MESSAGES):
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
                    within=60,
                )
                assert not client.problems, client.problems
            for proxy in (to_beta, to_alpha):
                assert proxy.lost >= 3, f"only {proxy.lost} of {proxy.transactions} answers were lost"
            problems = await HistoryChecker(alice, bob).check({alice: hers.sends, bob: his.sends})
            assert not problems, "\n".join(problems)
            for person, other in ((alice, bob), (bob, alice)):
                assert (await person.history_with(other))[1] == 2 * MESSAGES
