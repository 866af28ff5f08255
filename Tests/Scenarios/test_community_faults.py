"""A community over two and three homeservers, whatever happens to them: nobody loses a message, nobody has one twice, all have one order."""

import asyncio
import random

from harness.communities import PERMISSIONS
from harness.neighbours import agree, comes_in, is_shown_stale, neighbours, writes_whatever_happens
from harness.waiting import eventually


async def test_the_host_is_killed_while_a_member_writes(homes):
    """What he writes is queued, the community is shown as old; when the host is back all is there once, and in order."""
    here, there = await homes.two(fast=True)
    community, alice, bob = await neighbours(here, there)
    channel = community.general
    texts = [f"{n}" for n in range(20)]
    first = [await bob.writes(text, channel) for text in texts[:8]]
    await here.is_killed()
    acks = first + [await bob.writes(text, channel) for text in texts[8:]]
    assert {(ack["state"], ack["seq"], ack["n"]) for ack in acks} == {("queued", None, None)}
    await bob.receives("community-changed", server_id=community.id, stale=True, within=60)
    assert await is_shown_stale(bob, community)
    await here.starts()
    back = await bob.receives("community-changed", server_id=community.id, reason="updated", matching=lambda f: not f.get("stale"), within=60)
    assert (back["state"], back["name"]) == ("member", community.name)
    assert not await is_shown_stale(bob, community)
    history = await agree(channel, alice, bob, texts=texts)
    assert [it[4] for it in history] == texts
    assert [it[2] for it in history] == [ack["message_id"] for ack in acks]
    for seq, text in enumerate(texts, 1):
        assert (await bob.hears(text, channel, bob))["seq"] == seq


async def test_a_members_homeserver_is_killed_while_the_host_writes(homes):
    here, there = await homes.two(fast=True)
    community, alice, bob = await neighbours(here, there)
    texts = [f"{n}" for n in range(50)]
    for text in texts[:20]:
        await alice.writes(text, community.general)
    await there.is_killed()
    for text in texts[20:]:
        await alice.writes(text, community.general)
    await there.starts()
    history = await agree(community.general, alice, bob, texts=texts)
    assert [it[4] for it in history] == texts
    await bob.connects()
    assert await bob.counters(community.general) == (50, 0, 50, 0)
    await alice.writes("and now", community.general)
    assert (await bob.hears("and now", community.general, alice, within=20))["seq"] == 51


async def test_both_are_killed_while_everybody_writes(homes, long, seed):
    here, there = await homes.two(fast=True)
    community, alice, bob = await neighbours(here, there)
    chance = random.Random(seed)
    channel, count, kills = community.general, 500 if long else 100, 20 if long else 4
    texts = {person: [f"{person.name} {n}" for n in range(count)] for person in (alice, bob)}
    writing = [asyncio.create_task(writes_whatever_happens(person, channel, texts[person])) for person in texts]
    for number in range(kills):
        await asyncio.sleep(chance.uniform(0.2, 1.0))
        node = (here, there)[number % 2]
        await node.is_killed()
        await node.starts()
    acks = dict(zip(texts, await asyncio.gather(*writing), strict=True))
    history = await agree(channel, alice, bob, texts=texts[alice] + texts[bob])
    assert [it[0] for it in history] == list(range(1, 2 * count + 1)), "a number is missing"
    for person in texts:
        own = [it for it in history if it[3] == person.user_id]
        assert [it[4] for it in own] == texts[person], "in the order in which he wrote"
        assert [it[2] for it in own] == [ack["message_id"] for ack in acks[person]]


async def test_three_people_on_three_homeservers_write_at_once(homes):
    """Hard test 12: fifty each, two of them on one homeserver that does not host, and a third homeserver."""
    alpha, beta, delta = (homes.new(f"{name}.localhost", fast=True) for name in ("alpha", "beta", "delta"))
    await alpha.made()
    for node in (alpha, beta, delta):
        await node.made([other for other in (alpha, beta, delta) if other is not node])
    for node in (alpha, beta, delta):
        await node.starts()
    community, alice, bob, dora = await neighbours(alpha, beta, delta)
    beth = await (await beta.person("beth")).connects()
    await comes_in(alice, community, beth)
    people = (alice, bob, beth, dora)
    texts = {person: [f"{person.name} {n}" for n in range(50)] for person in people}
    await asyncio.gather(*(writes_whatever_happens(person, community.general, texts[person]) for person in people))
    history = await agree(community.general, *people, texts=sum(texts.values(), []))
    assert [it[0] for it in history] == list(range(1, 201))
    for person in people:
        assert [it[4] for it in history if it[3] == person.user_id] == texts[person]

        def has_heard(person=person):
            return sum(f["type"] == "new-channel-message" for f in person.socket.frames) >= 200

        await eventually(has_heard, f"{person} has heard all")
        heard = [(f["seq"], f["message_id"]) for f in person.socket.frames if f["type"] == "new-channel-message"]
        assert heard == [(it[0], it[2]) for it in history], "in one order, live as well"


