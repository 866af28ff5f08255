"""Communities whose members live on two homeservers: coming in, what is said, what changes, and leaving."""


async def comes_in(owner, community, guest):
    """The guest is invited and accepts; both hear of it."""
    await owner.invites(guest, community)
    invite = await guest.receives("new-server-invite", server_id=community.id, from_user_id=owner.user_id)
    answer = await guest.takes_invite(invite["invite_id"])
    assert answer == {"server_id": community.id, "state": "joining"}
    await guest.receives("server-invite-changed", invite_id=invite["invite_id"], state="accepted")
    await guest.receives("community-changed", server_id=community.id, state="member", reason="joined")
    await owner.receives("member-changed", server_id=community.id, user_id=guest.user_id, state="member")


async def neighbours(two):
    """Alice founds a community at home, Bob of the other homeserver is in it; both are connected."""
    here, there = two
    alice, bob = await here.person("alice"), await there.person("bob")
    await alice.connects()
    await bob.connects()
    community = await alice.founds()
    await comes_in(alice, community, bob)
    return community, alice, bob


async def test_a_person_of_another_homeserver_is_invited_and_takes_part(two):
    community, alice, bob = await neighbours(two)
    seen = await bob.sees(community)
    assert (seen["host"], seen["member_count"], seen["owner_user_id"]) == (two[0].name, 2, alice.user_id)
    assert [it["channel_id"] for it in seen["channels"]] == [community.general]
    assert {it["role_id"] for it in seen["roles"]} == set(community.roles.values())
    assert await bob.communities() == {community.id}
    await alice.writes("welcome", community.general, nonce="a")
    heard = await bob.hears("welcome", community.general, alice)
    assert "nonce" not in heard and heard["seq"] == 1
    ack = await bob.writes("thank you", community.general, nonce="b")
    assert ack["state"] == "queued" and ack["seq"] is None
    echo = await bob.hears("thank you", community.general, bob)
    assert (echo["nonce"], echo["message_id"], echo["seq"], echo["n"]) == ("b", ack["message_id"], 2, 2)
    assert (await alice.hears("thank you", community.general, bob))["message_id"] == ack["message_id"]
    mine, last = await alice.channel_history(community.general)
    his, his_last = await bob.channel_history(community.general)
    assert last == his_last == 2
    assert [(it["seq"], it["message"], it["from_user_id"]) for it in mine] == [
        (it["seq"], it["message"], it["from_user_id"]) for it in his
    ]
