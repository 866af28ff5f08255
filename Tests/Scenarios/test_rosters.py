"""Rosters that differ agree again, and a partition leaves nobody online and nobody half a friend."""

import asyncio
import time

import pytest

from harness.awake import awake
from harness.node import are_friends, befriend, incoming
from harness.proxy import Proxy
from harness.waiting import eventually

WAITS_LONGEST = True


async def strangers(one, other):
    return other.user_id not in await one.friends() and one.user_id not in await other.friends()


async def test_rosters_made_to_differ_agree_after_the_link_comes_up(homes):
    """As after a restored backup: beta forgets a friendship, an acceptance and a request."""
    alpha, beta = await homes.two(fast=True)
    people = [(await alpha.person("alice"), await beta.person("bob")) for _ in range(4)]
    (alice, bob), (ann, ben), (amy, bill), (ada, bert) = people
    await befriend(alice, bob)
    await befriend(ben, ann)
    await befriend(amy, bill)
    asked = (await ada.asks(bert))["request_id"]
    await eventually(lambda: incoming(bert, ada), "bert is asked")
    await beta.stops()

    roster = "UPDATE roster SET state = %s, request = %s WHERE owner = (SELECT key FROM users WHERE address = %s)"
    request = (await beta.query("SELECT id FROM friend_requests q JOIN users u ON u.key = q.requester WHERE u.address = %s",
                                ben.user_id))[0][0]
    await beta.query(roster, "none", None, bob.user_id)
    await beta.query(roster, "outgoing", request, ben.user_id)
    await beta.query("UPDATE friend_requests SET state = 'pending' WHERE id = %s", request)
    await beta.query(roster, "none", None, bert.user_id)
    await beta.query("DELETE FROM friend_requests WHERE id = %s", asked)

    await beta.starts()
    started = time.monotonic()
    await eventually(lambda: strangers(alice, bob), "the half friendship has ended", within=30)
    await eventually(lambda: are_friends(ann, ben), "the acceptance is known again", within=30)
    assert await eventually(lambda: incoming(bert, ada), "the request is there again", within=30) == asked
    assert time.monotonic() - started < 30
    assert await are_friends(amy, bill)
    # And they last.
    await alice.connects()
    await bob.connects()
    await befriend(alice, bob)
    await alice.sends("friends again", to=bob)
    await bob.receives_message("friends again", from_=alice)


@pytest.mark.slow
async def test_a_partition(homes):
    """Both sides befriend, accept, remove and go while neither hears the other; then all agrees within 30 s."""
    alpha, beta = homes.new("alpha.localhost", fast=True), homes.new("beta.localhost", fast=True)
    async with Proxy(alpha.federation_port) as to_alpha, Proxy(beta.federation_port) as to_beta:
        await alpha.made([(beta.name, f"https://{beta.name}:{to_beta.port}")])
        await beta.made([(alpha.name, f"https://{alpha.name}:{to_alpha.port}")])
        await alpha.starts()
        await beta.starts()
        pairs = [(await alpha.person("alice"), await beta.person("bob")) for _ in range(6)]
        kept, removed_here, removed_there, accepted, asked, withdrawn = pairs
        for one, other in (kept, removed_here, removed_there):
            await befriend(one, other)
        await accepted[0].asks(accepted[1])
        request = await eventually(lambda: incoming(accepted[1], accepted[0]), "it is asked")
        taken_back = (await withdrawn[0].asks(withdrawn[1]))["request_id"]
        await eventually(lambda: incoming(withdrawn[1], withdrawn[0]), "it is asked")
        for person in kept:
            await person.connects()
        for one, other in (kept, kept[::-1]):
            await one.receives("friend-status-changed", user_id=other.user_id, status="online", within=20)

        for proxy in (to_alpha, to_beta):
            proxy.refuse()
            proxy.cut()
        await removed_here[0].removes(removed_here[1])
        await removed_there[1].removes(removed_there[0])
        await accepted[1].accepts(request)
        await withdrawn[0].withdraws(taken_back)
        await withdrawn[1].accepts(taken_back)
        await asked[0].asks(asked[1])
        await asked[1].asks(asked[0])
        kept[1].socket.cut()
        cut = time.monotonic()
        async with awake(kept[0]):
            await kept[0].receives("friend-status-changed", user_id=kept[1].user_id, status="offline", within=125)
        assert time.monotonic() - cut < 122
        # The durable lanes are far into their back-off by now.
        await kept[1].connects()

        for proxy in (to_alpha, to_beta):
            proxy.accept()
        healed = time.monotonic()
        await asyncio.gather(
            eventually(lambda: are_friends(*kept), "kept", within=30),
            eventually(lambda: strangers(*removed_here), "removed here", within=30),
            eventually(lambda: strangers(*removed_there), "removed there", within=30),
            eventually(lambda: are_friends(*accepted), "accepted", within=30),
            eventually(lambda: are_friends(*asked), "both asked", within=30),
            eventually(lambda: strangers(*withdrawn), "an end beats an accept", within=30),
            kept[0].receives("friend-status-changed", user_id=kept[1].user_id, status="online", within=30),
        )
        assert time.monotonic() - healed < 30