async def test_events_that_were_lost_with_a_quota_are_asked_for(homes):
    """What waited for too long is gone from the queue, and nevertheless not from the copy."""
    here, there = await homes.two(fast=True, settings={"federation": {"quota": {"events": 5}}})
    community, alice, bob = await neighbours(here, there)
    before = [f"before {n}" for n in range(3)]
    for text in before:
        await alice.writes(text, community.general)
    await agree(community.general, alice, bob, texts=before)
    await there.stops()
    texts = [f"lost {n}" for n in range(20)]
    for text in texts:
        await alice.writes(text, community.general)
    await alice.makes_channel(community, "made-meanwhile")
    await alice.makes_role(community, "elders", PERMISSIONS[11:14])
    await alice.http("PATCH", community.path, json={"name": "Renamed"})

    async def is_short():
        rows = await here.query("SELECT count(*) FROM dead_letters WHERE direction = 'out' AND code = 'expired'")
        return rows[0][0] >= 15

    await eventually(is_short, "the oldest have failed", within=30)
    await there.starts()
    await agree(community.general, alice, bob, texts=before + texts)

    async def is_told():
        mine, his = await alice.sees(community), await bob.sees(community)
        return all(
            [mine["name"] == his["name"], names(mine["channels"]) == names(his["channels"]), mine["roles"] == his["roles"]]
        )  # fmt: skip

    await eventually(is_told, "beta's copy is as its home has it", within=30)
    await bob.connects()
    await alice.writes("and now", community.general)
    await bob.hears("and now", community.general, alice, within=20)


async def test_events_that_were_lost_and_that_no_member_there_may_read(homes):
    """They stay lost for whoever may only hear what is said while he is there; what is said now he hears, and what follows."""
    here, there = await homes.two(fast=True, settings={"federation": {"quota": {"events": 5}}})
    community, alice, bob = await neighbours(here, there)
    await alice.changes_role(community, community.everyone, permissions=["view_channel", "send_messages"])
    await alice.writes("before", community.general)
    await bob.hears("before", community.general, alice, within=20)
    await there.stops()
    texts = [f"lost {n}" for n in range(20)]
    for text in texts:
        await alice.writes(text, community.general)

    async def is_short():
        rows = await here.query("SELECT count(*) FROM dead_letters WHERE direction = 'out' AND code = 'expired'")
        return rows[0][0] >= 15

    await eventually(is_short, "the oldest have failed", within=30)
    await there.starts()
    await bob.connects()

    async def is_so_far():
        return (await bob.counters(community.general))[0] == 21

    await eventually(is_so_far, "beta knows how far the channel is", within=30)
    for number in range(3):
        await alice.writes(f"now {number}", community.general)
        heard = await bob.hears(f"now {number}", community.general, alice, within=20)
        assert heard["seq"] == 22 + number
    await bob.writes("and I say", community.general)
    assert (await bob.hears("and I say", community.general, bob, within=20))["seq"] == 25
    await alice.changes_role(community, community.everyone, permissions=["view_channel", "send_messages", "read_history"])
    said = ["before", *texts, "now 0", "now 1", "now 2", "and I say"]
    await agree(community.general, alice, bob, texts=said)


def names(entries):
    return {it["name"] for it in entries}


async def test_the_operator_of_the_members_blocks_the_host(homes):
    """It is over at once on the side that blocks."""
    here, there = await homes.two(fast=True)
    community, alice, bob = await neighbours(here, there)
    await alice.invites(await there.person("ben"), community)
    await there.command("peer", "block", here.name)
    await bob.receives("community-changed", server_id=community.id, state="gone", within=20)
    (await bob.http("GET", community.path)).expect(404, "not_found")
    assert await bob.communities() == set()
    await alice.writes("are you there?", community.general)
    await bob.socket.has_received_no("new-channel-message")


async def test_the_operator_of_the_host_blocks_the_members(homes):
    here, there = await homes.two(fast=True)
    community, alice, bob = await neighbours(here, there)
    await here.command("peer", "block", there.name)
    gone = await alice.receives("member-changed", server_id=community.id, user_id=bob.user_id, state="gone", within=20)
    assert gone["reason"] == "left"
    assert set(await alice.members(community)) == {alice.user_id}
    assert (await alice.sees(community))["member_count"] == 1
    # The other side hears of it, signed, as soon as it asks for anything.
    (await bob.http("GET", f"{community.path}/members")).expect(403, "blocked")
    await bob.receives("community-changed", server_id=community.id, state="gone")
    assert await bob.communities() == set()


async def test_who_is_blocked_ends_what_is_in_common_on_his_side_too(homes):
    """Alice's homeserver blocks Bob's: of his community she is no member any more, here and there."""
    here, there = await homes.two(fast=True)
    community, bob, alice = await neighbours(there, here)
    await here.command("peer", "block", there.name)
    await alice.receives("community-changed", server_id=community.id, state="gone", within=20)
    # Bob's homeserver hears of it when it has something to say.
    await bob.writes("are you there?", community.general)
    await bob.receives("member-changed", server_id=community.id, user_id=alice.user_id, state="gone", within=20)
    assert set(await bob.members(community)) == {bob.user_id}
