"""Invitations of one person: sent, accepted, declined, withdrawn, and what becomes of those that nobody answers."""

import pytest

from harness.communities import NOBODY

ACROSS = True


async def one_invited(home):
    community, alice, bob = await home.community("alice", "bob")
    carol = await (await home.person("carol")).connects()
    return community, alice, bob, carol


async def test_carol_is_invited_and_accepts(home):
    community, alice, bob, carol = await one_invited(home)
    phone = await (await carol.on_another_device()).connects()
    invite = await alice.invites(carol, to=community)
    assert (invite["server_id"], invite["server_name"]) == (community.id, community.name)
    assert (invite["user_id"], invite["from_user_id"], invite["from_username"]) == (carol.user_id, alice.user_id, alice.name)
    assert invite["expires_at"] > invite["created_at"]
    for one in (carol, phone):
        heard = await one.receives("new-server-invite", invite_id=invite["invite_id"])
        for name in ("server_id", "server_name", "from_user_id", "from_username", "expires_at"):
            assert heard[name] == invite[name], name
    assert await carol.own_invites() == {invite["invite_id"]: invite}
    tab = await carol.in_another_tab().connects()
    assert tab.ready["server_invites"] == [{k: v for k, v in invite.items() if k not in ("user_id", "created_at")}]
    listed = (await alice.http("GET", f"{community.path}/invites")).expect(200).json["invites"]
    assert listed == [invite]
    # Who does not manage them sees those that he has sent himself.
    assert (await bob.http("GET", f"{community.path}/invites")).expect(200).json["invites"] == []
    # Invited is not in.
    (await carol.http("GET", community.path)).expect(404, "not_found")

    answer = await carol.takes_invite(invite["invite_id"])
    assert answer == {"server_id": community.id, "state": "joining" if carol.settles else "joined"}
    for one in (carol, phone, tab):
        heard = await one.receives("server-invite-changed", invite_id=invite["invite_id"])
        assert (heard["server_id"], heard["state"]) == (community.id, "accepted")
        await one.receives("community-changed", server_id=community.id, state="member", reason="joined")
    for one in (alice, bob):
        await one.receives("member-changed", user_id=carol.user_id, state="member", reason="joined")
    assert await carol.own_invites() == {}
    assert (await alice.http("GET", f"{community.path}/invites")).json["invites"] == []
    answer = await carol.http("POST", f"/server-invites/{invite['invite_id']}/accept")
    assert answer.status in (404, 409), answer
    await carol.writes("here I am", community.general)


async def test_carol_declines_and_can_be_invited_again(home):
    community, alice, bob, carol = await one_invited(home)
    invite = (await alice.invites(carol, to=community))["invite_id"]
    (await carol.http("POST", f"/server-invites/{invite}/decline")).expect(204)
    heard = await carol.receives("server-invite-changed", invite_id=invite)
    assert heard["state"] == "declined"
    assert await carol.own_invites() == {}
    assert (await alice.http("GET", f"{community.path}/invites")).json["invites"] == []
    for what in ("accept", "decline"):
        answer = await carol.http("POST", f"/server-invites/{invite}/{what}")
        assert answer.status in (404, 409), answer
    again = (await alice.invites(carol, to=community))["invite_id"]
    assert again != invite
    await carol.takes_invite(again)


async def test_who_may_withdraw_it(home):
    community, alice, bob, carol = await one_invited(home)
    dora, erin = await home.people("dora", "erin")
    for one in (dora, erin):
        await one.joins(community)
    await alice.gives(community, await alice.makes_role(community, "Doorkeepers", ["manage_invites"]), erin)

    for number, one in enumerate((bob, erin, alice)):
        invite = (await bob.invites(carol, to=community))["invite_id"]
        await carol.receives("new-server-invite", invite_id=invite)
        (await dora.http("DELETE", f"{community.path}/invites/{invite}")).expect(404, "not_found")
        (await carol.http("DELETE", f"{community.path}/invites/{invite}")).expect(404, "not_found")
        (await one.http("DELETE", f"{community.path}/invites/{invite}")).expect(204)
        heard = await carol.receives("server-invite-changed", invite_id=invite)
        assert heard["state"] == "withdrawn"
        assert await carol.own_invites() == {}
        answer = await carol.http("POST", f"/server-invites/{invite}/accept")
        assert answer.status in (404, 409), answer
        answer = await one.http("DELETE", f"{community.path}/invites/{invite}")
        assert answer.status in (404, 409), answer
    assert carol.user_id not in await alice.members(community)


