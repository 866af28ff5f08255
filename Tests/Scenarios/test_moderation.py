"""What moderators do, and that open sockets feel it at once: deleting, removing, banning, silencing, slowing down, and who did what."""

import contextlib
import time
import uuid

import pytest

from harness.waiting import eventually

ACROSS = True

# What is said of a second is said of a machine that has nothing else to do.
measured = pytest.mark.alone


@contextlib.contextmanager
def at_once():
    """What open sockets hear and feel, wherever they are, they do within a second of the asking for it."""
    started = time.monotonic()
    yield
    took = time.monotonic() - started
    assert took < 1, f"it took {took:.1f} s"


@measured
async def test_a_deleted_message_is_gone_for_everybody(home):
    community, alice, bob, carol = await home.community("alice", "bob", "carol")
    general = community.general
    ack = await bob.writes("a slip", general, mentions=[carol.user_id])
    await alice.hears("a slip", general)
    with at_once():
        await alice.deletes(general, ack["message_id"], reason="rude")
        frames = [await one.receives("message-deleted", message_id=ack["message_id"]) for one in (alice, bob, carol)]
    for frame in frames:
        assert (frame["server_id"], frame["channel_id"], frame["by_user_id"]) == (community.id, general, alice.user_id)
        assert (frame["seq"], frame["message_seq"]) == (ack["seq"] + 1, ack["seq"])
    (message,), last_seq = await carol.channel_history(general)
    assert (message["message"], message["deleted"], message["seq"], message["n"]) == ("", True, 1, 1)
    assert message["from_user_id"] == bob.user_id
    assert last_seq == 2
    for path in ("messages", "events?after=0"):
        assert b"a slip" not in (await bob.http("GET", f"/channels/{general}/{path}")).body
    # A second time there is nothing to delete, and nobody is told again.
    (await alice.http("DELETE", f"/channels/{general}/messages/{ack['message_id']}")).expect(404, "not_found")
    await carol.socket.has_received_no("message-deleted")
    assert (await carol.channel_history(general))[1] == 2
    # The nonce stays used: sending it again brings nothing back.
    again = await bob.writes("a slip", general, nonce=ack["nonce"])
    assert (again["duplicate"], again["message_id"]) == (True, ack["message_id"])
    await carol.socket.has_received_no("message-deleted")
    assert [it["message"] for it in (await carol.channel_history(general))[0]] == [""]


@measured
async def test_a_kicked_member_is_out_at_once_and_may_come_back(home):
    community, alice, bob, carol = await home.community("alice", "bob", "carol")
    phone = await (await bob.on_another_device()).connects()
    code = await alice.makes_link(community)
    await alice.gives(community, community.roles["Moderator"], carol)
    with at_once():
        await carol.kicks(community, bob, reason="again and again")
        for one in (bob, phone):
            heard = await one.receives("community-changed", server_id=community.id, state="gone")
            assert heard["reason"] == "kicked"
        heard = await alice.receives("member-changed", user_id=bob.user_id, state="gone")
        assert heard["reason"] == "kicked"
    await bob.cannot_write(community.general, "not_found")
    (await bob.http("GET", community.path)).expect(404, "not_found")
    await alice.writes("without him", community.general)
    for one in (bob, phone):
        await one.socket.has_received_no("new-channel-message")
        assert one.socket.is_open
    (await carol.http("DELETE", f"{community.path}/members/{bob.user_id}")).expect(404, "not_found")
    await bob.joins(community, code)


