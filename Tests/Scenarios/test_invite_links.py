"""Invite links: whoever has the code may come in, as long and as often as was said, and nobody learns more than that."""

import asyncio
import glob
import re

import pytest

ACROSS = True

FAKETIME = next(iter(glob.glob("/usr/lib/*/faketime/libfaketime.so.1")), None)


async def test_a_link_shows_what_it_leads_to_and_lets_in(home):
    community, alice = await home.community("alice")
    await alice.http("PATCH", community.path, json={"description": "Über Beete"})
    made = (await alice.http("POST", f"{community.path}/invite-links", json={})).expect(201).json
    assert (made["server_id"], made["created_by"], made["uses"], made["revoked"]) == (community.id, alice.user_id, 0, False)
    assert "max_uses" not in made and "expires_at" not in made
    assert re.fullmatch(r"[A-Za-z0-9_-]{8,64}", made["code"]), made
    bob = await (await home.person("bob")).connects()
    code = made["code"] + community.address
    shown = (await bob.http("GET", f"/invite-links/{code}")).expect(200).json
    assert shown == {
        "code": code, "server_id": community.id, "name": community.name, "description": "Über Beete",
        "host": alice.node.name, "member_count": 1, "state": "open",
    }  # fmt: skip
    # Looking is not joining.
    assert set(await alice.members(community)) == {alice.user_id}
    await bob.joins(community, code)
    assert (await bob.http("GET", f"/invite-links/{code}")).expect(200).json["state"] == "joined"
    links = (await alice.http("GET", f"{community.path}/invite-links")).expect(200).json["links"]
    assert links == [{**made, "uses": 1}]
    uses = (await alice.http("GET", f"{community.path}/invite-links/{made['code']}/uses")).expect(200).json["uses"]
    assert [it["user_id"] for it in uses] == [bob.user_id]
    assert (await alice.member(community, bob))["joined_at"][:10] == uses[0]["at"][:10]


async def test_the_same_code_with_the_homeservers_name(home):
    community, alice = await home.community("alice")
    code = (await alice.makes_link(community)).removesuffix(community.address)
    bob = await home.person("bob")
    shown = (await bob.http("GET", f"/invite-links/{code}@{alice.node.name}")).expect(200).json
    assert shown["server_id"] == community.id
    await bob.joins(community, f"{code}@{alice.node.name}")


async def test_joining_twice_is_once(home):
    community, alice = await home.community("alice")
    bob = await (await home.person("bob")).connects()
    code = await alice.makes_link(community, max_uses=2)
    await bob.joins(community, code)
    again = await bob.http("POST", f"/invite-links/{code}/join")
    assert (again.status, again.body and again.json.get("state")) == (200, "joined") or again.status == 409, again
    (link,) = (await alice.http("GET", f"{community.path}/invite-links")).json["links"]
    assert link["uses"] == 1, "who is in uses nothing up"
    await alice.receives("member-changed", user_id=bob.user_id)
    await alice.socket.has_received_no("member-changed")


async def test_every_code_that_does_not_let_in_looks_the_same(home):
    community, alice = await home.community("alice")
    bob, banned, guest = await home.people("bob", "banned", "guest")
    good = await alice.makes_link(community)
    used_up = await alice.makes_link(community, max_uses=1)
    await guest.joins(community, used_up)
    revoked = await alice.makes_link(community)
    (await alice.http("DELETE", f"{community.path}/invite-links/{revoked}")).expect(204)
    await alice.bans(community, banned)
    made_up = good[:-4] + ("AAAA" if good[-4:] != "AAAA" else "BBBB")

    def plain(answer, code):
        answer.expect(404, "not_found")
        return answer.body.replace(code.encode(), b"")

    answers = {
        plain(await person.http(method, f"/invite-links/{code}{what}"), code)
        for method, what in (("GET", ""), ("POST", "/join"))
        for person, code in ((bob, used_up), (bob, revoked), (bob, made_up), (bob, "x" * 12), (banned, good), (banned, made_up))
    }
    assert len(answers) == 1, answers
    assert set(await alice.members(community)) == {alice.user_id, guest.user_id}
    await bob.joins(community, good)


async def test_a_link_for_three_lets_three_in_however_many_come_at_once(home):
    community, alice = await home.community("alice")
    people = [await home.person("guest") for _ in range(8)]
    code = await alice.makes_link(community, max_uses=3)
    answers = await asyncio.gather(*(one.http("POST", f"/invite-links/{code}/join") for one in people))
    assert sorted(it.status for it in answers) == [200] * 3 + [404] * 5
    inside = {one.user_id for one, answer in zip(people, answers) if answer.status == 200}
    assert set(await alice.members(community)) == inside | {alice.user_id}
    (link,) = (await alice.http("GET", f"{community.path}/invite-links")).json["links"]
    assert (link["uses"], link["max_uses"]) == (3, 3)
    uses = (await alice.http("GET", f"{community.path}/invite-links/{code}/uses")).json["uses"]
    assert {it["user_id"] for it in uses} == inside
    assert (await alice.sees(community))["member_count"] == 4


