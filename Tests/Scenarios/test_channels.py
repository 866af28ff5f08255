"""Channels: made, changed, hidden and deleted; who may not see one does not learn that it is there."""

import pytest

from harness.communities import NOBODY, OF_CHANNELS

ACROSS = True


async def sees_nothing_of(person, community, channel):
    """In no list, not by its id, and not on a fresh socket."""
    seen = await person.sees(community)
    assert channel not in {it["channel_id"] for it in seen["channels"]}
    assert channel not in str(seen)
    assert channel not in await person.channel_list(community)
    assert await person.counters(channel) is None
    unknown = [await ask(person, NOBODY) for ask in ASKS]
    asked = [await ask(person, channel) for ask in ASKS]
    for answer, same in zip(asked, unknown):
        answer.expect(404, "not_found")
        assert answer.body.replace(channel.encode(), b"") == same.body.replace(NOBODY.encode(), b""), "the answer betrays it"
    error = await person.cannot_write(channel, "not_found")
    same = await person.cannot_write(NOBODY, "not_found")
    assert (error["message"], error.get("field")) == (same["message"], same.get("field"))
    await person.marks_read(channel, 1)
    await person.receives("error", ref_type="mark-read", code="not_found")


ASKS = [
    lambda person, channel: person.http("GET", f"/channels/{channel}/messages"),
    lambda person, channel: person.http("GET", f"/channels/{channel}/events?after=0"),
    lambda person, channel: person.http("PATCH", f"/channels/{channel}", json={"name": "x"}),
    lambda person, channel: person.http("DELETE", f"/channels/{channel}"),
    lambda person, channel: person.http("PUT", f"/channels/{channel}/overrides/everyone", json={"allow": [], "deny": []}),
    lambda person, channel: person.http("DELETE", f"/channels/{channel}/overrides/everyone"),
    lambda person, channel: person.http("DELETE", f"/channels/{channel}/messages/{NOBODY}"),
    lambda person, channel: person.http("POST", f"/channels/{channel}/messages/{NOBODY}/reports", json={"reason": "x"}),
]


async def test_a_channel_is_made_changed_and_deleted(home):
    community, alice, bob = await home.community("alice", "bob")
    channel = await alice.makes_channel(community, "beete", topic="Was wächst")
    for one in (alice, bob):
        heard = await one.receives("channel-changed", server_id=community.id, channel_id=channel)
        assert heard["state"] == "present"
        made = heard["channel"]
        assert (made["name"], made["topic"], made["kind"], made["private"]) == ("beete", "Was wächst", "text", False)
        assert (made["slow_mode_seconds"], made["overrides"], made["last_seq"]) == (0, [], 0)
        assert "permissions" not in made, "one's own permissions come by HTTP"
    listed = (await bob.channel_list(community))[channel]
    own = {"permissions": OF_ALL, "read_seq": 0, "unread": 0, "mentions": 0}
    assert listed == {**made, **own}
    assert await bob.counters(channel) == (0, 0, 0, 0)

    changed = await alice.changes_channel(channel, name="rows", topic="What grows", slow_mode_seconds=0)
    assert (changed["name"], changed["topic"]) == ("rows", "What grows")
    heard = await bob.receives("channel-changed", channel_id=channel)
    assert (heard["state"], heard["channel"]["name"]) == ("present", "rows")
    changed = await alice.changes_channel(channel, topic=None)
    assert "topic" not in changed and changed["name"] == "rows"
    await bob.receives("channel-changed", channel_id=channel)

    await bob.writes("soon gone", channel)
    (await alice.http("DELETE", f"/channels/{channel}")).expect(204)
    for one in (alice, bob):
        heard = await one.receives("channel-changed", channel_id=channel, state="gone")
        assert "channel" not in heard
        await sees_nothing_of(one, community, channel)
    assert set(await bob.channel_list(community)) == {community.general}


OF_ALL = ["create_invites", "view_channel", "send_messages", "read_history", "attach_files", "add_reactions", "connect", "speak"]


async def test_channels_stand_in_an_order(home):
    community, alice, bob = await home.community("alice", "bob")
    made = [await alice.makes_channel(community, f"channel {number}") for number in range(4)]

    async def order(person):
        seen = [it["channel_id"] for it in (await person.sees(community))["channels"]]
        listed = (await person.http("GET", f"{community.path}/channels")).expect(200).json["channels"]
        assert [it["channel_id"] for it in listed] == seen
        positions = [it["position"] for it in listed]
        assert positions == sorted(positions)
        return seen

    assert await order(bob) == [community.general, *made], "a new one comes last"
    await alice.changes_channel(made[3], position=0)
    first = await order(bob)
    assert first.index(made[3]) <= 1 and [it for it in first if it in made[:3]] == made[:3]
    assert await order(alice) == first


