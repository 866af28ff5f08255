"""Holes in a channel of a foreign homeserver: through where they are filled, by whom, who sees it, and what is done about those that nobody here can fill."""

import asyncio
import copy
import uuid

import pytest

from harness.foreign_community import USUAL, ForeignCommunity, asked_for, tells
from harness.waiting import eventually

WITHOUT_HISTORY = [it for it in USUAL if it != "read_history"]
BUSY = (503, {"code": "unavailable", "message": "later"})


async def newcomer(stage, name="nora"):
    return await (await stage.alpha.person(name)).connects()


async def a_member(stage, **everyone):
    """A community of gamma's, in which everyone may do what `permissions` say, and a new person of alpha's who is in it."""
    nora, community = await newcomer(stage), ForeignCommunity(stage.gamma)
    community.everyone |= everyone
    await community.takes_in(stage.alpha, nora)
    await nora.socket.position()
    nora.socket.forgets()
    stage.gamma.calls = []
    return community, nora


async def comes_too(stage, community, name="olga"):
    person = await newcomer(stage, name)
    await community.is_accepted(stage.alpha, person)
    assert await stage.gamma.delivers(stage.alpha, community.state(members=[community.member(person, reason="joined")])) == {}
    await person.receives("community-changed", server_id=community.id, state="member")
    await person.socket.position()
    person.socket.forgets()
    return person


def messages(community, *numbers):
    return [community.message(f"{n}", n) for n in numbers]


async def says(stage, *events):
    assert await stage.gamma.delivers(stage.alpha, *events) == {}


async def has_heard(person, community, *numbers):
    """These by their numbers, in this order, and nothing else."""

    def heard():
        return [f["seq"] for f in person.socket.frames if f["type"] == "new-channel-message"]

    await eventually(lambda: is_so(heard, list(numbers)), f"{person} has heard {numbers}")
    await person.socket.position()
    assert heard() == list(numbers)
    assert all(f["channel_id"] == community.general["channel_id"] for f in person.socket.frames if f["type"] == "new-channel-message")


async def is_so(seen, wanted):
    return seen() == wanted


async def stands(person, community, *counters):
    """What a fresh `ready` says of the channel: `last_seq`, `read_seq`, how many are unread and how many mention him."""

    async def stands_so():
        return await person.counters(community.general["channel_id"]) == counters

    await eventually(stands_so, f"{person} stands at {counters}")


def denied_to(community, person, *permissions):
    return community.general | {"overrides": [{"target": person.user_id, "allow": [], "deny": list(permissions)}]}


# Nobody here may read what is missing


async def test_a_hole_that_nobody_may_read_is_passed_over(stage):
    """What was lost is lost for them, as for somebody who was away; what was not comes, live, and all that follows."""
    community, nora = await a_member(stage, permissions=WITHOUT_HISTORY)
    channel = community.general["channel_id"]
    first, _, _, fourth, fifth, sixth = messages(community, *range(1, 7))
    await says(stage, first)
    await has_heard(nora, community, 1)
    await says(stage, fourth)
    await nora.receives("community-changed", server_id=community.id, reason="resynced")
    await has_heard(nora, community, 1, 4)
    # Nobody can say how much of what is missing she has not read.
    await stands(nora, community, 4, 3, 1, 0)
    await says(stage, fifth, sixth)
    await has_heard(nora, community, 1, 4, 5, 6)
    await stands(nora, community, 6, 3, 3, 0)
    seen = (await nora.sees(community))["channels"][0]
    assert (seen["last_seq"], seen["read_seq"], seen["unread"]) == (6, 3, 3)
    (await nora.http("GET", f"/channels/{channel}/events?after=1")).expect(403, "forbidden")
    assert not asked_for(stage.gamma, community)
    # Whoever comes to read it gets it from where it is, what was here before included: nobody heard what became of that.
    assert await stage.alpha.query("SELECT 1 FROM messages WHERE id = %s", first["id"]) == []
    tells(stage.gamma, community, messages(community, *range(1, 7)))
    await says(stage, community.state(roles=[community.everyone | {"permissions": USUAL}]))
    events = (await nora.http("GET", f"/channels/{channel}/events?after=1&limit=5")).expect(200).json
    assert ([it["seq"] for it in events["events"]], events["last_seq"]) == ([2, 3, 4, 5, 6], 6)
    # With what is kept here a page is no whole one, however short it is asked for.
    await nora.http("GET", f"/channels/{channel}/messages?limit=4")
    assert [it["target"] for it in stage.gamma.calls if "/messages?" in it["target"]] == [f"/api/v1/channels/{channel}/messages?limit=4"]
    assert (await nora.http("GET", f"/channels/{channel}/messages?limit=2")).json["messages"][0]["seq"] == 5


async def test_a_hole_that_a_snapshot_names_and_nobody_may_read(stage):
    community, nora = await a_member(stage, permissions=WITHOUT_HISTORY)
    await says(stage, *messages(community, 1), community.snapshot(nora, channels=[community.general | {"last_seq": 7, "last_n": 7}]))
    await stands(nora, community, 7, 7, 0, 0)
    await nora.receives("community-changed", server_id=community.id, reason="resynced")
    await says(stage, *messages(community, 8, 9))
    await has_heard(nora, community, 1, 8, 9)
    await stands(nora, community, 9, 7, 2, 0)


