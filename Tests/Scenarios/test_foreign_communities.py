"""Communities that a homeserver by somebody else hosts: what its word is worth here, honest first."""

import pytest

from harness.foreign_community import ForeignCommunity, shown


async def newcomer(stage, name="nora"):
    """A person of alpha's who is in no community."""
    return await (await stage.alpha.person(name)).connects()


async def a_member(stage, **fields):
    """A community of gamma's, and a new person of alpha's who is in it."""
    person = await newcomer(stage)
    return await ForeignCommunity(stage.gamma).takes_in(stage.alpha, person, **fields), person


# The honest host


async def test_an_invitation_is_accepted_and_its_home_lets_the_person_in(stage):
    community = ForeignCommunity(stage.gamma, name="Bee-keepers")
    nora = await newcomer(stage)
    invite = await community.is_accepted(stage.alpha, nora)
    await nora.receives("server-invite-changed", invite_id=invite, state="accepted")
    assert await nora.communities() == set(), "until its home has said so"
    founded = community.head | {"created_at": "2020-02-02T20:20:20.200Z"}
    assert await stage.gamma.delivers(stage.alpha, community.snapshot(nora, member_count=3, community=founded)) == {}
    frame = await nora.receives("community-changed", server_id=community.id)
    assert (frame["state"], frame["reason"], frame["name"]) == ("member", "joined", "Bee-keepers")
    seen = await nora.sees(community)
    assert (seen["name"], seen["host"], seen["owner_user_id"]) == ("Bee-keepers", "gamma.localhost", community.owner)
    assert seen["created_at"] == founded["created_at"]
    assert (seen["member_count"], [it["name"] for it in seen["channels"]]) == (3, ["general"])
    assert [it["role_id"] for it in seen["roles"]] == [community.everyone["role_id"]]
    assert await nora.own_invites() == {}


async def test_messages_come_with_the_numbers_of_their_home(stage):
    community, nora = await a_member(stage)
    channel = community.general["channel_id"]
    events = [community.message(f"{n}", n, sender=stage.gamma.user(f"peter{n}")) for n in (1, 2, 3)]
    assert await stage.gamma.delivers(stage.alpha, *events) == {}
    for n, event in enumerate(events, 1):
        frame = await nora.hears(f"{n}", channel)
        assert (frame["seq"], frame["n"], frame["message_id"]) == (n, n, event["id"])
        assert frame["from_user_id"] == event["sender"]
    assert [it["message_id"] for it in (await nora.channel_history(channel))[0]] == [it["id"] for it in events]
    assert await nora.counters(channel) == (3, 0, 3, 0)
    assert await stage.gamma.delivers(stage.alpha, community.deletion(4, events[1])) == {}
    deleted = await nora.receives("message-deleted", channel_id=channel)
    assert (deleted["message_id"], deleted["message_seq"], deleted["seq"]) == (events[1]["id"], 2, 4)
    history = (await nora.channel_history(channel))[0]
    assert [it.get("deleted", False) for it in history] == [False, True, False]
    assert "2" not in [it["message"] for it in history]


async def test_what_a_member_writes_goes_to_the_home_and_comes_back_numbered(stage):
    community, nora = await a_member(stage)
    channel = community.general["channel_id"]
    ack = await nora.writes("is anybody there?", channel, nonce="n1")
    assert (ack["state"], ack["seq"], ack["n"]) == ("queued", None, None)
    sent = await stage.gamma.hears("channel.message", message="is anybody there?")
    assert (sent["id"], sent["sender"]) == (ack["message_id"], nora.user_id)
    assert sent["data"] == {
        "community_id": community.id, "channel_id": channel, "message": "is anybody there?", "nonce": "n1"
    }  # fmt: skip
    assert (await nora.channel_history(channel)) == ([], 0), "until it has a number"
    echo = community.message("is anybody there?", 1, nonce="n1")
    echo |= {"id": sent["id"], "sender": nora.user_id, "ts": sent["ts"]}
    assert await stage.gamma.delivers(stage.alpha, echo) == {}
    frame = await nora.hears("is anybody there?", channel, nora)
    assert (frame["nonce"], frame["seq"], frame["message_id"]) == ("n1", 1, ack["message_id"])
    again = await nora.writes("is anybody there?", channel, nonce="n1")
    assert (again["duplicate"], again["message_id"], again["seq"]) == (True, ack["message_id"], 1)


async def test_a_refused_message_is_told_to_its_author(stage):
    community, nora = await a_member(stage)
    stage.gamma.reject = lambda event: "slow_mode" if event["type"] == "channel.message" else None
    ack = await nora.writes("too soon", community.general["channel_id"])
    failed = await nora.receives("delivery", message_id=ack["message_id"], within=20)
    stage.gamma.reject = lambda event: None
    assert (failed["state"], failed["reason"]) == ("failed", "slow_mode")
    assert (await nora.channel_history(community.general["channel_id"])) == ([], 0)