async def test_a_voice_channel_has_no_counters(home):
    community, alice, bob = await home.community("alice", "bob")
    voices = await alice.makes_channel(community, "voices", kind="voice")
    heard = await bob.receives("channel-changed", channel_id=voices)
    assert heard["channel"]["kind"] == "voice"
    assert (await bob.channel_list(community))[voices]["kind"] == "voice"
    assert voices not in await bob.counters()


async def test_a_private_channel_is_not_there_for_the_others(home):
    community, alice, bob, carol = await home.community("alice", "bob", "carol")
    role = await alice.makes_role(community, "Insiders")
    await alice.gives(community, role, bob)
    hidden = await alice.makes_channel(community, "hidden", private=True, role_ids=[role])
    for one in (alice, bob):
        heard = await one.receives("channel-changed", channel_id=hidden, state="present")
        assert heard["channel"]["private"] is True
    listed = (await bob.channel_list(community))[hidden]
    assert {it["target"] for it in listed["overrides"]} == {"everyone", role, alice.user_id}
    everyone = next(it for it in listed["overrides"] if it["target"] == "everyone")
    assert (everyone["allow"], everyone["deny"]) == ([], ["view_channel"])

    ack = await bob.writes("among us", hidden)
    await alice.hears("among us", hidden, from_=bob)
    await alice.deletes(hidden, (await bob.writes("and gone", hidden))["message_id"])
    await bob.receives("message-deleted", channel_id=hidden)
    # carol's open socket has heard nothing of it, and there is nothing for her to find.
    await carol.socket.has_received_no("channel-changed", "new-channel-message", "message-deleted", "unread-changed")
    await sees_nothing_of(carol, community, hidden)
    other = await alice.makes_channel(community, "open")
    error = await carol.cannot_write(other, "not_found", reply_to=ack["message_id"])
    assert "among us" not in str(error)
    (await carol.http("GET", f"/channels/{hidden}/events?after=0")).expect(404, "not_found")
    for one in (alice, carol):
        (await one.http("DELETE", f"/channels/{other}/messages/{ack['message_id']}")).expect(404, "not_found")


async def test_who_comes_to_see_a_channel_sees_it_at_once_and_who_no_longer_does_does_not(home):
    community, alice, bob, carol = await home.community("alice", "bob", "carol")
    hidden = await alice.makes_channel(community, "hidden", private=True)
    await alice.writes("before", hidden)
    await sees_nothing_of(bob, community, hidden)
    bob.socket.forgets()

    async def comes(change):
        await change
        heard = await bob.receives("channel-changed", channel_id=hidden, state="present")
        assert heard["channel"]["name"] == "hidden"
        assert "view_channel" in await bob.permissions(community, hidden)
        assert (await bob.channel_history(hidden))[0][0]["message"] == "before"
        text = f"seen {len((await alice.channel_history(hidden))[0])}"
        await alice.writes(text, hidden)
        await bob.hears(text, hidden, from_=alice)

    async def goes(change):
        await change
        await bob.receives("channel-changed", channel_id=hidden, state="gone")
        await alice.writes("unseen", hidden)
        await bob.socket.has_received_no("new-channel-message")
        await sees_nothing_of(bob, community, hidden)

    role = await alice.makes_role(community, "Insiders")
    await alice.overrides(hidden, role, allow=["view_channel"])
    await comes(alice.gives(community, role, bob))
    await goes(alice.takes(community, role, bob))
    await comes(alice.overrides(hidden, bob, allow=["view_channel"]))
    await goes(alice.http("DELETE", f"/channels/{hidden}/overrides/{bob.user_id}"))
    await comes(alice.gives(community, role, bob))
    await goes(alice.http("DELETE", f"{community.path}/roles/{role}"))
    await comes(alice.gives(community, community.roles["Administrator"], bob))
    await goes(alice.takes(community, community.roles["Administrator"], bob))
    await comes(alice.overrides(hidden, "everyone"))
    await carol.receives("channel-changed", channel_id=hidden, state="present")
    await goes(alice.overrides(hidden, bob, deny=["view_channel"]))
    assert carol.socket.is_open
    await carol.hears("unseen", hidden)


async def test_who_comes_back_finds_what_was_denied_to_him(home):
    community, alice, bob = await home.community("alice", "bob")
    closed = await alice.makes_channel(community, "closed")
    code = await alice.makes_link(community)
    await alice.overrides(closed, bob, deny=["view_channel"])
    await alice.overrides(community.general, bob, deny=["send_messages"])
    await bob.leaves(community)
    await bob.receives("community-changed", server_id=community.id, state="gone")
    await bob.joins(community, code)
    await sees_nothing_of(bob, community, closed)
    await bob.cannot_write(community.general, "forbidden")


