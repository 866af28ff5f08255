"""What a homeserver says of communities and has no right to: each is refused with its code, and nobody sees anything of it."""

import copy

import pytest
import pytest_asyncio

from harness.certificates import client_tls, server_tls
from harness.communities import Community
from harness.foreign_community import ForeignCommunity, asked_for, shown, tells
from harness.homes import Homes
from harness.peer import ForeignPeer, instant, uuid7
from harness.ports import ports
from harness.stage import Stage
from harness.waiting import eventually

FORBIDDEN, UNKNOWN, CONFLICT, INVALID = "forbidden", "not_found", "conflict", "invalid"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stage(state):
    """alpha, the foreign gamma, and as `delta` a second foreign homeserver that is known to alpha."""
    homes = Homes(state)
    port, other = ports.one(), ports.one()
    alpha = homes.new("alpha.localhost", fast=True)
    await alpha.made([("gamma.localhost", f"https://gamma.localhost:{port}"), ("delta.localhost", f"https://delta.localhost:{other}")])
    authority = homes.state / "authority"
    stage = await Stage().set(homes, alpha, port)
    tls = await server_tls(authority, homes.state / f"delta-{other}", "delta.localhost")
    stage.delta = await ForeignPeer("delta.localhost", tls, client_tls(authority), other).starts()

    async def is_heard():
        return (await stage.delta.says_hello(alpha)).status == 200

    await eventually(is_heard, "alpha answers delta's hello", within=20, pause=0.3)
    yield stage
    await stage.gamma.stops()
    await stage.delta.stops()
    await homes.end()


async def newcomer(stage, name="nora"):
    return await (await stage.alpha.person(name)).connects()


async def a_member(stage, host=None, **fields):
    person = await newcomer(stage)
    community = await ForeignCommunity(host or stage.gamma).takes_in(stage.alpha, person, **fields)
    await person.socket.position()
    person.socket.forgets()
    return community, person


async def refused(stage, code, *events, to=(), by=None):
    """Every one of them, and the people `to` whom it would matter see what they saw before."""
    before = [await shown(person) for person in to]
    rejected = await (by or stage.gamma).delivers(stage.alpha, *events)
    assert rejected == ({} if code is None else dict.fromkeys(range(len(events)), code))
    for person, seen in zip(to, before, strict=True):
        assert await shown(person) == seen
        await person.socket.has_received_no(
            "new-channel-message", "message-deleted", "community-changed", "channel-changed", "member-changed",
            "new-server-invite", "server-invite-changed", "report-changed",
        )  # fmt: skip


def disguised(community, as_):
    """What gamma says of a community, in the name of another: of its id and its first channel."""
    other = copy.copy(community)
    other.id = as_.id
    other.general = community.general | {
        "channel_id": as_.general if isinstance(as_, Community) else as_.general["channel_id"]
    }
    return other


def everything(lie, person, message="0" * 8 + "-0000-7000-8000-" + "0" * 12):
    """One event of each type that only a community's home may send, about a community and one of its members."""
    text = lie.message("a lie", 1)
    return [
        lie.snapshot(person, version=99), lie.state(version=99, community=lie.head | {"name": "A lie"}), text,
        lie.deletion(1, {"id": message, "data": {"seq": 1}}), lie.gone(), lie.gone("kicked"),
        lie.says("community.report", report_id=str(uuid7()), channel_id=lie.general["channel_id"], open=True),
    ]  # fmt: skip


# Authority


async def test_of_a_community_that_is_hosted_here(stage):
    community, alice, dave = await stage.alpha.community("anna", "dave")
    ack = await alice.writes("ours", community.general)
    await dave.hears("ours", community.general)
    for person in (alice, dave):
        person.socket.forgets()
    guest = await newcomer(stage)
    lie = disguised(ForeignCommunity(stage.gamma), community)
    events = [*everything(lie, dave, ack["message_id"]), lie.invite(guest)]
    await refused(stage, FORBIDDEN, *events, to=[alice, dave, guest])
    invite = await alice.invites(guest, community)
    await guest.receives("new-server-invite", invite_id=invite["invite_id"])
    end = lie.says("community.invite_end", invite_id=invite["invite_id"], state="withdrawn")
    await refused(stage, FORBIDDEN, end, to=[guest])
    assert await guest.takes_invite(invite["invite_id"]) == {"server_id": community.id, "state": "joined"}


