"""What is unread in a channel, and what of it is meant for oneself: one truth on the homeserver, the same on every socket."""

import json
import random

import pytest

from harness.communities import NOBODY

ACROSS = True


async def hears_unread(person, community, channel, read_seq, unread, mentions, last_seq):
    frame = await person.receives("unread-changed", channel_id=channel, read_seq=read_seq)
    assert frame["server_id"] == community.id
    assert (frame["unread"], frame["mentions"], frame["last_seq"]) == (unread, mentions, last_seq), frame
    return frame


async def test_what_bob_reads_in_one_place_is_read_in_all(home):
    community, alice, bob, carol = await home.community("alice", "bob", "carol")
    general = community.general
    phone = await (await bob.on_another_device()).connects()
    for number in range(5):
        await alice.writes(f"{number}", general, mentions=[bob.user_id] if number in (1, 3) else None)
    assert await bob.counters(general) == (5, 0, 5, 2)
    assert await carol.counters(general) == (5, 0, 5, 0)
    assert await alice.counters(general) == (5, 0, 0, 0), "one's own are never unread, and sending moves no marker"

    await phone.marks_read(general, 3)
    frames = [await hears_unread(one, community, general, 3, unread=2, mentions=1, last_seq=5) for one in (bob, phone)]
    assert all(set(f) & {"conversation_id", "user_id", "username"} == set() for f in frames)
    assert await bob.counters(general) == (5, 3, 2, 1)
    assert (await bob.http("GET", f"/channels/{general}/messages?limit=1")).json["read_seq"] == 3
    # Back, nowhere, and further than there is.
    for seq in (0, 2, 3):
        await bob.marks_read(general, seq)
    await bob.socket.has_received_no("unread-changed", "error")
    await bob.marks_read(general, 2**63 - 1)
    for one in (bob, phone):
        await hears_unread(one, community, general, 5, unread=0, mentions=0, last_seq=5)
    assert await bob.counters(general) == (5, 5, 0, 0)
    for one in (alice, carol):
        await one.socket.has_received_no("unread-changed")
    await alice.writes("one more", general)
    assert await bob.counters(general) == (6, 5, 1, 0)


async def test_who_joins_begins_with_everything_read(home):
    community, alice = await home.community("alice")
    for number in range(3):
        await alice.writes(f"{number}", community.general)
    bob = await (await home.person("bob")).connects()
    await bob.joins(community)
    assert await bob.counters(community.general) == (3, 3, 0, 0)
    await alice.writes("new", community.general)
    assert await bob.counters(community.general) == (4, 3, 1, 0)


async def test_everyone_and_roles_are_mentioned_by_those_who_may(home):
    community, alice, bob, carol = await home.community("alice", "bob", "carol")
    general = community.general
    role = await alice.makes_role(community, "Gardeners")
    await alice.gives(community, role, carol)
    await alice.writes("all", general, mentions=["everyone"])
    await alice.writes("some", general, mentions=[role])
    await alice.writes("both", general, mentions=[bob.user_id, role, "everyone"])
    for one in (alice, bob, carol):
        assert (await one.hears("all", general))["mentions"] == ["everyone"]
        assert (await one.hears("some", general))["mentions"] == [role]
        assert set((await one.hears("both", general))["mentions"]) == {bob.user_id, role, "everyone"}
    assert await bob.counters(general) == (3, 0, 3, 2)
    assert await carol.counters(general) == (3, 0, 3, 3)
    assert await alice.counters(general) == (3, 0, 0, 0), "nobody mentions himself"
    assert [set(it["mentions"]) for it in (await bob.channel_history(general))[0]] == [
        {"everyone"}, {role}, {bob.user_id, role, "everyone"},
    ]  # fmt: skip
    # bob may not; a person he may.
    for names in (["everyone"], [role], [carol.user_id, "everyone"]):
        await bob.cannot_write(general, "forbidden", mentions=names)
    await bob.writes("carol!", general, mentions=[carol.user_id])
    assert await carol.counters(general) == (4, 0, 4, 4)
    await alice.overrides(general, bob, allow=["mention_everyone"])
    await bob.writes("now he may", general, mentions=["everyone"])
    await alice.hears("now he may", general)
    assert await alice.counters(general) == (5, 0, 2, 1)


@pytest.mark.parametrize("count", [51, 200])
async def test_too_many_mentions(home, count):
    community, alice = await home.community("alice")
    names = [f"somebody.{number}@{home.name}" for number in range(count)]
    error = await alice.cannot_write(community.general, "invalid", mentions=names)
    assert error["field"] == "mentions"
    assert (await alice.channel_history(community.general))[1] == 0


async def test_a_mention_of_what_is_not_there_mentions_nobody(home):
    community, alice, bob = await home.community("alice", "bob")
    stranger = await (await home.person("stranger")).connects()
    other = await alice.founds("elsewhere")
    for number, name in enumerate((NOBODY, other.roles["Moderator"], stranger.user_id, f"nobody.of.this.name@{home.name}")):
        nonce = f"{number}"
        await alice.socket.send("channel-message", channel_id=community.general, message="x", nonce=nonce, mentions=[name])
        answer = await alice.socket.receives_either(("ack", "error"), nonce=nonce)
        assert answer["type"] == "ack" or answer["code"] in ("not_found", "invalid"), answer
    await stranger.socket.has_received_no("new-channel-message", "unread-changed")
    last, _, unread, mentions = await bob.counters(community.general)
    assert (unread, mentions) == (last, 0)