@measured
async def test_a_banned_member_is_out_and_stays_out(home):
    community, alice, bob, carol = await home.community("alice", "bob", "carol")
    code = await alice.makes_link(community)
    with at_once():
        await alice.bans(community, bob, reason="enough")
        heard = await bob.receives("community-changed", server_id=community.id, state="gone")
        assert heard["reason"] == "banned"
        heard = await carol.receives("member-changed", user_id=bob.user_id, state="gone")
        assert heard["reason"] == "banned"
    await bob.cannot_write(community.general, "not_found")
    (await bob.http("POST", f"/invite-links/{code}/join")).expect(404, "not_found")
    (await bob.http("GET", f"/invite-links/{code}")).expect(404, "not_found")
    (ban,) = (await alice.http("GET", f"{community.path}/bans")).expect(200).json["bans"]
    assert (ban["user_id"], ban["username"], ban["by_user_id"], ban["reason"]) == (
        bob.user_id, bob.name, alice.user_id, "enough",
    )  # fmt: skip
    assert bob.user_id not in await carol.members(community)

    (await alice.http("DELETE", f"{community.path}/bans/{bob.user_id}")).expect(204)
    assert (await alice.http("GET", f"{community.path}/bans")).json["bans"] == []
    (await alice.http("DELETE", f"{community.path}/bans/{bob.user_id}")).expect(404, "not_found")
    (await bob.http("GET", community.path)).expect(404, "not_found")
    await bob.joins(community, code)
    await bob.writes("thank you", community.general)


async def test_whoever_has_never_been_in_can_be_banned(home):
    community, alice = await home.community("alice")
    mallory = await (await home.person("mallory")).connects()
    code = await alice.makes_link(community)
    await alice.bans(community, mallory)
    (await mallory.http("POST", f"/invite-links/{code}/join")).expect(404, "not_found")
    await mallory.socket.has_received_no("community-changed")
    await alice.bans(community, mallory)
    assert len((await alice.http("GET", f"{community.path}/bans")).json["bans"]) == 1


@measured
async def test_a_ban_purges_what_he_wrote(home):
    community, alice, bob, carol = await home.community("alice", "bob", "carol")
    other = await alice.makes_channel(community, "other")
    for number in range(3):
        await bob.writes(f"spam {number}", community.general, mentions=[carol.user_id])
        await carol.writes(f"no spam {number}", community.general)
    await bob.writes("spam elsewhere", other)
    assert await carol.counters(community.general) == (6, 0, 3, 3)
    with at_once():
        await alice.bans(community, bob, purge_seconds=3600)
        gone = [await carol.receives("message-deleted", channel_id=community.general) for _ in range(3)]
        gone.append(await carol.receives("message-deleted", channel_id=other))
    assert {f["by_user_id"] for f in gone} == {alice.user_id}
    assert sorted(f["seq"] for f in gone[:3]) == [7, 8, 9] and gone[3]["seq"] == 2
    messages, last_seq = await carol.channel_history(community.general)
    assert [(it["message"], it.get("deleted", False)) for it in messages] == [
        ("", True), ("no spam 0", False), ("", True), ("no spam 1", False), ("", True), ("no spam 2", False),
    ]  # fmt: skip
    assert last_seq == 9
    assert [it["type"] for it in await carol.channel_events(community.general, 6)] == ["message-deleted"] * 3
    assert await carol.counters(community.general) == (9, 0, 0, 0)
    assert "spam elsewhere" not in str(await carol.channel_history(other))
    # Without purge_seconds what was written stays.
    await carol.writes("stays", community.general)
    await alice.bans(community, carol)
    assert (await alice.channel_history(community.general))[0][-1]["message"] == "stays"


@measured
async def test_a_time_out_silences_at_once_and_ends(home):
    community, alice, bob, carol = await home.community("alice", "bob", "carol")
    general = community.general
    await bob.writes("before", general)
    with at_once():
        member = await alice.times_out(community, bob, 3600, reason="calm down")
        await bob.cannot_write(general, "forbidden")
        heard = [await one.receives("member-changed", user_id=bob.user_id) for one in (alice, bob, carol)]
    until = member["timed_out_until"]
    assert [(it["state"], it["timed_out_until"]) for it in heard] == [("member", until)] * 3
    seen = await bob.sees(community)
    assert seen["timed_out_until"] == until
    assert seen["permissions"] == seen["channels"][0]["permissions"] == ["view_channel", "read_history"]
    # He reads on.
    await alice.writes("he hears it", general)
    await bob.hears("he hears it", general)
    assert len((await bob.channel_history(general))[0]) == 2
    (await bob.http("POST", f"{community.path}/invite-links", json={})).expect(403, "forbidden")

    member = (await alice.http("DELETE", f"{community.path}/members/{bob.user_id}/time-out")).expect(200).json
    assert "timed_out_until" not in member
    heard = await bob.receives("member-changed", user_id=bob.user_id)
    assert "timed_out_until" not in heard
    await bob.writes("after", general)

    # One that ends by itself.
    started = time.monotonic()
    await alice.times_out(community, bob, 1)
    await eventually(lambda: may_write(bob, general), "the time-out is over", pause=0.1)
    assert time.monotonic() - started >= 1
    assert "send_messages" in await bob.permissions(community)


