"""A community of two homeservers of which one was away for a week, or has forgotten what it knew."""

import json

import pytest

from harness.backup import Backup
from harness.neighbours import agree, comes_in, is_shown_stale, neighbours
from harness.waiting import eventually

WEEK = "interval '7 days'"


async def a_week_passes(node):
    """Everything that a stopped homeserver knows of time is older, also in what waits in its queue."""
    await node.query(f"UPDATE outbox SET created_at = created_at - {WEEK}")
    await node.query(f"UPDATE outbound_links SET first_failure_at = now() - {WEEK}, attempts = greatest(attempts, 100)")
    await node.query(f"UPDATE community_invites SET created_at = created_at - {WEEK}, expires_at = expires_at - {WEEK}")
    rows = await node.query(f"SELECT peer, seq, json, to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MSZ') FROM outbox")
    for peer, seq, text, ts in rows:
        event = json.loads(bytes(text)) | {"ts": ts}
        await node.query("UPDATE outbox SET json = %s WHERE peer = %s AND seq = %s", json.dumps(event).encode(), peer, seq)


async def test_the_host_was_away_for_a_week(homes):
    """What was written goes out, and an invitation that was accepted then, and is over now, lets the person in."""
    here, there = await homes.two(fast=True)
    community, alice, bob = await neighbours(here, there)
    ben = await (await there.person("ben")).connects()
    await alice.http("POST", f"{community.path}/invites", json={"user_id": ben.user_id, "expires_in_seconds": 3600})
    invite = (await ben.receives("new-server-invite", server_id=community.id))["invite_id"]
    await here.stops()
    texts = [f"{n}" for n in range(15)]
    acks = [await bob.writes(text, community.general) for text in texts]
    await ben.takes_invite(invite)
    await there.stops()
    await a_week_passes(there)
    await a_week_passes(here)
    await there.starts()
    await bob.connects()
    await ben.connects()
    await eventually(lambda: is_shown_stale(bob, community), "the community is shown as old", within=60)
    assert await ben.communities() == set()
    await here.starts()
    await ben.receives("community-changed", server_id=community.id, state="member", reason="joined", within=60)
    history = await agree(community.general, alice, bob, ben, texts=texts)
    assert [(it[2], it[4]) for it in history] == [(ack["message_id"], text) for ack, text in zip(acks, texts, strict=True)]
    assert set(await alice.members(community)) == {alice.user_id, bob.user_id, ben.user_id}


async def forgets(node, backup, *people):
    """Its database is as it was, in another life, as ops/restore does it; people sign in anew."""
    await node.stops()
    await backup.restored()
    await node.command("database", "restored")
    await node.starts()
    for person in people:
        (await person.logs_in()).expect(200)
        await person.connects()


async def both_write_and_agree(community, alice, bob, before):
    """What comes now arrives on both sides, live."""
    for person, other in ((alice, bob), (bob, alice)):
        await person.writes(text := f"now {person.name}", community.general)
        await other.hears(text, community.general, person, within=60)
        before = [*before, text]
    await agree(community.general, alice, bob, texts=before)


@pytest.mark.parametrize("writes", ["nothing", "as much", "more"])
async def test_the_hosts_database_is_restored(homes, writes):
    """Numbers are given again: the copy forgets what its home has forgotten, and has what it has now."""
    here, there = await homes.two(fast=True)
    community, alice, bob = await neighbours(here, there)
    before = [f"before {n}" for n in range(5)]
    for text in before:
        await alice.writes(text, community.general)
    await agree(community.general, alice, bob, texts=before)
    backup = await Backup(here).made()
    await alice.connects()
    forgotten = [f"forgotten {n}" for n in range(5)]
    for text in forgotten:
        await alice.writes(text, community.general)
    made = await alice.makes_channel(community, "forgotten")
    await agree(community.general, alice, bob, texts=before + forgotten)
    await eventually(lambda: sees_channel(bob, community, made), "bob sees the channel")
    await forgets(here, backup, alice)
    after = [f"after {n}" for n in range({"nothing": 0, "as much": 5, "more": 12}[writes])]
    for text in after:
        await alice.writes(text, community.general)
    history = await agree(community.general, alice, bob, texts=before + after)
    assert [it[4] for it in history] == before + after
    await eventually(lambda: sees_no_channel(bob, community, made), "the channel that is forgotten is gone", within=60)
    await bob.connects()
    await both_write_and_agree(community, alice, bob, before + after)


