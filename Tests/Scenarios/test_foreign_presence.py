"""What a homeserver by somebody else hears of presence and may say of it."""

from harness.peer import uuid7

def presence(user, status, **fields):
    return {"type": "presence", "user": user, "status": status, **fields}


async def test_one_change_is_one_item_however_many_friends_live_there(stage):
    gamma, alice = stage.gamma, stage.alice
    for name in ("dave", "erin", "frank"):
        await stage.befriended(name)
    await gamma.changes.until(
        lambda: presence(alice.user_id, "online") in gamma.items, "gamma hears that alice is there", within=30
    )
    probe = {"type": "probe", "from": alice.user_id, "user": gamma.user("frank")}
    await gamma.changes.until(lambda: probe in gamma.items, "gamma is asked how it stands with frank", within=30)
    await gamma.changes.until(lambda: gamma.rosters, "rosters are compared")
    assert {"v", "epoch", "seq", "digest"} == gamma.rosters[0].keys()
    await gamma.changes.until(lambda: gamma.snapshots, "those who were there had the time to come back", within=30)
    gamma.items.clear()
    await alice.socket.send("status-update", status="invisible")

    def gone():
        return [item for item in gamma.items if item.get("status") == "offline"]

    await gamma.changes.until(gone, "gamma hears that alice is gone", within=30)
    # The minute's renewal, or whatever comes next, says nothing more of her.
    await alice.socket.send("status-update", status="online")
    await gamma.changes.until(lambda: presence(alice.user_id, "online") in gamma.items, "alice is back", within=30)
    said = [item for item in gamma.items if item.get("user") == alice.user_id]
    assert [item["status"] for item in said] == ["offline", "online"], said
    assert said[0].keys() == {"type", "user", "status", "last_seen"}
    assert not [item for item in gamma.items if "invisible" in str(item)]


async def test_what_a_peer_says_of_its_users(stage):
    gamma, alpha, alice = stage.gamma, stage.alpha, stage.alice
    first = await gamma.says(alpha, presence(stage.carol, "online"))
    await gamma.checks_signature(alpha, first.expect(200))
    assert first.json == {"taken": True, "snapshot": True, "rosters": False}
    frame = await alice.receives("friend-status-changed", user_id=stage.carol, status="online")
    assert "last_seen" not in frame
    # Older and repeated ones are ignored.
    gamma.n -= 1
    assert not (await gamma.says(alpha, presence(stage.carol, "offline"))).expect(200).json["taken"]
    seen = "2026-11-28T01:02:00.000Z"
    whole = {"snapshot": {"part": 1, "last": True}}
    answer = await gamma.says(alpha, presence(stage.carol, "offline", last_seen=seen), **whole)
    assert answer.expect(200).json == {"taken": True, "snapshot": False, "rosters": False}
    await alice.receives("friend-status-changed", user_id=stage.carol, status="offline", last_seen=seen)
    # Of nobody's friend nothing is kept, and the rosters are asked for.
    nobody = gamma.user(f"nobody-{str(uuid7())[:8]}")
    assert (await gamma.says(alpha, presence(nobody, "online"))).expect(200).json["rosters"] is True
    assert await alpha.query("SELECT 1 FROM users WHERE address = %s", nobody) == []
    # A probe of a friend is answered by an announcement.
    gamma.items.clear()
    probe = {"type": "probe", "from": stage.carol, "user": alice.user_id}
    assert (await gamma.says(alpha, probe)).expect(200).json["rosters"] is False
    await gamma.changes.until(lambda: presence(alice.user_id, "online") in gamma.items, "alice is announced")
    # Not its own users, or not the protocol.
    for items, problem in (
        ([presence(alice.user_id, "offline")], "items"),
        ([presence("x@delta.localhost", "offline")], "items"),
        ([{"type": "probe", "from": alice.user_id, "user": stage.carol}], "items"),
        ([presence(stage.carol, "invisible")], "items[0].status"),
        ([presence(stage.carol, "online")] * 501, "items"),
    ):
        answer = (await gamma.says(alpha, *items)).expect(400, "invalid")
        assert answer.json["problem"].startswith(problem), answer.body
    assert (await gamma.says(alpha, {"type": "typing", "user": stage.carol})).expect(200).json["taken"]