async def test_leaving_ends_no_time_out(home):
    community, alice, bob = await home.community("alice", "bob")
    code = await alice.makes_link(community)
    until = (await alice.times_out(community, bob, 3600))["timed_out_until"]
    await bob.leaves(community)
    await bob.receives("community-changed", server_id=community.id, state="gone")
    await bob.joins(community, code)
    assert (await bob.sees(community))["timed_out_until"] == until
    await bob.cannot_write(community.general, "forbidden")


async def may_write(person, channel):
    nonce = str(uuid.uuid4())
    await person.socket.send("channel-message", channel_id=channel, message="by itself", nonce=nonce)
    answer = await person.socket.receives_either(("ack", "error"), nonce=nonce)
    await person.has_arrived()
    return answer["type"] == "ack"


async def test_nobody_acts_on_who_stands_as_high(home):
    community, alice, bob, carol, dora = await home.community("alice", "bob", "carol", "dora")
    moderator = community.roles["Moderator"]
    for one in (bob, carol):
        await alice.gives(community, moderator, one)
    for other in (alice, bob, carol):
        path = f"{community.path}/members/{other.user_id}"
        for answer in (
            await bob.http("DELETE", path),
            await bob.http("PUT", f"{path}/time-out", json={"seconds": 60}),
        ):
            answer.expect(403, "forbidden")
        answer = await bob.http("PUT", f"{community.path}/bans/{other.user_id}", json={})
        answer.expect(*((409, "conflict") if other is bob else (403, "forbidden")))
    assert len(await alice.members(community)) == 4
    await bob.times_out(community, dora, 60)
    (await dora.http("DELETE", f"{community.path}/members/{dora.user_id}/time-out")).expect(403, "forbidden")
    await bob.bans(community, dora)


@measured
async def test_slow_mode_lets_one_wait(home):
    community, alice, bob, carol = await home.community("alice", "bob", "carol")
    general = community.general
    other = await alice.makes_channel(community, "other")
    with at_once():
        assert (await alice.changes_channel(general, slow_mode_seconds=30))["slow_mode_seconds"] == 30
        heard = [await one.receives("channel-changed", channel_id=general) for one in (alice, bob, carol)]
    assert [it["channel"]["slow_mode_seconds"] for it in heard] == [30] * 3
    first = await bob.writes("one", general)
    error = await bob.cannot_write(general, "slow_mode")
    assert 0 < error["retry_after_ms"] <= 30_000
    again = await bob.writes("one", general, nonce=first["nonce"])
    assert again["duplicate"] is True, "what is there already is not refused"
    # It is his own wait, in that channel.
    await carol.writes("carol's first", general)
    await bob.writes("elsewhere", other)
    for number in range(3):
        await alice.writes(f"the owner {number}", general)
    await alice.overrides(general, bob, allow=["bypass_slow_mode"])
    await bob.writes("two", general)
    (await alice.http("DELETE", f"/channels/{general}/overrides/{bob.user_id}")).expect(200)
    await bob.cannot_write(general, "slow_mode")
    with at_once():
        await alice.changes_channel(general, slow_mode_seconds=0)
        await bob.writes("three", general)
    await bob.writes("four", general)


async def test_slow_mode_tells_exactly_when_to_go_on(home):
    community, alice, bob = await home.community("alice", "bob")
    await alice.changes_channel(community.general, slow_mode_seconds=1)
    await bob.writes("one", community.general)
    started = time.monotonic()
    error = await bob.cannot_write(community.general, "slow_mode")
    assert 0 < error["retry_after_ms"] <= 1000
    await eventually(lambda: may_write(bob, community.general), "the wait is over", pause=0.05)
    assert time.monotonic() - started >= error["retry_after_ms"] / 1000 - 0.3, "not before it was said"
    assert [it["message"] for it in (await bob.channel_history(community.general))[0]] == ["one", "by itself"]