async def sees_channel(person, community, channel):
    return channel in await person.channel_list(community)


async def sees_no_channel(person, community, channel):
    return channel not in await person.channel_list(community)


@pytest.mark.parametrize("knows", [True, False])
async def test_the_restored_host_does_not_know_who_asks(homes, knows):
    """Whoever came after the backup is a stranger to it: those whom it knows go on, and where it knows nobody it is over."""
    here, there = await homes.two(fast=True)
    alice = await (await here.person("alice")).connects()
    community = await alice.founds()
    # Those who are strangers to it are the first of their homeserver.
    adam, ben, zoe = [await (await there.person(name)).connects() for name in ("adam", "ben", "zoe")]
    if knows:
        await comes_in(alice, community, zoe)
    backup = await Backup(here).made()
    await alice.connects()
    for person in (adam, ben):
        await comes_in(alice, community, person)
    await alice.writes("forgotten", community.general)
    await agree(community.general, alice, adam, texts=["forgotten"])
    await forgets(here, backup, alice)
    await alice.writes("after", community.general)
    for person in (adam, ben):
        await eventually(lambda person=person: is_in_none(person), f"{person} is not in any more", within=90)
    if knows:
        await agree(community.general, alice, zoe, texts=["after"])
    assert set(await alice.members(community)) == {alice.user_id, *([zoe.user_id] if knows else [])}


async def is_in_none(person):
    return await person.communities() == set()


async def test_the_members_homes_database_is_restored(homes):
    here, there = await homes.two(fast=True)
    community, alice, bob = await neighbours(here, there)
    before = [f"before {n}" for n in range(5)]
    for text in before:
        await alice.writes(text, community.general)
    await agree(community.general, alice, bob, texts=before)
    backup = await Backup(there).made()
    await bob.connects()
    since = [f"since {n}" for n in range(10)]
    for number, text in enumerate(since):
        await (alice, bob)[number % 2].writes(text, community.general)
    made = await alice.makes_channel(community, "since")
    await agree(community.general, alice, bob, texts=before + since)
    await forgets(there, backup, bob)
    await agree(community.general, alice, bob, texts=before + since)
    await eventually(lambda: sees_channel(bob, community, made), "what was made since is there again", within=60)
    await both_write_and_agree(community, alice, bob, before + since)


async def test_a_membership_that_the_members_home_has_forgotten_ends(homes):
    """Nobody there has asked to come in, as far as it knows: the host hears that he is not in, and he may come again."""
    here, there = await homes.two(fast=True)
    known, alice, bob = await neighbours(here, there)
    backup = await Backup(there).made()
    await bob.connects()
    community = await alice.founds("Bee-keepers")
    await comes_in(alice, community, bob)
    await forgets(there, backup, bob)
    await alice.writes("are you there?", community.general)
    gone = await alice.receives("member-changed", server_id=community.id, user_id=bob.user_id, state="gone", within=60)
    assert gone["reason"] == "left"
    assert await bob.communities() == {known.id}
    assert set(await alice.members(community)) == {alice.user_id}
    code = await alice.makes_link(community)
    (await bob.http("POST", f"/invite-links/{code}@{here.name}/join")).expect(200)
    await bob.receives("community-changed", server_id=community.id, reason="joined", within=20)
    await both_write_and_agree(community, alice, bob, ["are you there?"])