async def test_a_deleted_message_counts_no_more(home):
    community, alice, bob = await home.community("alice", "bob")
    general = community.general
    acks = [await alice.writes(f"{number}", general, mentions=[bob.user_id]) for number in range(3)]
    assert await bob.counters(general) == (3, 0, 3, 3)
    await alice.deletes(general, acks[1]["message_id"])
    assert await bob.counters(general) == (4, 0, 2, 2), "and a deletion is no message"
    await bob.marks_read(general, 1)
    await hears_unread(bob, community, general, 1, unread=1, mentions=1, last_seq=4)


async def test_a_role_taken_away_mentions_no_more(home):
    community, alice, bob = await home.community("alice", "bob")
    role = await alice.makes_role(community, "Gardeners")
    await alice.writes("before", community.general, mentions=[role])
    assert await bob.counters(community.general) == (1, 0, 1, 0)
    await alice.gives(community, role, bob)
    await alice.writes("with it", community.general, mentions=[role])
    assert (await bob.counters(community.general))[3] >= 1
    await alice.takes(community, role, bob)
    await alice.writes("without", community.general, mentions=[role])
    assert (await bob.counters(community.general))[3] <= 1


async def test_counters_are_right_whatever_happens(home, seed):
    """Random messages, mentions, deletions and markers of three people, counted over by hand."""
    print(f"seed {seed}")
    chance = random.Random(seed)
    community, *people = await home.community("alice", "bob", "carol")
    general = community.general
    messages, last_seq, read = {}, 0, {one: 0 for one in people}
    for _ in range(250):
        one = chance.choice(people)
        match chance.randrange(6):
            case 0 | 1 | 2:
                names = chance.sample([*(it.user_id for it in people)], chance.randrange(3))
                if one is people[0] and chance.random() < 0.3:
                    names.append("everyone")
                ack = await one.writes("x", general, mentions=names or None)
                last_seq += 1
                assert ack["seq"] == last_seq
                messages[last_seq] = [one, set(names), ack["message_id"], False]
            case 3:
                alive = [seq for seq, it in messages.items() if not it[3]]
                if alive:
                    seq = chance.choice(alive)
                    await people[0].deletes(general, messages[seq][2])
                    messages[seq][3] = True
                    last_seq += 1
            case _:
                seq = chance.randint(0, last_seq + 2)
                await one.marks_read(general, seq)
                await one.socket.position()
                read[one] = max(read[one], min(seq, last_seq))
        if chance.random() < 0.15:
            await all_counted(people, general, messages, last_seq, read)
    await all_counted(people, general, messages, last_seq, read)
    assert any(it[3] for it in messages.values()) and any(read.values())


async def all_counted(people, channel, messages, last_seq, read):
    for one in people:
        unread = [it for seq, it in messages.items() if seq > read[one] and it[0] is not one and not it[3]]
        mentions = [it for it in unread if it[1] & {one.user_id, "everyone"}]
        assert await one.counters(channel) == (last_seq, read[one], len(unread), len(mentions)), str(one)


async def test_counts_end_at_a_thousand(home):
    community, alice, bob = await home.community("alice", "bob")
    general = community.general
    for number in range(1003):
        await alice.socket.send(
            "channel-message", channel_id=general, message=f"{number}", nonce=f"{number}", mentions=[bob.user_id]
        )
    await alice.receives("ack", nonce="1002", within=60)
    await alice.has_arrived()
    assert await bob.counters(general) == (1003, 0, 1000, 1000)
    await bob.marks_read(general, 1)
    await hears_unread(bob, community, general, 1, unread=1000, mentions=1000, last_seq=1003)
    await bob.marks_read(general, 900)
    await hears_unread(bob, community, general, 900, unread=103, mentions=103, last_seq=1003)


async def test_channels_with_something_unread_come_first(home):
    community, alice, bob = await home.community("alice", "bob")
    made = [await alice.makes_channel(community, f"{number}") for number in range(5)]
    await alice.writes("here", made[3])
    await bob.writes("and there", made[1])
    tab = await bob.in_another_tab().connects()
    listed = [it["id"] for it in tab.ready["channels"]]
    assert set(listed) == {community.general, *made}
    assert listed[0] == made[3]


@pytest.mark.parametrize("seq", [-1, 2**63, 1.5, "1", True, None, []], ids=repr)
async def test_a_seq_that_is_none(home, seq):
    community, alice, bob = await home.community("alice", "bob")
    await alice.writes("x", community.general)
    await bob.socket.send_wrong(json.dumps({"type": "mark-read", "channel_id": community.general, "seq": seq}))
    error = await bob.receives("error", ref_type="mark-read")
    assert (error["code"], error["field"]) == ("invalid", "seq")
    assert await bob.counters(community.general) == (1, 0, 1, 0)
