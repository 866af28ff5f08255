"""Blocking: nothing of somebody is taken any more, and he cannot tell it from an ended friendship."""

from harness.node import are_friends, befriend
from harness.waiting import eventually


async def test_a_block_across_homeservers(two):
    alpha, beta = two
    alice, bob = await alpha.person("alice"), await beta.person("bob")
    await befriend(alice, bob)
    await alice.connects()
    await bob.connects()
    await alice.sends("before", to=bob)
    await bob.receives_message("before", from_=alice)

    (await alice.http("PUT", f"/blocks/{bob.user_id}")).expect(204)
    await alice.receives("friendship-changed", user_id=bob.user_id, state="blocked")
    ended = await bob.receives("friendship-changed", user_id=alice.user_id, state="none")
    assert ended["reason"] == "removed"
    blocks = (await alice.http("GET", "/blocks")).expect(200).json["blocks"]
    assert [(it["user_id"], it["username"]) for it in blocks] == [(bob.user_id, bob.name)]
    assert (await bob.http("GET", "/blocks")).expect(200).json == {"blocks": []}
    again = await alice.in_another_tab().connects()
    assert again.ready["blocks"] == [{"user_id": bob.user_id, "username": bob.name}]

    await alice.socket.send("private-message", receiver_id=bob.user_id, message="x", nonce="a")
    await alice.receives("error", code="blocked", nonce="a")
    await bob.socket.send("private-message", receiver_id=alice.user_id, message="x", nonce="b")
    await bob.receives("error", code="not_friends", nonce="b")
    (await alice.http("POST", "/friend-requests", json={"user_id": bob.user_id})).expect(403, "blocked")

    # His request is one that nobody answers.
    request = (await bob.asks(alice))["request_id"]
    await eventually(lambda: is_pending(bob, alice), "alpha has acknowledged it")
    await alice.socket.has_received_no("new-friend-request")
    assert await alice.requests() == {}
    (await alice.http("POST", f"/friend-requests/{request}/accept")).expect(404, "not_found")

    (await alice.http("DELETE", f"/blocks/{bob.user_id}")).expect(204)
    await alice.receives("friendship-changed", user_id=bob.user_id, state="none", reason="unblocked")
    await alice.receives("new-friend-request", from_user_id=bob.user_id, request_id=request)
    (await alice.http("DELETE", f"/blocks/{bob.user_id}")).expect(404, "not_found")
    await alice.accepts(request)
    await eventually(lambda: are_friends(alice, bob), "they are friends again")
    await bob.sends("after", to=alice)
    await alice.receives_message("after", from_=bob)


async def is_pending(one, other):
    return await one.requests() == {other.user_id: ("outgoing", "pending")}


async def test_a_block_on_one_homeserver(home):
    alice, bob = await home.friends("alice", "bob")
    (await alice.http("PUT", f"/blocks/{bob.name}")).expect(204)
    await bob.receives("friendship-changed", user_id=alice.user_id, state="none", reason="removed")
    await bob.socket.send("private-message", receiver_id=alice.user_id, message="x", nonce="b")
    await bob.receives("error", code="not_friends", nonce="b")
    receipt = await bob.asks(alice)
    assert receipt["state"] == "pending"
    await bob.withdraws(receipt["request_id"])
    await alice.socket.has_received_no("new-friend-request")
    (await alice.http("PUT", f"/blocks/nobody.of.this.name")).expect(404, "not_found")
    (await alice.http("PUT", f"/blocks/{alice.name}")).expect(400, "invalid")
