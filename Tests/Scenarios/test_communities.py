"""alice founds a community, others come and go, and it changes hands and ends."""

from harness.communities import NOBODY, PERMISSIONS
from harness.waiting import eventually

ACROSS = True


async def is_gone_for(person, community):
    """Nothing of it is there for him."""
    answers = [
        await person.http("GET", community.path),
        await person.http("GET", f"{community.path}/channels"),
        await person.http("GET", f"{community.path}/members"),
        await person.http("GET", f"{community.path}/roles"),
        await person.http("GET", f"/channels/{community.general}/messages"),
        await person.http("GET", f"/channels/{community.general}/events?after=0"),
    ]
    for answer in answers:
        answer.expect(404, "not_found")
    assert community.id not in await person.communities()
    tab = await person.in_another_tab().connects()
    await tab.socket.close()
    assert community.id not in {it["server_id"] for it in tab.ready["servers"]}
    assert community.id not in {it["server_id"] for it in tab.ready["channels"]}
    if person.socket and person.socket.is_open:
        await person.cannot_write(community.general, "not_found")


async def test_a_new_community_has_what_it_needs(home):
    alice = await home.person("alice")
    await alice.connects()
    phone = await (await alice.on_another_device()).connects()
    answer = await alice.http("POST", "/servers", json={"name": "Gärtner 🌱", "description": "Über Beete"})
    made = answer.expect(201).json

    assert (made["name"], made["description"]) == ("Gärtner 🌱", "Über Beete")
    assert (made["host"], made["owner_user_id"], made["member_count"]) == (home.name, alice.user_id, 1)
    assert "stale" not in made and "timed_out_until" not in made
    assert [(it["name"], it["kind"], it["private"], it["overrides"]) for it in made["channels"]] == [("general", "text", False, [])]
    assert {it["name"] for it in made["roles"]} == {"everyone", "Moderator", "Administrator"}
    everyone = next(it for it in made["roles"] if it["everyone"])
    assert (everyone["name"], everyone["position"]) == ("everyone", 0)
    assert "view_channel" in everyone["permissions"] and "administrator" not in everyone["permissions"]
    positions = {it["name"]: it["position"] for it in made["roles"]}
    assert positions["Administrator"] > positions["Moderator"] > 0
    # The owner may do everything, in the order in which permissions are listed, without a role.
    assert made["permissions"] == PERMISSIONS
    assert made["channels"][0]["permissions"] == PERMISSIONS
    assert made["role_ids"] == []

    for one in (alice, phone):
        heard = await one.receives("community-changed", server_id=made["server_id"], state="member")
        assert (heard["name"], heard["owner_user_id"]) == ("Gärtner 🌱", alice.user_id)
    assert (await alice.http("GET", f"/servers/{made['server_id']}")).expect(200).json == made
    tab = await alice.in_another_tab().connects()
    summary = {"server_id": made["server_id"], "name": "Gärtner 🌱", "owner_user_id": alice.user_id, "version": made["version"]}
    assert tab.ready["servers"] == [summary]
    assert (await alice.http("GET", "/servers")).expect(200).json == {"servers": [summary]}
    general = made["channels"][0]["channel_id"]
    assert tab.ready["channels"] == [
        {"id": general, "server_id": made["server_id"], "last_seq": 0, "read_seq": 0, "unread": 0, "mentions": 0}
    ]
    assert [it["user_id"] for it in (await alice.http("GET", f"/servers/{made['server_id']}/members")).json["members"]] == [
        alice.user_id
    ]