async def test_of_a_community_that_a_third_homeserver_hosts(stage):
    community, nora = await a_member(stage, stage.delta)
    text = community.message("honest", 1)
    assert await stage.delta.delivers(stage.alpha, text) == {}
    await nora.hears("honest", community.general["channel_id"])
    nora.socket.forgets()
    guest = await newcomer(stage)
    lie = disguised(ForeignCommunity(stage.gamma), community)
    lie.incarnation = community.incarnation
    await refused(stage, FORBIDDEN, *everything(lie, nora, text["id"]), lie.invite(guest), to=[nora, guest])
    assert await stage.delta.delivers(stage.alpha, community.message("still", 2)) == {}
    await nora.hears("still", community.general["channel_id"])


async def test_of_a_community_that_nobody_knows(stage):
    nora = await newcomer(stage)
    lie = ForeignCommunity(stage.gamma)
    snapshot, *others = everything(lie, nora)
    await refused(stage, UNKNOWN, *others, to=[nora])
    # Who its home thinks is in: it hears that she is not.
    await refused(stage, FORBIDDEN, snapshot, to=[nora])
    await eventually(lambda: has_left(stage, lie, nora), "gamma hears that nora is not in")
    assert await stage.alpha.query("SELECT 1 FROM communities WHERE id = %s", lie.id) == []


async def test_nobody_becomes_a_member_who_has_not_asked_for_it(stage):
    community, nora = await a_member(stage)
    olga, invited = await newcomer(stage, "olga"), await newcomer(stage, "ida")
    await community.invites(stage.alpha, invited)
    nora.socket.forgets()
    delta = community.state(members=[community.member(olga), community.member(nora, reason="role")])
    await refused(stage, FORBIDDEN, delta, community.state(members=[community.member(invited)]), to=[olga, invited, nora])
    for person in (olga, invited):
        await eventually(lambda person=person: has_left(stage, community, person), f"gamma hears that {person} is not in")
    stage.gamma.events.clear()
    # A snapshot says who its home thinks is in: it hears that they are not.
    await refused(stage, None, community.snapshot(nora, olga, invited), to=[olga, invited])
    for person in (olga, invited):
        await eventually(lambda person=person: has_left(stage, community, person), f"gamma hears that {person} is not in")
    assert await community_members(stage, community) == {nora.user_id}


def has_left(stage, community, person):
    return any(
        e["type"] == "community.leave" and e["sender"] == person.user_id and e["data"]["community_id"] == community.id
        for e in stage.gamma.events
    )


async def community_members(stage, community):
    rows = await stage.alpha.query(
        """SELECT u.address FROM community_members m JOIN communities c ON c.key = m.community JOIN users u ON u.key = m.member
           WHERE c.id = %s""",
        community.id,
    )
    return {address for (address,) in rows}


async def test_who_was_only_invited_sees_nothing_of_it(stage):
    community, nora = ForeignCommunity(stage.gamma), await newcomer(stage)
    invite = await community.invites(stage.alpha, nora)
    nora.socket.forgets()
    await refused(stage, FORBIDDEN, community.snapshot(nora), community.snapshot(), to=[nora])
    await refused(stage, UNKNOWN, community.state(members=[community.member(nora)]), to=[nora])
    await refused(stage, None, community.message("x", 1), community.deletion(1), to=[nora])
    (await nora.http("POST", f"/server-invites/{invite}/decline")).expect(204)
    assert (await stage.gamma.hears("community.decline", invite_id=invite))["sender"] == nora.user_id
    await nora.socket.position()
    nora.socket.forgets()
    await refused(stage, FORBIDDEN, community.snapshot(nora), to=[nora])
    assert await community_members(stage, community) == set()


async def test_the_consent_to_one_homeserver_is_none_to_another(stage):
    community, nora = ForeignCommunity(stage.gamma), await newcomer(stage)
    await community.is_accepted(stage.alpha, nora)
    nora.socket.forgets()
    lie = disguised(ForeignCommunity(stage.delta), community)
    await refused(stage, FORBIDDEN, lie.snapshot(nora), lie.invite(nora), to=[nora], by=stage.delta)
    assert await stage.gamma.delivers(stage.alpha, community.snapshot(nora)) == {}
    await nora.receives("community-changed", server_id=community.id, reason="joined")