@measured
async def test_a_report_is_made_seen_and_closed(home):
    community, alice, bob, carol = await home.community("alice", "bob", "carol")
    general = community.general
    ack = await bob.writes("bad words", general)
    with at_once():
        report = await carol.reports(general, ack["message_id"], "it hurts")
        heard = await alice.receives("report-changed", report_id=report)
    assert (heard["server_id"], heard["state"]) == (community.id, "open")
    (it,) = (await alice.http("GET", f"{community.path}/reports?state=open")).expect(200).json["reports"]
    assert (it["report_id"], it["channel_id"], it["message_id"]) == (report, general, ack["message_id"])
    assert (it["author_user_id"], it["reporter_user_id"], it["reason"]) == (bob.user_id, carol.user_id, "it hurts")
    assert (it["message"], it["state"]) == ("bad words", "open")
    assert "closed_by" not in it and "note" not in it

    for wrong in (bob, carol):
        (await wrong.http("GET", f"{community.path}/reports")).expect(403, "forbidden")
        (await wrong.http("POST", f"{community.path}/reports/{report}/close", json={})).expect(403, "forbidden")
        await wrong.socket.has_received_no("report-changed")
    await alice.deletes(general, ack["message_id"])
    (await alice.http("POST", f"{community.path}/reports/{report}/close", json={"note": "deleted"})).expect(204)
    heard = await alice.receives("report-changed", report_id=report, state="closed")
    (it,) = (await alice.http("GET", f"{community.path}/reports?state=closed")).expect(200).json["reports"]
    assert (it["state"], it["closed_by"], it["note"]) == ("closed", alice.user_id, "deleted")
    assert it["message"] == "", "a deleted text is nowhere"
    assert it["closed_at"] >= it["created_at"]
    assert (await alice.http("GET", f"{community.path}/reports?state=open")).json["reports"] == []
    assert len((await alice.http("GET", f"{community.path}/reports")).json["reports"]) == 1
    (await alice.http("POST", f"{community.path}/reports/{report}/close", json={})).expect(409, "conflict")
    answer = await carol.http("POST", f"/channels/{general}/messages/{ack['message_id']}/reports", json={"reason": "again"})
    answer.expect(404, "not_found")
    (await alice.http("GET", f"{community.path}/reports?state=shut")).expect(400, "invalid")