async def test_an_override_silences_at_once(home):
    community, alice, bob = await home.community("alice", "bob")
    await bob.writes("I may", community.general)
    changed = await alice.overrides(community.general, "everyone", deny=["send_messages"])
    assert changed["overrides"] == [{"target": "everyone", "allow": [], "deny": ["send_messages"]}]
    await bob.cannot_write(community.general, "forbidden")
    heard = await bob.receives("channel-changed", channel_id=community.general)
    assert heard["channel"]["overrides"] == changed["overrides"]
    assert "send_messages" not in await bob.permissions(community, community.general)
    assert "send_messages" in await bob.permissions(community)
    await alice.writes("the owner may", community.general)
    await bob.hears("the owner may", community.general)
    await alice.overrides(community.general, bob, allow=["send_messages"])
    await bob.writes("I may again", community.general)
    (await alice.http("DELETE", f"/channels/{community.general}/overrides/{bob.user_id}")).expect(200)
    await bob.cannot_write(community.general, "forbidden")
    (await alice.http("DELETE", f"/channels/{community.general}/overrides/everyone")).expect(200)
    await bob.writes("as before", community.general)


async def test_an_override_that_denies_reading_hides_what_was_and_not_what_comes(home):
    community, alice, bob = await home.community("alice", "bob")
    await alice.writes("before", community.general)
    await bob.hears("before", community.general)
    await alice.overrides(community.general, "everyone", deny=["read_history"])
    for path in ("messages", "events?after=0"):
        answer = await bob.http("GET", f"/channels/{community.general}/{path}")
        answer.expect(403, "forbidden")
        assert b"before" not in answer.body
    await alice.writes("live", community.general)
    await bob.hears("live", community.general)


async def test_overrides_can_be_what_they_can_be(home):
    community, alice, bob = await home.community("alice", "bob")
    general = community.general
    changed = await alice.overrides(general, community.roles["Moderator"], allow=OF_CHANNELS)
    assert next(it for it in changed["overrides"] if it["target"] == community.roles["Moderator"])["allow"] == OF_CHANNELS
    changed = await alice.overrides(general, bob.user_id, deny=list(reversed(OF_CHANNELS)))
    assert next(it for it in changed["overrides"] if it["target"] == bob.user_id)["deny"] == OF_CHANNELS, "in their order"
    assert await bob.permissions(community, general) is None
    (await alice.http("DELETE", f"/channels/{general}/overrides/{bob.user_id}")).expect(200)
    for names in (["administrator"], ["manage_community"], ["ban_members"], ["nothing"], [""], ["VIEW_CHANNEL"]):
        for side in ("allow", "deny"):
            body = {"allow": [], "deny": [], side: names}
            answer = await alice.http("PUT", f"/channels/{general}/overrides/everyone", json=body)
            answer.expect(400, "invalid")
            assert answer.json["field"].startswith(side), answer.body
    stranger = await home.person("stranger")
    for target in (NOBODY, stranger.user_id, "nobody.of.this.name"):
        (await alice.http("PUT", f"/channels/{general}/overrides/{target}", json={"allow": [], "deny": []})).expect(404, "not_found")
    assert (await alice.channel_list(community))[general]["overrides"] == [
        it for it in changed["overrides"] if it["target"] != bob.user_id
    ]


async def test_a_community_has_200_channels_at_most(home):
    community, alice = await home.community("alice")
    for number in range(199):
        (await alice.http("POST", f"{community.path}/channels", json={"name": f"{number}"})).expect(201)
    answer = await alice.http("POST", f"{community.path}/channels", json={"name": "one too many"})
    assert (answer.status, answer.code) in ((409, "conflict"), (413, "too_large")), answer
    assert len(await alice.channel_list(community)) == 200
    assert len(await alice.counters()) == 200
    (await alice.http("DELETE", f"/channels/{community.general}")).expect(204)
    (await alice.http("POST", f"{community.path}/channels", json={"name": "in its place"})).expect(201)


@pytest.mark.parametrize("kind", ["text", "voice"])
async def test_private_for_nobody_but_who_made_it(home, kind):
    community, alice, bob = await home.community("alice", "bob")
    makers = await alice.makes_role(community, "Makers", ["manage_channels"])
    await alice.gives(community, makers, bob)
    own = await bob.makes_channel(community, "own", private=True, kind=kind)
    assert own in await bob.channel_list(community)
    assert own in await alice.channel_list(community), "overrides do not bind the owner"
    carol = await (await home.person("carol")).connects()
    await carol.joins(community)
    assert own not in await carol.channel_list(community)
