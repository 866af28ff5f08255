"""Hard test 10: a real partition, one way and then by a clock that runs ten minutes ahead; afterwards both sides agree."""

import asyncio
import contextlib
import glob

import pytest

from harness.islands import Island, cable, missing
from harness.node import befriend, incoming
from harness.waiting import eventually

NETWORK = "10.213.77"
FAKETIME = next(iter(glob.glob("/usr/lib/*/faketime/libfaketime.so.1")), None)
# Monotonic clocks have no date to be wrong about.
AHEAD = {"LD_PRELOAD": FAKETIME or "", "FAKETIME": "+600s", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(missing() is not None, reason=missing() or "-"),
    pytest.mark.skipif(FAKETIME is None, reason="libfaketime is missing (Debian: faketime)"),
]


@contextlib.asynccontextmanager
async def two_islands(homes):
    """alpha and beta, each in a network of its own, with a cable between them."""
    hosts = {"alpha.test": f"{NETWORK}.1", "beta.test": f"{NETWORK}.2"}
    settings = {"federation": {"host": "0.0.0.0", "exceptions": [f"{NETWORK}.0/24"]}}
    alpha = homes.new("alpha.test", settings=settings, fast=True)
    beta = homes.new("beta.test", settings=settings, fast=True)
    async with Island(hosts) as left, Island(hosts) as right, cable(left, right, NETWORK):
        for node, other, island in ((alpha, beta, left), (beta, alpha, right)):
            await node.made([other])
            await island.inhabited_by(node)
        await alpha.starts()
        await beta.starts()
        try:
            yield alpha, beta, left, right
        finally:
            for node in (alpha, beta):
                await node.web.close()
                await node.stops()


async def lasts(seconds, *connected):
    """How long a partition is, which nothing can be waited for in place of. Those who are connected stay so."""
    end = asyncio.get_running_loop().time() + seconds
    while (left := end - asyncio.get_running_loop().time()) > 0:
        await asyncio.sleep(min(left, 20))
        for person in connected:
            await person.socket.position()


async def side(person, other):
    """What a person's homeserver says of somebody: friends, or the direction of a request, or none."""
    if other.user_id in await person.friends():
        return "friends"
    return (await person.requests()).get(other.user_id, ("none",))[0]


async def sees_online(watcher, watched):
    friends = (await watcher.http("GET", "/friends")).expect(200).json["friends"]
    return any(it["user_id"] == watched.user_id and it.get("status") == "online" for it in friends)


AGREES = {("friends", "friends"), ("none", "none"), ("incoming", "outgoing"), ("outgoing", "incoming")}


async def test_a_partition_and_a_wrong_clock_are_healed(homes, long):
    """During both, people on both sides ask, accept, decline and remove; within 30 s of the healing the rosters agree."""
    length = 300 if long else 6
    async with two_islands(homes) as (alpha, beta, left, right):
        pairs = [(await alpha.person(f"a{n}"), await beta.person(f"b{n}")) for n in range(9)]
        for one, other in (*pairs[2:5], pairs[8]):
            await befriend(one, other)
        await pairs[1][0].asks(pairs[1][1])
        asked = await eventually(lambda: incoming(pairs[1][1], pairs[1][0]), "the request of before has arrived", within=20)

        watcher, watched = pairs[8][1], pairs[8][0]
        await watched.connects()
        await watcher.connects()
        if long:
            await eventually(lambda: sees_online(watcher, watched), "the one is seen before the cut", within=60)

        # alpha's requests do not reach beta; beta's reach alpha.
        await left.drops(f"ip daddr {NETWORK}.2 tcp dport {beta.federation_port}")
        await pairs[0][0].asks(pairs[0][1])
        await pairs[0][1].asks(pairs[0][0])
        await pairs[1][1].accepts(asked)
        await pairs[2][0].removes(pairs[2][1])
        await pairs[3][1].removes(pairs[3][0])
        async def is_removed():
            return await side(pairs[3][0], pairs[3][1]) == "none"

        await eventually(is_removed, "what beta says arrives at alpha", within=30)
        assert await side(*pairs[2][::-1]) == "friends", "what alpha says does not arrive at beta"
        if long:
            await asyncio.gather(
                lasts(100, watched, watcher),
                watcher.receives("friend-status-changed", user_id=watched.user_id, status="offline", within=125),
            )
        await lasts(length, watched, watcher)

        # And now beta's clock runs ahead, so nothing is believed either way.
        await beta.stops()
        await beta.starts(environment=AHEAD)
        await left.heals()
        await pairs[4][0].removes(pairs[4][1])
        await pairs[4][1].removes(pairs[4][0])
        await pairs[5][0].asks(pairs[5][1])
        await pairs[6][1].asks(pairs[6][0])
        withdrawn = await pairs[7][0].asks(pairs[7][1])
        await pairs[7][1].asks(pairs[7][0])
        await pairs[7][0].withdraws(withdrawn["request_id"])
        for node in (alpha, beta):
            await eventually(
                lambda node=node: "a peer's clock differs too much from ours" in node.log(),
                f"{node} says that the clocks differ", within=60,
            )  # fmt: skip
        differences = [line for line in alpha.log().splitlines() if "clock differs" in line]
        assert any("difference.s=600" in line or "difference.s=599" in line for line in differences), differences[-3:]
        await lasts(length, watched)
        assert await side(*pairs[5][::-1]) == "none", "nothing passes while the clocks differ"

        await beta.stops()
        await beta.starts()
        healed = asyncio.get_running_loop().time()

        async def agree():
            return all([(await side(*pair), await side(*pair[::-1])) in AGREES for pair in pairs])

        await eventually(agree, "rosters agree", within=30, pause=0.3)
        print(f"rosters agree {asyncio.get_running_loop().time() - healed:.1f} s after the healing")
        found = [await side(*pair) for pair in pairs]
        assert found[:7] == ["friends", "friends", "none", "none", "none", "outgoing", "incoming"], found
        assert found[7] in ("incoming", "none") and found[8] == "friends", found
        await watcher.connects()
        if "status" in watcher.ready["friends"][0]:
            await eventually(lambda: sees_online(watcher, watched), f"{watcher} sees {watched} online again", within=30, pause=0.5)

        one, other = pairs[0]
        await one.connects()
        await other.connects()
        await one.sends("can you hear me again?", to=other)
        await other.receives_message("can you hear me again?", from_=one, within=30)