@pytest.mark.parametrize("way", ["history", "membership"])
async def test_whoever_read_it_may_not_any_more(stage, way):
    """In the middle of it, and nobody else may: the channel goes on behind all that was named."""
    gamma, (community, nora) = stage.gamma, await a_member(stage, permissions=WITHOUT_HISTORY if way == "membership" else USUAL)
    olga = await comes_too(stage, community)
    if way == "membership":
        reader = community.role("readers", position=1, permissions=["read_history"])
        await says(stage, community.state(roles=[reader], members=[community.member(olga, role_ids=[reader["role_id"]])]))
    gamma.answer_call = lambda call: BUSY
    await says(stage, *messages(community, 1, 3))
    await gamma.changes.until(lambda: asked_for(gamma, community), "gamma is asked for what is missing")
    await says(stage, *messages(community, 5))
    if way == "membership":
        await says(stage, community.state(members=[community.member(olga, "gone", reason="kicked")]))
    else:
        await says(stage, community.state(roles=[community.everyone | {"permissions": WITHOUT_HISTORY}]))
    await stands(nora, community, 5, 5, 0, 0)
    await says(stage, *messages(community, 6))
    await has_heard(nora, community, 1, 6)
    await stands(nora, community, 6, 5, 1, 0)


async def test_another_reader_takes_over(stage):
    """Its home knows already that one has left, and says so; then the lane does, and the other asks."""
    gamma, (community, nora) = stage.gamma, await a_member(stage)
    olga = await comes_too(stage, community)
    events = messages(community, 1, 2, 3, 4)
    tells(gamma, community, events[:3])
    honest, refused = gamma.answer_call, []

    def answer(call):
        refused[:] = refused or [call["user"]]
        return honest(call) if call["user"] not in refused else (404, {"code": "not_found", "message": "no channel that you see"})

    gamma.answer_call = answer
    await says(stage, events[0], events[2])
    await gamma.hears("community.resync", community_id=community.id)
    left, stays = (nora, olga) if refused == [nora.user_id] else (olga, nora)
    await says(stage, community.state(members=[community.member(left, "gone", reason="kicked")]))
    await says(stage, community.snapshot(stays, channels=[community.general | {"last_seq": 3, "last_n": 3}]))
    await has_heard(stays, community, 1, 2, 3)
    await has_heard(left, community, 1)
    await says(stage, events[3])
    await has_heard(stays, community, 1, 2, 3, 4)


# Through where


async def test_what_is_behind_it_comes_by_the_lane(stage):
    """It may say before that somebody does not see the channel any more: what was written then he does not see."""
    gamma, (community, nora) = stage.gamma, await a_member(stage)
    olga = await comes_too(stage, community)
    events = messages(community, *range(1, 8))
    tells(gamma, community, events)
    await says(stage, events[0], events[2])
    await has_heard(nora, community, 1, 2, 3)
    await has_heard(olga, community, 1, 2, 3)
    await stands(nora, community, 3, 0, 3, 0)
    await says(stage, community.state(channels=[denied_to(community, olga, "view_channel")]), *events[1:3], *events[3:])
    await has_heard(nora, community, *range(1, 8))
    await has_heard(olga, community, 1, 2, 3)
    assert len(asked_for(gamma, community)) == 1, "it joins on"
    await stands(nora, community, 7, 0, 7, 0)


async def test_what_is_named_meanwhile_is_fetched_too(stage):
    gamma, (community, nora) = stage.gamma, await a_member(stage)
    events = messages(community, *range(1, 9))
    tells(gamma, community, events)
    gamma.holds_calls = True
    try:
        await says(stage, events[0], events[2])
        await gamma.changes.until(lambda: asked_for(gamma, community), "gamma is asked for what is missing")
        await says(stage, *events[3:6])
        await has_heard(nora, community, 1)
    finally:
        gamma.holds_calls = False
    await has_heard(nora, community, *range(1, 7))
    await says(stage, *events[6:])
    await has_heard(nora, community, *range(1, 9))


async def test_numbers_that_are_not_there_are_none_that_will_come(stage):
    """Its home shows nothing through the number that it named, and says that there is more, or shows what is behind it."""
    gamma, (community, nora) = stage.gamma, await a_member(stage)
    events = messages(community, *range(1, 12))
    tells(gamma, community, [], last=3)
    await says(stage, events[0], events[2])
    await stands(nora, community, 3, 0, 1, 0)
    await says(stage, events[3])
    await has_heard(nora, community, 1, 4)
    tells(gamma, community, events[9:])
    await says(stage, events[7])
    await stands(nora, community, 8, 0, 2, 0)
    await says(stage, *events[8:])
    await has_heard(nora, community, 1, 4, 9, 10, 11)


