"""How much a homeserver can say of its communities, what happens to holes in it, and that what is in memory is what is stored."""

import json
import uuid

from harness.foreign_community import ForeignCommunity, asked_for, shown, tells
from harness.neighbours import told
from harness.peer import instant, uuid7
from harness.stage import Stage
from harness.waiting import eventually


async def newcomer(stage, name="nora"):
    return await (await stage.alpha.person(name)).connects()


async def a_member(stage):
    person = await newcomer(stage)
    community = await ForeignCommunity(stage.gamma).takes_in(stage.alpha, person)
    await person.socket.position()
    person.socket.forgets()
    return community, person


def memory_of(node):
    with open(f"/proc/{node.pid}/statm") as file:
        return int(file.read().split()[1]) * 4096


# Holes


async def test_a_hole_is_asked_for_and_nothing_behind_it_is_shown_before(stage):
    gamma, (community, nora) = stage.gamma, await a_member(stage)
    channel = community.general["channel_id"]
    events = [community.message(f"{n}", n) for n in range(1, 8)]
    gamma.holds_calls = True
    try:
        assert await gamma.delivers(stage.alpha, events[0], events[1], events[4]) == {}
        await nora.hears("1", channel)
        await nora.hears("2", channel)
        await gamma.changes.until(lambda: asked_for(gamma, community), "gamma is asked for what is missing")
        # What comes meanwhile waits too.
        assert await gamma.delivers(stage.alpha, events[5]) == {}
        await nora.socket.has_received_no("new-channel-message")
        messages, last_seq = await nora.channel_history(channel)
        assert ([it["seq"] for it in messages], last_seq) == ([1, 2], 2)
        tells(gamma, community, events[:6])
    finally:
        gamma.holds_calls = False
    call = asked_for(gamma, community)[0]
    assert (call["user"], call["method"], "?after=2&" in call["target"]) == (nora.user_id, "GET", True)
    for n in (3, 4, 5, 6):
        frame = await nora.hears(f"{n}", channel)
        assert (frame["seq"], frame["message_id"]) == (n, events[n - 1]["id"])
    assert await gamma.delivers(stage.alpha, events[6]) == {}
    await nora.hears("7", channel)
    seen = [f["seq"] for f in nora.socket.frames if f["type"] == "new-channel-message"]
    assert seen == [1, 2, 3, 4, 5, 6, 7]
    assert [it["seq"] for it in (await nora.channel_history(channel))[0]] == seen


async def test_a_hole_that_is_never_filled_is_not_asked_for_without_end(stage):
    """Its home tells always the same, or what cannot be taken; another community's hole is filled nevertheless."""
    gamma = stage.gamma
    (first, nora), (second, olga), (third, _) = [await a_member(stage) for _ in range(3)]
    stolen, honest = stage.message("between us"), [second.message(f"{n}", n) for n in range(1, 4)]
    assert await gamma.delivers(stage.alpha, stolen, third.message("1", 1)) == {}
    answers = {}
    for community, events in (
        (first, [first.message("not its own", 1, id=stolen["id"])]), (third, [third.message("again", 1)]), (second, honest)
    ):  # fmt: skip
        tells(gamma, community, events, last=3)
        answers[community.general["channel_id"]] = gamma.answer_call
    again = answers[third.general["channel_id"]]
    # Whatever is asked for.
    answers[third.general["channel_id"]] = lambda call: again({"target": call["target"].replace("after=1", "after=0")})
    gamma.calls, gamma.answer_call = [], lambda call: next((a(call) for id, a in answers.items() if id in call["target"]), (404, {}))
    assert await gamma.delivers(stage.alpha, first.message("behind it", 3), third.message("behind it", 3)) == {}
    for community in (first, third):
        await gamma.changes.until(lambda community=community: asked_for(gamma, community), "gamma is asked")
    assert await gamma.delivers(stage.alpha, honest[2]) == {}
    for n in (1, 2, 3):
        await olga.hears(f"{n}", second.general["channel_id"])
    for community in (first, third):
        assert len(asked_for(gamma, community)) < 10, "it is not asked without end"
    await nora.socket.has_received_no("new-channel-message")


# Too much


