"""Who is online in the list of a community's members, of whom some live on other homeservers: these are asked."""

import time

from harness.peer import instant, uuid7
from harness.waiting import eventually

CODE = "AAAAAAAAAAAAAAAAAAAAAA"


def online(members):
    return {user for user, member in members.items() if member["status"] == "online"}


async def test_who_has_blocked_one_is_offline_to_him_and_to_nobody_else(two):
    alpha, beta = two
    alice, carol = await alpha.people("alice", "carol")
    bob = await (await beta.person("bob")).connects()
    community = await alice.founds()
    code = await alice.makes_link(community)
    await carol.joins(community, code)
    await bob.joins(community, f"{code}@{alpha.name}")
    (await bob.http("PUT", f"/blocks/{alice.user_id}")).expect(204)

    async def is_shown():
        return bob.user_id in online(await carol.members(community))

    await eventually(is_shown, "bob is online to carol")
    assert bob.user_id not in online(await alice.members(community))
    assert (await alice.member(community, bob))["status"] == "offline"
    # At bob's own homeserver he is who he is.
    assert bob.user_id in online(await bob.members(community))


# Somebody else's homeserver is asked


async def garden_with_carol(stage):
    """A community of alice's, in which gamma's carol is."""
    community = await stage.alice.founds("Garden")
    code = await stage.alice.makes_link(community)
    answer = (await stage.gamma.carries(stage.alpha, stage.carol, "POST", f"/invite-links/{code}/join")).expect(200).json
    assert answer["body"]["state"] == "joined", answer
    return community


async def test_a_foreign_homeserver_is_asked_once_for_those_of_its_own(stage):
    gamma, alice = stage.gamma, stage.alice
    community = await garden_with_carol(stage)
    # Nobody there can say of alice's neighbours, or of anybody else, who is online.
    bob = await stage.alpha.person("bob")
    await bob.joins(community)
    gamma.questions, gamma.online = [], [stage.carol, bob.user_id, gamma.user("somebody.else")]
    assert online(await alice.members(community)) == {alice.user_id, stage.carol}
    assert gamma.questions == [{"v": 1, "community_id": community.id, "viewer": alice.user_id, "users": [stage.carol]}]
    assert online(await alice.members(community)) == {alice.user_id, stage.carol}
    assert len(gamma.questions) == 1, "it was known a moment ago"
    # What carol's homeserver asks for her it completes itself.
    answer = (await gamma.carries(stage.alpha, stage.carol, "GET", f"{community.path}/members")).expect(200).json
    assert {it["user_id"]: it["status"] for it in answer["body"]["members"]}[alice.user_id] == "online"
    assert len(gamma.questions) == 1


async def test_where_nobody_lives_elsewhere_nobody_is_asked(stage):
    community = await stage.alice.founds("Only here")
    stage.gamma.questions = []
    assert online(await stage.alice.members(community)) == {stage.alice.user_id}
    assert stage.gamma.questions == []


# Somebody else's homeserver asks


async def orchard(stage):
    """A community that gamma hosts, with alice in it; its id."""
    gamma, alice = stage.gamma, stage.alice
    community, now = str(uuid7()), instant()
    gamma.answer_call = lambda call: (
        200,
        {"server_id": community, "state": "joined"}
        if call["method"] == "POST"
        else {"code": CODE, "server_id": community, "name": "Orchard", "host": gamma.name, "member_count": 1, "state": "open"},
    )
    (await alice.http("POST", f"/invite-links/{CODE}@{gamma.name}/join")).expect(200)
    await gamma.says_hello(stage.alpha)
    state = gamma.event(
        "community.state", stage.carol, None, community_id=community, version=1, incarnation="first", member_count=2,
        snapshot="last", community={"name": "Orchard", "owner": stage.carol, "created_at": now},
        roles=[{"role_id": str(uuid7()), "name": "everyone", "permissions": ["view_channel"], "position": 0, "everyone": True}],
        members=[{"user_id": alice.user_id, "state": "member", "joined_at": now, "role_ids": []}], member_range={},
    )  # fmt: skip
    assert await gamma.delivers(stage.alpha, state) == {}
    await alice.receives("community-changed", server_id=community, state="member")
    return community


async def test_a_foreign_homeserver_asks_for_members_of_its_communities(stage):
    gamma, alpha, alice = stage.gamma, stage.alpha, stage.alice
    community = await orchard(stage)
    bob = await (await alpha.person("bob")).connects()
    eve = gamma.user("eve")

    async def told(community_id, users, viewer=stage.carol):
        answer = await gamma.asks_who_is_online(alpha, community_id, viewer, users)
        await gamma.checks_signature(alpha, answer)
        return answer.expect(200).json

    everybody = [alice.user_id, bob.user_id, stage.carol, f"nobody@{alpha.name}", "dora@delta.localhost"]
    assert await told(community, everybody) == {"online": [alice.user_id]}
    assert await told(community, everybody, viewer="dora@delta.localhost") == {"online": [alice.user_id]}
    assert await told(community, [bob.user_id]) == {"online": []}
    assert await told(community, []) == {"online": []}
    # Of what it does not host it is told nothing: alice's own community, of which even carol is a member, and one that is made up.
    own = await garden_with_carol(stage)
    for other in (own.id, str(uuid7())):
        assert await told(other, everybody) == {"online": []}
    (await alice.http("PUT", f"/blocks/{eve}")).expect(204)
    assert await told(community, everybody, viewer=eve) == {"online": []}
    assert await told(community, everybody) == {"online": [alice.user_id]}


async def test_questions_that_are_none(stage):
    gamma, alpha, viewer, id = stage.gamma, stage.alpha, stage.carol, str(uuid7())
    names = [f"u{number}@{alpha.name}" for number in range(101)]
    (await gamma.asks_who_is_online(alpha, id, viewer, names[:100])).expect(200)
    for fields, status in (
        ({"users": names}, 400), ({"users": ["alice"]}, 400), ({"users": "alice"}, 400), ({"users": [7]}, 400), ({"users": None}, 400),
        ({"viewer": "carol"}, 400), ({"viewer": None}, 400), ({"community_id": "x"}, 400), ({"v": 2}, 426),
    ):  # fmt: skip
        question = {"community_id": id, "viewer": viewer, "users": names[:1], **fields}
        answer = await gamma.asks_who_is_online(alpha, **question)
        assert answer.status == status, (str(fields)[:100], answer.body)
    (await gamma.asks_who_is_online(alpha, id, viewer, names[:1], more=1)).expect(200)


# Behind the others: for a while afterwards gamma is not asked


async def test_a_homeserver_that_does_not_answer_holds_up_no_list(stage):
    gamma, alice = stage.gamma, stage.alice
    community = await garden_with_carol(stage)
    gamma.questions, gamma.online, gamma.holds_statuses = [], [stage.carol], True
    try:
        began = time.monotonic()
        assert online(await alice.members(community)) == {alice.user_id}
        assert 1 < time.monotonic() - began < 4
        began = time.monotonic()
        assert online(await alice.members(community)) == {alice.user_id}
        assert time.monotonic() - began < 1
        assert len(gamma.questions) == 1
    finally:
        gamma.holds_statuses = False