async def test_bob_joins_and_everybody_hears_of_it(home):
    community, alice, carol = await home.community("alice", "carol")
    bob = await (await home.person("bob")).connects()
    phone = await (await bob.on_another_device()).connects()
    code = await alice.makes_link(community)
    await bob.joins(community, code)

    version = (await alice.sees(community))["version"]
    # `joins` has taken it from his first socket.
    heard = [f for f in bob.socket.frames if f["type"] == "community-changed"]
    heard.append(await phone.receives("community-changed", server_id=community.id, state="member", reason="joined"))
    for frame in heard:
        assert (frame["name"], frame["owner_user_id"], frame["version"]) == (community.name, alice.user_id, version)
    for member in (alice, carol):
        frame = await member.receives("member-changed", server_id=community.id, user_id=bob.user_id)
        assert (frame["state"], frame["reason"], frame["username"], frame["role_ids"]) == ("member", "joined", bob.name, [])
        assert frame["version"] == version
    seen = await bob.sees(community)
    assert seen["member_count"] == 3
    assert (seen["position"], seen["role_ids"]) == (0, [])
    everyone = next(it for it in seen["roles"] if it["everyone"])
    assert seen["permissions"] == everyone["permissions"] == seen["channels"][0]["permissions"]
    members = await bob.members(community)
    assert set(members) == {alice.user_id, bob.user_id, carol.user_id}
    assert members[bob.user_id]["joined_at"] >= members[alice.user_id]["joined_at"]
    # And it works, both ways.
    ack = await bob.writes("hello", community.general)
    for one in (alice, bob, carol, phone):
        assert (await one.hears("hello", community.general, from_=bob))["seq"] == ack["seq"]


async def test_name_and_description_change_for_everybody(home):
    community, alice, bob = await home.community("alice", "bob")
    before = (await bob.sees(community))["version"]
    answer = await alice.http("PATCH", community.path, json={"name": "Growers", "description": "What grows"})
    changed = answer.expect(200).json
    assert (changed["name"], changed["description"], changed["version"]) == ("Growers", "What grows", before + 1)
    for one in (alice, bob):
        heard = await one.receives("community-changed", server_id=community.id, reason="updated")
        assert (heard["state"], heard["name"], heard["description"]) == ("member", "Growers", "What grows")
        assert heard["version"] == before + 1
    for nothing in (None, ""):
        changed = (await alice.http("PATCH", community.path, json={"description": nothing})).expect(200).json
        assert "description" not in changed and changed["name"] == "Growers"
        await alice.http("PATCH", community.path, json={"description": "again"})
    assert (await bob.sees(community))["description"] == "again"


async def test_bob_leaves_and_may_come_back(home):
    community, alice, bob = await home.community("alice", "bob")
    phone = await (await bob.on_another_device()).connects()
    await alice.gives(community, community.roles["Moderator"], bob)
    await bob.leaves(community)
    for one in (bob, phone):
        heard = await one.receives("community-changed", server_id=community.id, state="gone")
        assert heard["reason"] == "left"
    heard = await alice.receives("member-changed", server_id=community.id, user_id=bob.user_id, state="gone")
    assert heard["reason"] == "left"
    await is_gone_for(bob, community)
    assert set(await alice.members(community)) == {alice.user_id}
    bob.socket.forgets()
    await alice.writes("without bob", community.general)
    await bob.socket.has_received_no("new-channel-message", "member-changed", "channel-changed")

    await bob.joins(community)
    assert (await bob.sees(community))["role_ids"] == [], "a role is not kept for who leaves"
    # He sees what was said meanwhile, as read.
    assert [it["message"] for it in (await bob.channel_history(community.general))[0]] == ["without bob"]
    assert await bob.counters(community.general) == (1, 1, 0, 0)