async def test_people_of_other_homeservers_are_told_and_not_kept(stage):
    community, nora = await a_member(stage)
    users = (await stage.alpha.query("SELECT count(*) FROM users"))[0][0]
    memory, heard = memory_of(stage.alpha), 0
    for part in range(24):
        members = [community.member(f"m{part:02}.{n:03}@{'gamma' if n % 2 else 'else.where'}.localhost") for n in range(440)]
        event = community.state(members=members, member_count=2 + 440 * (part + 1))
        assert len(json.dumps(event["data"])) < 65_536
        assert await stage.gamma.delivers(stage.alpha, event) == {}
        heard += 440

        def all_heard(heard=heard):
            return sum(f["type"] == "member-changed" for f in nora.socket.frames) == heard

        await nora.socket._changes.until(all_heard, f"nora hears of {heard}", 20)
    assert memory_of(stage.alpha) - memory < 64 << 20
    assert (await stage.alpha.query("SELECT count(*) FROM users"))[0][0] == users
    rows = await stage.alpha.query(
        "SELECT count(*) FROM community_members m JOIN communities c ON c.key = m.community WHERE c.id = %s", community.id
    )
    assert rows == [(1,)]
    assert (await nora.sees(community))["member_count"] == 2 + 440 * 24


async def test_roles_and_channels_have_limits(stage):
    community, nora = await a_member(stage)
    before = await shown(nora)

    async def is_invalid(*events):
        assert await stage.gamma.delivers(stage.alpha, *events) == dict.fromkeys(range(len(events)), "invalid")
        assert await shown(nora) == before

    second = community.role("everyone too", everyone=True)
    await is_invalid(
        community.state(roles=[second]), community.state(removed_roles=[community.everyone["role_id"]]),
        community.snapshot(nora, roles=[], only_roles=[]),
        community.state(roles=[community.role(f"r{n}") for n in range(100)]),
        community.state(roles=[community.role(f"r{n}") for n in range(101)]),
        community.state(channels=[community.channel(f"c{n}") for n in range(201)]),
    )  # fmt: skip
    # Each within its limit, together beyond it.
    roles = [community.state(roles=[community.role(f"r{n}.{part}") for n in range(49)]) for part in range(2)]
    assert await stage.gamma.delivers(stage.alpha, *roles) == {}
    before = await shown(nora)
    await is_invalid(community.state(roles=[community.role("one"), community.role("another")]))
    for part in range(3):
        event = community.state(channels=[community.channel(f"c{n}.{part}") for n in range(180)])
        rejected = await stage.gamma.delivers(stage.alpha, event)
        assert rejected == ({0: "invalid"} if part == 2 else {})
    assert len((await nora.sees(community))["channels"]) == 361


async def test_one_person_is_not_invited_without_end(stage):
    nora, olga = await newcomer(stage), await newcomer(stage, "olga")
    invites = [ForeignCommunity(stage.gamma, name=f"Of {n}").invite(nora) for n in range(130)]
    first = await stage.gamma.delivers(stage.alpha, *invites[:65])
    second = await stage.gamma.delivers(stage.alpha, *invites[65:])
    assert (first, second) == ({}, {n: "rate_limited" for n in range(35, 65)})
    assert len(await nora.own_invites()) == 100
    refused = [it["data"]["community_id"] for it in invites[100:]]
    assert await stage.alpha.query("SELECT 1 FROM communities WHERE id = ANY(%s::uuid[])", refused) == []
    # Others are, and she is again when she has answered one.
    other = ForeignCommunity(stage.gamma)
    assert await stage.gamma.delivers(stage.alpha, other.invite(olga)) == {}
    await olga.receives("new-server-invite", server_id=other.id)
    (await nora.http("POST", f"/server-invites/{invites[0]['data']['invite_id']}/decline")).expect(204)
    assert await stage.gamma.delivers(stage.alpha, other.invite(nora)) == {}
    await nora.receives("new-server-invite", server_id=other.id)


async def test_invitations_to_nobody(stage):
    community = ForeignCommunity(stage.gamma)
    wrong = [
        (community.invite(f"nobody.here@{stage.alpha.name}"), "not_found"), (community.invite(stage.carol), "forbidden"),
        (community.invite("dora@delta.localhost"), "forbidden"), (community.invite(stage.alice, name=""), "invalid"),
        (community.says("community.invite", invite_id=str(uuid7()), name="x", expires_at=instant()), "forbidden"),
    ]  # fmt: skip
    rejected = await stage.gamma.delivers(stage.alpha, *(event for event, _ in wrong))
    assert rejected == {n: code for n, (_, code) in enumerate(wrong)}
    over = community.invite(stage.alice, expires_at="2020-01-01T00:00:00.000Z")
    assert await stage.gamma.delivers(stage.alpha, over) == {}
    assert await stage.alice.own_invites() == {}
    assert await stage.alpha.query("SELECT 1 FROM communities WHERE id = %s", community.id) == []