async def test_a_home_that_has_less_than_it_named_is_asked_for_everything(stage):
    """And believed then: as far as the lane is, its snapshot says how far the channel is."""
    gamma, (community, nora) = stage.gamma, await a_member(stage)
    events = messages(community, 1, 2, 3)
    tells(gamma, community, events[:1])
    await says(stage, events[0], community.message("of a number that is none", 1000))
    await gamma.hears("community.resync", community_id=community.id)
    count = len(asked_for(gamma, community))
    await asyncio.sleep(2.5)
    assert len(asked_for(gamma, community)) == count, "until it has told everything"
    await says(stage, community.snapshot(nora, channels=[community.general | {"last_seq": 1, "last_n": 1}]), *events[1:])
    await has_heard(nora, community, 1, 2, 3)


# While all has to be told anew


async def test_nothing_is_fetched_before_it_is_known_who_may_see_it(stage):
    """That olga does not see the channel any more was lost as well."""
    gamma, (community, nora) = stage.gamma, await a_member(stage)
    olga = await comes_too(stage, community)
    events = messages(community, *range(1, 7))
    tells(gamma, community, events)
    lost = community.message("of another life", 2, incarnation=str(uuid.uuid4()))
    await says(stage, events[0], lost, events[4])
    await gamma.hears("community.resync", community_id=community.id)
    await asyncio.sleep(2.5)
    assert not asked_for(gamma, community)
    secret = denied_to(community, olga, "view_channel") | {"last_seq": 5, "last_n": 5}
    await says(stage, community.snapshot(nora, olga, channels=[secret]))
    await has_heard(nora, community, *range(1, 6))
    await has_heard(olga, community, 1)
    await says(stage, events[5])
    await has_heard(nora, community, *range(1, 7))


async def test_its_home_is_restored_while_a_hole_is_filled(stage):
    """What was asked of the old life is none of the new one, whose numbers are other messages."""
    gamma, (community, nora) = stage.gamma, await a_member(stage)
    old = messages(community, *range(1, 6))
    tells(gamma, community, old)
    gamma.holds_calls = True
    try:
        await says(stage, old[0], old[4])
        await gamma.changes.until(lambda: asked_for(gamma, community), "gamma is asked for what is missing")
        community.incarnation = str(uuid.uuid4())
        await says(stage, community.snapshot(nora, channels=[community.general | {"last_seq": 2, "last_n": 2}]))
    finally:
        gamma.holds_calls = False
    await stands(nora, community, 2, 2, 0, 0)
    await asyncio.sleep(1)
    await nora.socket.position()
    nora.socket.forgets()
    await says(stage, *messages(community, 3, 4, 5, 6))
    await has_heard(nora, community, 3, 4, 5, 6)
    await stands(nora, community, 6, 2, 4, 0)


# Several


async def test_several_channels_miss_something_at_once(stage):
    """One of them for good; the others are filled."""
    gamma, (community, nora) = stage.gamma, await a_member(stage)
    others = []
    for name in ("second", "third"):
        other = copy.copy(community)
        other.general = community.channel(name)
        others.append(other)
    await says(stage, community.state(channels=[other.general for other in others]))
    answers = {}
    for other in others:
        tells(gamma, other, messages(other, 1, 2, 3))
        answers[other.general["channel_id"]] = gamma.answer_call
    gamma.answer_call = lambda call: next((answer(call) for id, answer in answers.items() if id in call["target"]), BUSY)
    await says(stage, *messages(community, 3), *(message for other in others for message in messages(other, 3)))
    for other in others:
        for n in (1, 2, 3):
            await nora.hears(f"{n}", other.general["channel_id"])
    await gamma.changes.until(lambda: len(asked_for(gamma, community)) > 1, "the first is asked for again")
    tells(gamma, community, messages(community, 1, 2, 3))
    for n in (1, 2, 3):
        await nora.hears(f"{n}", community.general["channel_id"])


async def test_who_may_not_read_history_is_told_nothing_of_what_is_fetched(stage):
    """Whether she saw the channel when it was written nobody knows any more; her client learns that there is a hole, and where it ends."""
    gamma, (community, nora) = stage.gamma, await a_member(stage)
    olga = await comes_too(stage, community)
    await says(stage, community.state(channels=[denied_to(community, olga, "read_history", "view_channel")]))
    await olga.receives("channel-changed", channel_id=community.general["channel_id"], state="gone")
    events = messages(community, 1, 2, 3)
    tells(gamma, community, events)
    gamma.holds_calls = True
    try:
        await says(stage, events[0], events[2])
        await gamma.changes.until(lambda: asked_for(gamma, community), "gamma is asked for what is missing")
        # Now she sees it, and may not read what was said before.
        await says(stage, community.state(channels=[denied_to(community, olga, "read_history")]))
        await olga.receives("channel-changed", channel_id=community.general["channel_id"], state="present")
    finally:
        gamma.holds_calls = False
    await has_heard(nora, community, 1, 2, 3)
    await olga.receives("community-changed", server_id=community.id, reason="resynced")
    await has_heard(olga, community)
    assert (await olga.sees(community))["channels"][0]["last_seq"] == 3
    await says(stage, *messages(community, 4))
    await has_heard(olga, community, 4)
    await nora.socket.has_received_no("community-changed")