async def test_people_of_whom_nobody_here_has_anything_are_not_noted(stage):
    """Of made-up homeservers neither: the codes are what they are for people who are known."""
    community, nora = await a_member(stage, stage.delta)
    empty, olga = await a_member(stage)
    assert await stage.gamma.delivers(stage.alpha, empty.gone()) == {}
    await olga.receives("community-changed", server_id=empty.id, state="gone")

    async def noted():
        return [(await stage.alpha.query(f"SELECT count(*) FROM {table}"))[0] for table in ("users", "peers", "outbound_links")]

    before, made_up = await noted(), iter(range(1000))

    def strangers():
        while True:
            yield f"x{next(made_up)}@made.up{next(made_up)}.example"

    people = strangers()

    def tales(lie):
        lie.owner = next(people)
        odd = lie.channel("odd", overrides=[{"target": next(people), "allow": ["speak"], "deny": []}])
        text = lie.message("a lie", 1, sender=next(people))
        return [
            lie.snapshot(olga, channels=[lie.general, odd]), lie.state(community=lie.head | {"owner": next(people)}),
            lie.state(channels=[odd]), text, lie.deletion(2, text, sender=next(people)),
        ]  # fmt: skip

    await refused(stage, FORBIDDEN, *tales(disguised(ForeignCommunity(stage.gamma), community)), to=[nora, olga])
    unknown = tales(ForeignCommunity(stage.gamma))
    await refused(stage, FORBIDDEN, unknown[0], to=[olga])
    await refused(stage, UNKNOWN, *unknown[1:], to=[olga])
    left = tales(empty)
    await refused(stage, FORBIDDEN, left[0], to=[olga])
    await refused(stage, UNKNOWN, left[1], left[2], to=[olga])
    await refused(stage, None, left[3], left[4], to=[olga])
    # Nor who invites, where that is refused.
    lie = disguised(ForeignCommunity(stage.gamma), community)
    await refused(stage, FORBIDDEN, lie.says("community.invite", sender=next(people), to=olga.user_id, invite_id=str(uuid7()),
                                             name="x", expires_at="2099-01-01T00:00:00.000Z"), to=[nora, olga])  # fmt: skip
    assert await noted() == before
    # Who has said something where somebody is in is.
    honest = community.message("I am new", 1, sender=next(people))
    assert await stage.delta.delivers(stage.alpha, honest) == {}
    await nora.hears("I am new", community.general["channel_id"])
    assert [here - there for (here,), (there,) in zip(await noted(), before, strict=True)] == [1, 1, 1]


# Ids of others


async def test_a_channel_of_somebody_elses(stage):
    community, nora = await a_member(stage)
    other, olga = await a_member(stage)
    of_delta, dora = await a_member(stage, stage.delta)
    ours, anna = await stage.alpha.community("anna")
    await stage.gamma.delivers(stage.alpha, stage.message("between us"))
    private = (await stage.alice.receives("new-private-message", message="between us"))["conversation_id"]
    for id in (other.general["channel_id"], of_delta.general["channel_id"], ours.general, private):
        taken = community.channel("taken", channel_id=id, last_seq=9, last_n=9)
        for event in (community.state(channels=[taken]), community.snapshot(nora, channels=[community.general, taken])):
            await refused(stage, CONFLICT, event, to=[nora, olga, dora, anna, stage.alice])
        lie = community.message("a lie", 1, channel_id=id)
        await refused(stage, UNKNOWN, lie, community.deletion(1, lie, channel_id=id), to=[nora, olga, dora, anna, stage.alice])


async def test_a_message_id_of_somebody_elses(stage):
    community, nora = await a_member(stage)
    ours, anna = await stage.alpha.community("anna")
    own = stage.message("between us")
    await stage.gamma.delivers(stage.alpha, own)
    await stage.alice.receives("new-private-message", message_id=own["id"])
    hers = (await stage.alice.sends("of alice", to=stage.carol))["message_id"]
    in_channel = (await anna.writes("ours", ours.general))["message_id"]
    for person in (anna, stage.alice):
        await person.socket.position()
        person.socket.forgets()
    for id in (own["id"], hers, in_channel):
        stolen = community.message("a lie", 1, id=id)
        deletion = community.deletion(1, {"id": id, "data": {"seq": 1}})
        await refused(stage, CONFLICT, stolen, deletion, to=[nora, anna, stage.alice])


async def test_a_message_id_twice(stage):
    community, nora = await a_member(stage)
    first = community.message("the first", 1)
    assert await stage.gamma.delivers(stage.alpha, first) == {}
    await nora.hears("the first", community.general["channel_id"])
    again = community.message("another", 2, id=first["id"])
    await refused(stage, CONFLICT, again, to=[nora])


# Numbers