async def test_an_invitation_is_for_one_person_only(home):
    community, alice, bob, carol = await one_invited(home)
    mallory = await home.person("mallory")
    invite = (await alice.invites(carol, to=community))["invite_id"]
    for wrong in (mallory, bob, alice):
        for unknown in (invite, NOBODY):
            for what in ("accept", "decline"):
                (await wrong.http("POST", f"/server-invites/{unknown}/{what}")).expect(404, "not_found")
    assert mallory.user_id not in await alice.members(community)
    assert invite in await carol.own_invites()


async def test_whom_one_cannot_invite(home):
    community, alice, bob, carol = await one_invited(home)
    for nobody in ("nobody.of.this.name", f"nobody@{alice.node.name}"):
        (await alice.http("POST", f"{community.path}/invites", json={"user_id": nobody})).expect(404, "not_found")
    for member in (alice, bob):
        answer = await alice.http("POST", f"{community.path}/invites", json={"user_id": member.user_id})
        answer.expect(409, "conflict")
    await alice.bans(community, carol)
    answer = await bob.http("POST", f"{community.path}/invites", json={"user_id": carol.user_id})
    assert answer.status in (403, 404, 409), answer
    await carol.socket.has_received_no("new-server-invite")


async def test_inviting_twice_is_one_invitation(home):
    community, alice, bob, carol = await one_invited(home)
    first = await alice.invites(carol, to=community)
    answer = await alice.http("POST", f"{community.path}/invites", json={"user_id": carol.user_id})
    assert answer.status == 409 or (answer.status == 201 and answer.json["invite_id"] == first["invite_id"]), answer
    await carol.receives("new-server-invite")
    await carol.socket.has_received_no("new-server-invite")
    assert list(await carol.own_invites()) == [first["invite_id"]]


async def test_a_ban_withdraws_what_was_open(home):
    community, alice, bob, carol = await one_invited(home)
    invite = (await alice.invites(carol, to=community))["invite_id"]
    await carol.receives("new-server-invite", invite_id=invite)
    await alice.bans(community, carol)
    await carol.receives("server-invite-changed", invite_id=invite)
    assert await carol.own_invites() == {}
    answer = await carol.http("POST", f"/server-invites/{invite}/accept")
    assert answer.status in (403, 404, 409), answer
    assert carol.user_id not in await alice.members(community)


async def test_who_has_joined_by_a_link_is_invited_no_more(home):
    community, alice, bob, carol = await one_invited(home)
    invite = (await alice.invites(carol, to=community))["invite_id"]
    await carol.joins(community)
    assert await carol.own_invites() == {}
    assert (await alice.http("GET", f"{community.path}/invites")).json["invites"] == []
    answer = await carol.http("POST", f"/server-invites/{invite}/accept")
    assert answer.status in (200, 404, 409), answer
    assert list(await carol.members(community)).count(carol.user_id) == 1


@pytest.mark.parametrize("seconds", [59, 0, -1, 2592001, 2**63, 1.5, "60", True, [], {}], ids=repr)
async def test_a_life_that_is_none(home, seconds):
    community, alice, bob, carol = await one_invited(home)
    body = {"user_id": carol.user_id, "expires_in_seconds": seconds}
    answer = await alice.http("POST", f"{community.path}/invites", json=body)
    answer.expect(400, "invalid")
    assert answer.json["field"] == "expires_in_seconds"
    await carol.socket.has_received_no("new-server-invite")


@pytest.mark.parametrize("seconds", [60, 2592000])
async def test_a_life_at_its_limits(home, seconds):
    community, alice, bob, carol = await one_invited(home)
    await alice.invites(carol, to=community, expires_in_seconds=seconds)