async def test_the_owner_stays_until_he_gives_it_away(home):
    community, alice, bob, carol = await home.community("alice", "bob", "carol")
    dora = await home.person("dora")
    (await alice.http("POST", f"{community.path}/leave")).expect(409, "conflict")
    for wrong in (bob, carol):
        (await wrong.http("POST", f"{community.path}/transfer", json={"user_id": wrong.user_id})).expect(403, "forbidden")
    for nobody in (dora.user_id, "nobody.of.this.name", "nobody@elsewhere.example"):
        (await alice.http("POST", f"{community.path}/transfer", json={"user_id": nobody})).expect(404, "not_found")
    assert (await bob.sees(community))["owner_user_id"] == alice.user_id

    (await alice.http("POST", f"{community.path}/transfer", json={"user_id": bob.user_id})).expect(204)
    for one in (alice, bob, carol):
        heard = await one.receives("community-changed", server_id=community.id, reason="transferred")
        assert (heard["state"], heard["owner_user_id"]) == ("member", bob.user_id)
    assert await bob.permissions(community) == PERMISSIONS
    assert await alice.permissions(community) != PERMISSIONS
    (await alice.http("DELETE", community.path)).expect(403, "forbidden")
    await alice.leaves(community)
    await is_gone_for(alice, community)
    assert set(await bob.members(community)) == {bob.user_id, carol.user_id}


async def test_a_deleted_community_is_gone_for_all(home):
    community, alice, bob = await home.community("alice", "bob")
    code = await alice.makes_link(community)
    carol = await (await home.person("carol")).connects()
    invite = await alice.invites(carol, to=community)
    await carol.receives("new-server-invite", invite_id=invite["invite_id"])
    await alice.writes("last words", community.general)
    (await bob.http("DELETE", community.path)).expect(403, "forbidden")
    (await alice.http("DELETE", community.path)).expect(204)
    for one in (alice, bob):
        heard = await one.receives("community-changed", server_id=community.id, state="gone")
        assert heard["reason"] == "deleted"
        await is_gone_for(one, community)
    (await carol.http("GET", f"/invite-links/{code}")).expect(404, "not_found")
    (await carol.http("POST", f"/invite-links/{code}/join")).expect(404, "not_found")
    await carol.receives("server-invite-changed", invite_id=invite["invite_id"])
    assert await carol.own_invites() == {}
    (await carol.http("POST", f"/server-invites/{invite['invite_id']}/accept")).expect(404, "not_found")


async def test_many_members_come_in_pages_and_are_found_by_name(home):
    community, alice = await home.community("alice")
    code = await alice.makes_link(community)
    people = await home.people("fern", "fern", "moss", "moss", "ivy")
    for one in people:
        await one.joins(community, code)
    everybody = sorted([alice.user_id] + [one.user_id for one in people])
    seen, after = [], ""
    for _ in range(4):
        page = (await alice.http("GET", f"{community.path}/members?limit=2{after}")).expect(200).json
        seen += [it["user_id"] for it in page["members"]]
        if "next" not in page:
            break
        after = f"&after={page['next']}"
    assert seen == everybody
    found = await alice.members(community, query="&q=mos")
    assert set(found) == {one.user_id for one in people if one.name.startswith("moss")}
    assert await alice.members(community, query="&q=nobody-of-this") == {}
    for odd in ("%25", "_", "%27", "%5C"):
        assert alice.user_id not in await alice.members(community, query=f"&q={odd}"), "a query is no pattern"


async def test_who_is_online_is_seen_in_the_list_of_members(home):
    community, alice, bob = await home.community("alice", "bob")
    carol = await home.person("carol")
    await carol.joins(community)

    async def are_online():
        members = await alice.members(community)
        return {user for user, it in members.items() if it["status"] == "online"} == {alice.user_id, bob.user_id}

    await eventually(are_online, "alice and bob are online, carol is not")
    assert (await alice.member(community, carol))["status"] == "offline"
    await bob.socket.send("status-update", status="invisible")
    await bob.receives("own-status-changed", status="invisible")
    hidden = await alice.member(community, bob)
    assert "invisible" not in str(hidden)