# Another life of its home's database


async def test_numbers_of_another_life_wait_until_all_is_told_anew(stage):
    community, nora = await a_member(stage)
    channel = community.general["channel_id"]
    assert await stage.gamma.delivers(stage.alpha, *(community.message(f"{n}", n) for n in (1, 2, 3))) == {}
    before = await shown(nora)
    old, community.incarnation = community.incarnation, str(uuid.uuid4())
    later = community.message("of another life", 4)
    assert await stage.gamma.delivers(stage.alpha, later, community.state(community=community.head | {"name": "Other"})) == {}
    assert await shown(nora) == before
    resync = await stage.gamma.hears("community.resync", community_id=community.id)
    assert resync["sender"] == nora.user_id
    community.version = 0
    again = [community.message("now this is one", 1), community.message("and two", 2)]
    assert await stage.gamma.delivers(stage.alpha, community.snapshot(nora), *again) == {}
    messages, last_seq = await nora.channel_history(channel)
    assert ([it[4] for it in told(messages)], last_seq) == (["now this is one", "and two"], 2)
    assert await nora.counters(channel) == (2, 0, 2, 0)
    # The old one is over.
    community.incarnation, seen = old, await shown(nora)
    assert await stage.gamma.delivers(stage.alpha, community.message("of the old life", 3)) == {}
    assert await shown(nora) == seen


async def test_another_life_begins_anew_for_members_only_and_not_again_at_once(stage):
    community, nora = await a_member(stage)
    bystander = await newcomer(stage, "bystander")
    community.incarnation = str(uuid.uuid4())
    again = [community.message("now this is one", 1), community.message("and two", 2)]
    # In the middle of a snapshot nothing begins.
    middle = community.snapshot(nora)
    del middle["data"]["community"]
    assert await stage.gamma.delivers(stage.alpha, middle) == {}
    await stage.gamma.hears("community.resync", community_id=community.id)
    await nora.socket.has_received_no("resync")
    assert await stage.gamma.delivers(stage.alpha, community.snapshot(nora), *again) == {}
    await nora.receives("resync")
    await nora.receives("ready")
    nora.socket.forgets()
    before = await shown(nora)
    for _ in range(5):
        community.incarnation = str(uuid.uuid4())
        lie = community.snapshot(nora, community=community.head | {"name": "Another again"})
        assert await stage.gamma.delivers(stage.alpha, lie, community.message("of another life", 1)) == {}
    assert await shown(nora) == before
    for person in (nora, bystander):
        await person.socket.has_received_no("resync")
    rows = await stage.alpha.query("SELECT is_behind FROM communities WHERE id = %s", community.id)
    assert rows == [(True,)], "it is asked for again"


async def test_what_is_in_memory_is_what_is_stored(homes):
    """After odd changes a restarted homeserver shows what it showed before."""
    stage = await Stage().set(homes)
    try:
        community, nora = await a_member(stage)
        role, odd = community.role("elders", position=1), community.channel("odd", topic="t")
        odd["overrides"] = [
            {"target": role["role_id"], "allow": ["speak"], "deny": []}, {"target": nora.user_id, "allow": [], "deny": ["connect"]},
            {"target": stage.carol, "allow": ["speak"], "deny": []},
        ]  # fmt: skip
        others = community.everyone | {"everyone": False}, role | {"everyone": True, "name": "the new everyone"}
        changes = [
            community.state(roles=[role], channels=[odd], members=[community.member(nora, role_ids=[role["role_id"]])]),
            community.message("1", 1), community.deletion(2), community.message("3", 3),
            community.state(channels=[odd | {"kind": "voice"}]), community.state(roles=list(others)),
            community.state(channels=[odd, odd | {"name": "twice"}]), community.state(roles=[role, role | {"name": "twice"}]),
            community.state(members=[community.member(nora, timed_out_until="2099-01-01T00:00:00.000Z")]),
            community.state(community=community.head | {"description": "d"}, member_count=7), community.message("5", 5),
        ]  # fmt: skip
        for change in changes:
            await stage.gamma.delivers(stage.alpha, change)
        before = await shown(nora)
        await stage.alpha.restarts()
        assert await shown(nora) == before
        await stage.gamma_is_heard()
        assert await stage.gamma.delivers(stage.alpha, community.state(roles=[community.role("later", position=5)])) == {}
        await eventually(lambda: sees_role(nora, community, "later"), "changes go on")
    finally:
        await stage.gamma.stops()


async def sees_role(person, community, name):
    return name in [it["name"] for it in (await person.sees(community))["roles"]]