async def test_a_refused_acceptance_is_told_and_ends_the_consent(stage):
    community, nora = ForeignCommunity(stage.gamma), await newcomer(stage)
    stage.gamma.reject = lambda event: "not_found" if event["type"] == "community.accept" else None
    invite = await community.is_accepted(stage.alpha, nora)
    failed = await nora.receives("server-invite-changed", invite_id=invite, state="failed", within=20)
    stage.gamma.reject = lambda event: None
    assert failed["code"] == "not_found"
    assert await stage.gamma.delivers(stage.alpha, community.snapshot(nora)) == {0: "forbidden"}
    assert (await stage.gamma.hears("community.leave", community_id=community.id))["sender"] == nora.user_id
    assert await nora.communities() == set()


async def test_changes_are_told_and_whatever_is_gone_goes(stage):
    community, nora = await a_member(stage)
    role, voice = community.role("elders", position=1, color=0xABCDEF), community.channel("talk", kind="voice")
    change = community.state(roles=[role], channels=[voice])
    assert await stage.gamma.delivers(stage.alpha, change) == {}
    await nora.receives("channel-changed", server_id=community.id, channel_id=voice["channel_id"])
    given = community.state(members=[community.member(nora, role_ids=[role["role_id"]], reason="role")])
    assert await stage.gamma.delivers(stage.alpha, given) == {}
    await nora.receives("member-changed", server_id=community.id, user_id=nora.user_id)
    seen = await nora.sees(community)
    assert {it["name"]: it.get("color") for it in seen["roles"]} == {"everyone": None, "elders": "#abcdef"}
    assert {it["name"] for it in seen["channels"]} == {"general", "talk"}
    removed = community.state(removed_roles=[role["role_id"]], removed_channels=[voice["channel_id"]])
    assert await stage.gamma.delivers(stage.alpha, removed) == {}
    await nora.receives("channel-changed", channel_id=voice["channel_id"], state="gone")
    seen = await nora.sees(community)
    assert ({it["name"] for it in seen["roles"]}, {it["name"] for it in seen["channels"]}) == ({"everyone"}, {"general"})
    renamed = community.state(community=community.head | {"name": "Otherwise"})
    assert await stage.gamma.delivers(stage.alpha, renamed) == {}
    await nora.receives("community-changed", server_id=community.id, reason="updated", name="Otherwise")


async def test_all_is_told_anew_to_who_may_have_missed_something(stage):
    community, nora = await a_member(stage)
    # Also where nothing has another version: what was lost is not known.
    again = community.snapshot(nora, version=community.version)
    assert await stage.gamma.delivers(stage.alpha, again) == {}
    frame = await nora.receives("community-changed", server_id=community.id, reason="resynced")
    assert (frame["state"], frame["version"]) == ("member", again["data"]["version"])


async def test_a_community_of_which_its_home_knows_nothing_any_more_is_over(stage):
    """It knows nobody either who asks for it: what it says then is the end of it."""
    community, nora = await a_member(stage)
    stage.gamma.reject = lambda event: "not_found" if event["type"] == "community.resync" else None
    try:
        lost = community.message("of another life", 1, incarnation="another")
        assert await stage.gamma.delivers(stage.alpha, lost) == {}
        gone = await nora.receives("community-changed", server_id=community.id, state="gone")
        assert gone["reason"] == "left"
        assert await nora.communities() == set()
    finally:
        stage.gamma.reject = lambda event: None


async def test_a_reason_that_cannot_be_is_none(stage):
    community, nora = await a_member(stage)
    change = community.state(members=[community.member(nora, reason="resynced")])
    assert await stage.gamma.delivers(stage.alpha, change) == {}
    assert (await nora.receives("member-changed", user_id=nora.user_id, version=community.version))["reason"] == "role"
    assert await stage.gamma.delivers(stage.alpha, community.gone("resynced")) == {}
    assert (await nora.receives("community-changed", server_id=community.id, state="gone"))["reason"] == "left"