async def test_a_number_that_was_there_already_says_nothing(stage):
    community, nora = await a_member(stage)
    assert await stage.gamma.delivers(stage.alpha, *(community.message(f"{n}", n) for n in (1, 2, 3))) == {}
    await nora.hears("3", community.general["channel_id"])
    nora.socket.forgets()
    older = [community.message("otherwise", n) for n in (1, 3)]
    await refused(stage, None, *older, community.deletion(2, older[0]), to=[nora])
    assert await stage.gamma.delivers(stage.alpha, community.message("4", 4)) == {}
    assert (await nora.hears("4", community.general["channel_id"]))["seq"] == 4


async def test_an_older_version_says_nothing(stage):
    community, nora = await a_member(stage)
    now = community.state(version=10, community=community.head | {"name": "Of version 10"})
    assert await stage.gamma.delivers(stage.alpha, now) == {}
    await nora.receives("community-changed", server_id=community.id, name="Of version 10")
    then = community.state(version=9, community=community.head | {"name": "Of version 9"}, channels=[community.channel("old")])
    await refused(stage, None, then, to=[nora])


async def test_a_homeserver_that_does_not_answer_holds_up_no_others_community(stage):
    (slow, _), (quick, nora) = await a_member(stage), await a_member(stage, stage.delta)
    stage.gamma.calls, stage.gamma.holds_calls = [], True
    try:
        assert await stage.gamma.delivers(stage.alpha, slow.message("3", 3)) == {}
        await stage.gamma.changes.until(lambda: asked_for(stage.gamma, slow), "gamma is asked for what is missing")
        events = [quick.message(f"{n}", n) for n in (1, 2, 3)]
        tells(stage.delta, quick, events)
        assert await stage.delta.delivers(stage.alpha, events[2]) == {}
        for n in (1, 2, 3):
            await nora.hears(f"{n}", quick.general["channel_id"], within=5)
    finally:
        stage.gamma.holds_calls = False


# Too much, and of the wrong kind


def deformed(event):
    """The event with each of its fields, at any depth, in turn wrong; pairs of where and the event."""

    def places(value, path=()):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield (*path, key)
            if isinstance(inner, dict | list):
                yield from places(inner, (*path, key))

    for path in places(event["data"]):
        for wrong in (7.5, -1, True, {"x": 1}, ["x", 7, None], "\u00e9" * 5000, 2**53):
            twisted = copy.deepcopy(event)
            target = twisted["data"]
            for key in path[:-1]:
                target = target[key]
            if target[path[-1]] is wrong or (wrong is True and isinstance(target[path[-1]], bool)):
                continue
            # What only a later version knows means nothing here.
            if isinstance(wrong, dict) and path == ("member_range",):
                continue
            if isinstance(wrong, str) and path[-2:-1] and path[-2] in ("permissions", "allow", "deny"):
                continue
            target[path[-1]] = wrong
            yield path, twisted | {"id": str(uuid7())}


def forms(community, nora):
    role, channel = community.role("odd", position=2), community.channel("odd", topic="t", kind="voice")
    channel["overrides"] = [{"target": "everyone", "allow": ["speak"], "deny": []}]
    member = community.member(nora, reason="role", timed_out_until=instant())
    state = community.state(
        community=community.head | {"description": "d"}, roles=[role], removed_roles=[str(uuid7())], channels=[channel],
        removed_channels=[str(uuid7())], members=[member], version=50, member_count=5,
    )  # fmt: skip
    snapshot = community.snapshot(nora, version=50, member_range={"after": "a", "through": "z"})
    return {
        "state": state, "snapshot": snapshot, "message": community.message("x", 1, n=1), "gone": community.gone(),
        "deletion": community.deletion(1), "invite": community.invite(nora),
        "report": community.says("community.report", report_id=str(uuid7()), open=True),
    }  # fmt: skip


@pytest.mark.parametrize("form", ["state", "snapshot", "message", "deletion", "invite", "report", "gone"])
async def test_fields_of_the_wrong_kind(stage, form):
    community, nora = await a_member(stage)
    before = await shown(nora)
    odd = list(deformed(forms(community, nora)[form]))
    for start in range(0, len(odd), 20):
        part = odd[start : start + 20]
        rejected = await stage.gamma.delivers(stage.alpha, *(event for _, event in part))
        taken = [(path, event["data"]) for place, (path, event) in enumerate(part) if place not in rejected]
        assert not taken, taken
        assert set(rejected.values()) == {INVALID}, rejected
    assert await shown(nora) == before