async def test_a_person_is_in_100_communities_at_most(home):
    alice, bob = await home.people("alice", "bob")
    for number in range(99):
        last = await alice.founds(f"number {number}")
    link = await alice.makes_link(last)
    hundredth = await bob.founds("of bob's")
    await alice.joins(hundredth)
    assert len(await alice.communities()) == 100
    answer = await alice.http("POST", "/servers", json={"name": "one too many"})
    assert (answer.status, answer.code) in ((409, "conflict"), (413, "too_large")), answer
    another = await bob.founds("another of bob's")
    code = await bob.makes_link(another)
    answer = await alice.http("POST", f"/invite-links/{code}/join")
    assert (answer.status, answer.code) in ((409, "conflict"), (413, "too_large")), answer
    assert alice.user_id not in await bob.members(another)
    await bob.joins(last, link)
    await alice.leaves(hundredth)
    await alice.joins(another, code)


async def test_a_restart_keeps_everything(homes):
    home = await homes.one(fast=True)
    community, alice, bob, carol = await home.community("alice", "bob", "carol")
    dora = await home.person("dora")
    await alice.http("PATCH", community.path, json={"description": "kept"})
    role = await alice.makes_role(community, "Keeper", ["manage_messages"], color="#00ff7f")
    await alice.gives(community, role, bob)
    hidden = await alice.makes_channel(community, "hidden", private=True, role_ids=[role], topic="kept too")
    await alice.makes_channel(community, "voices", kind="voice")
    await alice.changes_channel(community.general, slow_mode_seconds=5)
    await alice.overrides(community.general, carol, deny=["send_messages"])
    ack = await bob.writes("one", hidden)
    await bob.writes("two", hidden, reply_to=ack["message_id"], mentions=[alice.user_id])
    await bob.deletes(hidden, ack["message_id"], reason="kept as well")
    await alice.hears("two", hidden)
    await alice.marks_read(hidden, 1)
    await alice.receives("unread-changed", channel_id=hidden)
    await alice.reports(hidden, (await alice.channel_history(hidden))[0][-1]["message_id"], "for the books")
    await alice.times_out(community, carol, 3600, reason="a while")
    await alice.bans(community, dora, reason="for good")
    await alice.invites(await home.person("erin"), to=community)
    code = await alice.makes_link(community, max_uses=7)

    reads = [
        (person, path)
        for person in (alice, bob, carol)
        for path in (
            "/servers", community.path, f"{community.path}/channels", f"{community.path}/roles",
            f"/channels/{hidden}/messages", f"/channels/{hidden}/events?after=0", f"/channels/{community.general}/messages",
        )
    ] + [
        (alice, f"{community.path}{path}")
        for path in ("/bans", "/invites", "/invite-links", f"/invite-links/{code}/uses", "/audit-log", "/reports")
    ]  # fmt: skip

    async def everything():
        answers = {(str(person), path): await person.http("GET", path) for person, path in reads}
        # Who is online is no part of it.
        members = {
            user: {key: value for key, value in it.items() if key not in ("status", "last_seen")}
            for user, it in (await alice.members(community)).items()
        }
        return {key: (it.status, it.json) for key, it in answers.items()}, members, await alice.counters()

    before = await everything()
    assert before[0][str(bob), f"/channels/{hidden}/messages"][0] == 200
    assert before[0][str(carol), f"/channels/{hidden}/messages"][0] == 404
    await home.is_killed()
    await home.starts()
    after = await everything()
    assert after[0] == before[0]
    assert after[1:] == before[1:]
    # What held before holds still.
    await carol.connects()
    await carol.cannot_write(community.general, "forbidden")
    (await dora.http("POST", f"/invite-links/{code}/join")).expect(404, "not_found")
    await bob.connects()
    assert (await bob.writes("three", hidden))["seq"] == 4


async def test_what_nobody_has_founded_is_not_found(home):
    alice = await home.person("alice")
    assert await alice.communities() == set()
    for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/leave")):
        body = {"json": {"name": "x"}} if method == "PATCH" else {}
        (await alice.http(method, f"/servers/{NOBODY}{path}", **body)).expect(404, "not_found")