async def test_the_audit_log_says_who_did_what_to_whom_and_why(home):
    community, alice, bob, carol = await home.community("alice", "bob", "carol")
    dora, erin = await home.people("dora", "erin")
    general = community.general
    await alice.http("PATCH", community.path, json={"name": "Growers"})
    channel = await alice.makes_channel(community, "news")
    await alice.changes_channel(channel, topic="what is new")
    await alice.overrides(channel, "everyone", deny=["send_messages"])
    (await alice.http("DELETE", f"/channels/{channel}")).expect(204)
    role = await alice.makes_role(community, "Guards", ["kick_members", "time_out_members"])
    await alice.changes_role(community, role, name="Wardens")
    await alice.gives(community, role, bob)
    await bob.times_out(community, carol, 60, reason="calm down")
    (await bob.http("DELETE", f"{community.path}/members/{carol.user_id}/time-out")).expect(200)
    ack = await carol.writes("oh", general)
    await alice.deletes(general, ack["message_id"], reason="no such words")
    report = await carol.reports(general, (await bob.writes("x", general))["message_id"], "hm")
    (await alice.http("POST", f"{community.path}/reports/{report}/close", json={})).expect(204)
    await bob.kicks(community, carol, reason="again and again")
    await alice.takes(community, role, bob)
    (await alice.http("DELETE", f"{community.path}/roles/{role}")).expect(204)
    withdrawn = (await alice.invites(dora, to=community))["invite_id"]
    (await alice.http("DELETE", f"{community.path}/invites/{withdrawn}")).expect(204)
    declined = (await alice.invites(dora, to=community))["invite_id"]
    (await dora.http("POST", f"/server-invites/{declined}/decline")).expect(204)
    code = await alice.makes_link(community)
    (await alice.http("DELETE", f"{community.path}/invite-links/{code}")).expect(204)
    await alice.bans(community, erin, reason="spam", purge_seconds=60)
    (await alice.http("DELETE", f"{community.path}/bans/{erin.user_id}")).expect(204)
    await bob.leaves(community)
    await bob.joins(community)
    (await alice.http("POST", f"{community.path}/transfer", json={"user_id": bob.user_id})).expect(204)

    log = list(reversed(await bob.audit_log(community)))
    acts = [it["action"] for it in log]
    wanted = [
        "community.create", "member.join", "member.join", "community.update", "channel.create", "channel.update", "channel.override",
        "channel.delete", "role.create", "role.update", "member.role_add", "member.time_out", "member.time_out_end",
        "message.delete", "report.create", "report.close", "member.kick", "member.role_remove", "role.delete", "invite.create",
        "invite.withdraw", "invite.create", "invite.decline", "link.create", "link.revoke", "member.ban", "member.unban",
        "member.leave", "member.join", "community.transfer",
    ]  # fmt: skip
    # Links that the harness makes, and what goes with a greater act, stand between them.
    rest = iter(acts)
    assert all(any(act == it for it in rest) for act in wanted), acts

    def entry(action):
        return next(it for it in log if it["action"] == action)

    for action, actor, target, reason in (
        ("member.time_out", bob, carol.user_id, "calm down"),
        ("member.kick", bob, carol.user_id, "again and again"),
        ("member.ban", alice, erin.user_id, "spam"),
        ("member.role_add", alice, bob.user_id, None),
        ("community.transfer", alice, bob.user_id, None),
        ("channel.create", alice, channel, None),
        ("channel.delete", alice, channel, None),
        ("role.create", alice, role, None),
        ("community.create", alice, None, None),
    ):
        it = entry(action)
        assert (it["actor_user_id"], it.get("reason")) == (actor.user_id, reason), it
        assert target is None or it["target"] == target, it
    assert entry("message.delete")["reason"] == "no such words"
    assert entry("channel.delete")["target_name"] == "news"
    assert "oh" not in str([it.get("detail") for it in log if it["action"] == "message.delete"]), "no text of what was deleted"
    versions = [it["version"] for it in log]
    assert versions == sorted(versions)
    assert max(versions) <= (await bob.sees(community))["version"]
    (await alice.http("GET", f"{community.path}/audit-log")).expect(403, "forbidden")
    page = (await bob.http("GET", f"{community.path}/audit-log?limit=1")).expect(200).json
    assert page["entries"] == [log[-1]] and "next" in page


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [("time-out", {"seconds": it}, "seconds") for it in (0, -1, 2419201, 2**64, 1.5, "60", True, None, [])]
    + [("time-out", {}, "seconds")]
    + [("ban", {"purge_seconds": it}, "purge_seconds") for it in (-1, 604801, 2**64, 0.5, "1", False, {})]
    + [("ban", {"reason": it}, "reason") for it in ("x" * 513, 1, True, ["x"])]
    + [("time-out", {"seconds": 60, "reason": "x" * 513}, "reason")]
    + [("slow", {"slow_mode_seconds": it}, "slow_mode_seconds") for it in (-1, 21601, 2**64, 1.5, "1", True, [])],
    ids=lambda it: str(it)[:30],
)
async def test_measures_out_of_bounds(home, path, body, field):
    community, alice, bob = await home.community("alice", "bob")
    method, where = {
        "time-out": ("PUT", f"{community.path}/members/{bob.user_id}/time-out"),
        "ban": ("PUT", f"{community.path}/bans/{bob.user_id}"),
        "slow": ("PATCH", f"/channels/{community.general}"),
    }[path]
    answer = await alice.http(method, where, json=body)
    assert (answer.status, answer.code) in ((400, "invalid"), (413, "too_large")), answer
    assert answer.json["field"] == field
    assert bob.user_id in await alice.members(community)
    await bob.writes("nothing happened", community.general)
    await bob.writes("and is not slow", community.general)