async def test_who_may_make_revoke_and_see_links(home):
    community, alice, bob, carol = await home.community("alice", "bob", "carol")
    own = await bob.makes_link(community)
    (await carol.http("DELETE", f"{community.path}/invite-links/{own}")).expect(404, "not_found")
    (await carol.http("GET", f"{community.path}/invite-links/{own}/uses")).expect(404, "not_found")
    assert (await carol.http("GET", f"{community.path}/invite-links")).expect(200).json["links"] == []
    listed = (await bob.http("GET", f"{community.path}/invite-links")).json["links"]
    assert [it["code"] + community.address for it in listed] == [own]
    assert (await bob.http("GET", f"{community.path}/invite-links/{own}/uses")).expect(200).json["uses"] == []
    (await bob.http("DELETE", f"{community.path}/invite-links/{own}")).expect(204)
    again = await bob.makes_link(community)
    await alice.gives(community, await alice.makes_role(community, "Doorkeepers", ["manage_invites"]), carol)
    listed = (await carol.http("GET", f"{community.path}/invite-links")).expect(200).json["links"]
    assert again in {it["code"] + community.address for it in listed if not it["revoked"]}
    (await carol.http("DELETE", f"{community.path}/invite-links/{again}")).expect(204)
    await alice.changes_role(community, community.everyone, permissions=["view_channel"])
    (await bob.http("POST", f"{community.path}/invite-links", json={})).expect(403, "forbidden")
    other = await alice.founds("elsewhere")
    elsewhere = await alice.makes_link(other)
    for method, path in (("DELETE", ""), ("GET", "/uses")):
        (await alice.http(method, f"{community.path}/invite-links/{elsewhere}{path}")).expect(404, "not_found")


@pytest.mark.parametrize(
    ("name", "value"),
    [("expires_in_seconds", it) for it in (59, 0, -1, 31536001, 2**64, 1.5, "60", False, [])]
    + [("max_uses", it) for it in (0, -1, 100001, 2**64, 1.5, "1", True, {})],
    ids=str,
)
async def test_a_bound_that_is_none(home, name, value):
    community, alice = await home.community("alice")
    answer = await alice.http("POST", f"{community.path}/invite-links", json={name: value})
    answer.expect(400, "invalid")
    assert answer.json["field"] == name
    assert (await alice.http("GET", f"{community.path}/invite-links")).json["links"] == []


async def test_a_community_has_100_links_at_most(home):
    community, alice = await home.community("alice")
    codes = [await alice.makes_link(community, max_uses=100000, expires_in_seconds=31536000) for _ in range(100)]
    assert len(set(codes)) == 100
    answer = await alice.http("POST", f"{community.path}/invite-links", json={})
    assert (answer.status, answer.code) in ((409, "conflict"), (413, "too_large")), answer
    (await alice.http("DELETE", f"{community.path}/invite-links/{codes[0]}")).expect(204)
    await alice.makes_link(community)


@pytest.mark.skipif(FAKETIME is None, reason="libfaketime is missing (Debian: faketime)")
async def test_what_has_a_time_ends_at_it(homes):
    """Two minutes later, by the homeserver's clock: links and invitations of a minute are gone, and so is a time-out."""
    home = await homes.one(fast=True)
    community, alice, bob = await home.community("alice", "bob")
    carol, dora = await home.people("carol", "dora")
    short = await alice.makes_link(community, expires_in_seconds=60)
    long = await alice.makes_link(community, expires_in_seconds=3600)
    gone = (await alice.invites(carol, to=community, expires_in_seconds=60))["invite_id"]
    kept = (await alice.invites(dora, to=community, expires_in_seconds=3600))["invite_id"]
    assert (await carol.http("GET", f"/invite-links/{short}")).expect(200).json["expires_at"]
    assert (await alice.times_out(community, bob, 60))["timed_out_until"]
    await bob.cannot_write(community.general, "forbidden")

    await home.stops()
    await home.starts(environment={"LD_PRELOAD": FAKETIME, "FAKETIME": "+120s", "FAKETIME_DONT_FAKE_MONOTONIC": "1"})
    (await carol.http("GET", f"/invite-links/{short}")).expect(404, "not_found")
    (await carol.http("POST", f"/invite-links/{short}/join")).expect(404, "not_found")
    assert await carol.own_invites() == {}
    answer = await carol.http("POST", f"/server-invites/{gone}/accept")
    assert answer.status in (404, 409), answer
    assert carol.user_id not in await alice.members(community)
    assert [it["invite_id"] for it in (await alice.http("GET", f"{community.path}/invites")).json["invites"]] == [kept]
    await dora.takes_invite(kept)
    # What is over makes place for a new one.
    again = await alice.invites(carol, to=community)
    assert list(await carol.own_invites()) == [again["invite_id"]]
    await carol.joins(community, long)

    assert "timed_out_until" not in await bob.sees(community)
    assert "timed_out_until" not in await alice.member(community, bob)
    assert "send_messages" in await bob.permissions(community)
    await bob.connects()
    await bob.writes("I may again", community.general)