@pytest.mark.parametrize("reason", ["deleted", "kicked", "something of a later version"])
async def test_a_community_that_is_gone(stage, reason):
    community, nora = await a_member(stage)
    other = await a_member(stage)
    assert await stage.gamma.delivers(stage.alpha, community.message("the last", 1)) == {}
    if reason == "kicked":
        event = community.state(members=[community.member(nora, "gone", reason="kicked")])
    else:
        event = community.gone(reason)
    assert await stage.gamma.delivers(stage.alpha, event) == {}
    await nora.receives("community-changed", server_id=community.id, state="gone")
    (await nora.http("GET", community.path)).expect(404, "not_found")
    (await nora.http("GET", f"/channels/{community.general['channel_id']}/messages")).expect(404, "not_found")
    assert await nora.communities() == set()
    assert await other[1].communities() == {other[0].id}
    assert await stage.alpha.query("SELECT 1 FROM messages WHERE id = %s", event["id"]) == []
    # What comes too late is for nobody, and he may come again.
    assert await stage.gamma.delivers(stage.alpha, community.message("too late", 2)) in ({}, {0: "not_found"})
    await community.takes_in(stage.alpha, nora)
    assert (await nora.channel_history(community.general["channel_id"]))[0] == []


async def test_leaving_is_at_once_and_told(stage):
    community, nora = await a_member(stage)
    await nora.leaves(community)
    await nora.receives("community-changed", server_id=community.id, state="gone", reason="left")
    left = await stage.gamma.hears("community.leave", community_id=community.id)
    assert left["sender"] == nora.user_id
    assert await nora.communities() == set()
    # A change that its home made before it heard of it brings her back to nothing.
    crossing = community.state(members=[community.member(nora, reason="role")])
    assert await stage.gamma.delivers(stage.alpha, crossing) in ({0: "forbidden"}, {0: "not_found"})
    assert await nora.communities() == set()


async def test_who_stays_hears_from_the_home_that_somebody_has_left(stage):
    """It lists him until then; whoever read that and heard nothing more would believe it for ever."""
    community, nora = await a_member(stage)
    niko = await newcomer(stage, "niko")
    await community.is_accepted(stage.alpha, niko)
    assert await stage.gamma.delivers(stage.alpha, community.state(members=[community.member(niko, reason="joined")])) == {}
    await nora.receives("member-changed", user_id=niko.user_id, reason="joined")
    await niko.leaves(community)
    await niko.receives("community-changed", server_id=community.id, state="gone")
    await stage.gamma.hears("community.leave", community_id=community.id)
    await nora.socket.position()
    assert not [it for it in nora.socket.frames if it["type"] == "member-changed" and it["state"] == "gone"]
    left = community.state(members=[community.member(niko, "gone", reason="left")])
    assert await stage.gamma.delivers(stage.alpha, left) == {}
    frame = await nora.receives("member-changed", user_id=niko.user_id, state="gone")
    assert (frame["reason"], frame["version"]) == ("left", community.version)
    assert await niko.communities() == set()


async def test_who_was_put_out_and_is_in_again_before_the_first_has_arrived(stage):
    """Calls are answered at once, and what the lane has to tell may be late: of one who was put out it is told after he has asked to come in."""
    community, nora = await a_member(stage)
    niko = await newcomer(stage, "niko")
    await community.is_accepted(stage.alpha, niko)
    assert await stage.gamma.delivers(stage.alpha, community.state(members=[community.member(niko, reason="joined")])) == {}
    await niko.receives("community-changed", server_id=community.id, reason="joined")
    usual = stage.gamma.answer_call
    link = {"code": "A" * 22, "server_id": community.id, "name": community.name, "host": stage.gamma.name, "member_count": 2, "state": "open"}
    stage.gamma.answer_call = lambda call: (200, {"server_id": community.id, "state": "joined"} if call["target"].endswith("/join") else link)
    (await niko.http("POST", f"/invite-links/{link['code']}@{stage.gamma.name}/join")).expect(200)
    gone = community.state(members=[community.member(niko, "gone", reason="kicked")])
    back = community.state(members=[community.member(niko, reason="joined")])
    assert await stage.gamma.delivers(stage.alpha, gone, back) == {}
    await niko.receives("community-changed", server_id=community.id, state="gone", reason="kicked")
    await niko.receives("community-changed", server_id=community.id, state="member", reason="joined")
    assert await niko.communities() == {community.id}
    # With leaving ends that he has asked.
    (await niko.http("POST", f"/invite-links/{link['code']}@{stage.gamma.name}/join")).expect(200)
    stage.gamma.answer_call = usual
    await niko.leaves(community)
    again = community.state(members=[community.member(niko, reason="joined")])
    assert await stage.gamma.delivers(stage.alpha, again) == {0: "forbidden"}
    await stage.gamma.hears("community.resync", community_id=community.id)
    assert await nora.communities() == {community.id} and await niko.communities() == set()


async def test_shown_sees_what_changes(stage):
    """What the scenarios of lies compare would notice if one of them were believed."""
    community, nora = await a_member(stage)
    before = await shown(nora)
    assert await shown(nora) == before
    assert await stage.gamma.delivers(stage.alpha, community.message("news", 1)) == {}
    assert await shown(nora) != before
