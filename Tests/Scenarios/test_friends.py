"""alice and bob become friends, and stop being friends, on one homeserver."""

from harness.node import are_friends, befriend


async def test_bob_accepts(home):
    alice, bob = await home.people("alice", "bob")
    await alice.connects()
    await bob.connects()

    receipt = await alice.asks(bob)
    assert receipt["state"] == "pending"
    assert receipt["receiver_id"] == bob.user_id
    request = await bob.receives("new-friend-request", request_id=receipt["request_id"])
    assert (request["from_user_id"], request["from_username"]) == (alice.user_id, alice.name)
    assert await alice.requests() == {bob.user_id: ("outgoing", "pending")}
    assert await bob.requests() == {alice.user_id: ("incoming", "pending")}

    await bob.accepts(request["request_id"])
    accepted = await alice.receives("friend-request-accepted", request_id=receipt["request_id"])
    assert (accepted["by_user_id"], accepted["by_username"]) == (bob.user_id, bob.name)
    assert await are_friends(alice, bob)
    assert await alice.requests() == await bob.requests() == {}
    tab = await bob.in_another_tab().connects()
    assert [it["user_id"] for it in tab.ready["friends"]] == [alice.user_id]


async def test_bobs_other_session_sees_that_he_accepted(home):
    alice, bob = await home.people("alice", "bob")
    phone = await (await bob.on_another_device()).connects()
    request = (await alice.asks(bob))["request_id"]
    await phone.receives("new-friend-request", request_id=request)
    await bob.accepts(request)
    await phone.receives("friendship-changed", user_id=alice.user_id, state="friends", request_id=request)


async def test_bob_declines(home):
    alice, bob = await home.people("alice", "bob")
    await alice.connects()
    request = (await alice.asks(bob))["request_id"]
    await bob.declines(request)
    await alice.receives("friendship-changed", user_id=bob.user_id, state="none", reason="declined")
    assert not await are_friends(alice, bob)
    assert await alice.requests() == await bob.requests() == {}
    # She may ask again, and he may change his mind.
    await befriend(alice, bob)


async def test_alice_withdraws(home):
    alice, bob = await home.people("alice", "bob")
    await bob.connects()
    request = (await alice.asks(bob))["request_id"]
    await bob.receives("new-friend-request", request_id=request)
    await alice.withdraws(request)
    await bob.receives("friendship-changed", user_id=alice.user_id, state="none", reason="withdrawn")
    assert await alice.requests() == await bob.requests() == {}
    answer = await bob.http("POST", f"/friend-requests/{request}/accept")
    assert answer.status in (404, 409), answer
    assert not await are_friends(alice, bob)


async def test_alice_removes_bob_and_can_write_to_him_no_more(home):
    alice, bob = await home.friends("alice", "bob")
    await alice.sends("before", to=bob)
    await bob.receives_message("before", from_=alice)
    await alice.removes(bob)
    await bob.receives("friendship-changed", user_id=alice.user_id, state="none", reason="removed")
    assert await alice.friends() == await bob.friends() == set()
    for author, receiver in ((alice, bob), (bob, alice)):
        await author.socket.send("private-message", receiver_id=receiver.user_id, message="after", nonce="after")
        await author.receives("error", code="not_friends", nonce="after", ref_type="private-message")
    # The conversation stays.
    assert [it["message"] for it in (await bob.history_with(alice))[0]] == ["before"]


async def test_friends_again_go_on_in_the_same_conversation(home):
    alice, bob = await home.friends("alice", "bob")
    first = await alice.sends("before", to=bob)
    await alice.removes(bob)
    await befriend(bob, alice)
    second = await alice.sends("after", to=bob)
    assert second["conversation_id"] == first["conversation_id"]
    assert second["seq"] == 2


async def test_crossing_requests_make_friends(home):
    alice, bob = await home.people("alice", "bob")
    await alice.connects()
    assert (await alice.asks(bob))["state"] == "pending"
    assert (await bob.asks(alice))["state"] == "friends"
    await alice.receives("friend-request-accepted", by_user_id=bob.user_id)
    assert await are_friends(alice, bob)
    assert await alice.requests() == await bob.requests() == {}


async def test_asking_twice_is_one_request(home):
    alice, bob = await home.people("alice", "bob")
    await bob.connects()
    first = await alice.asks(bob)
    answer = await alice.http("POST", "/friend-requests", json={"user_id": bob.user_id})
    assert (answer.status, answer.json.get("request_id")) == (201, first["request_id"]) or answer.status == 409
    await bob.receives("new-friend-request")
    await bob.socket.has_received_no("new-friend-request")
    assert len(await bob.requests()) == 1


async def test_who_may_do_what_with_a_request(home):
    alice, bob, mallory = await home.people("alice", "bob", "mallory")
    request = (await alice.asks(bob))["request_id"]
    refusals = [
        await alice.http("POST", f"/friend-requests/{request}/accept"),
        await alice.http("POST", f"/friend-requests/{request}/decline"),
        await bob.http("DELETE", f"/friend-requests/{request}"),
        await mallory.http("POST", f"/friend-requests/{request}/accept"),
        await mallory.http("POST", f"/friend-requests/{request}/decline"),
        await mallory.http("DELETE", f"/friend-requests/{request}"),
    ]
    for answer in refusals:
        assert answer.status in (403, 404), answer
    assert not await are_friends(alice, bob)
    assert await bob.requests() == {alice.user_id: ("incoming", "pending")}
    # Who is no part of it cannot even learn that it exists.
    unknown = await mallory.http("DELETE", "/friend-requests/00000000-0000-7000-8000-000000000000")
    assert refusals[5].status == unknown.status == 404


async def test_friends_cannot_ask_again_and_nobody_asks_himself(home):
    alice, bob = await home.friends("alice", "bob")
    answer = await alice.http("POST", "/friend-requests", json={"user_id": bob.user_id})
    answer.expect(409, "conflict")
    answer = await alice.http("POST", "/friend-requests", json={"user_id": alice.user_id})
    assert (answer.status, answer.code) in ((400, "invalid"), (409, "conflict")), answer


async def test_a_stranger_cannot_be_written_to(home):
    alice, bob = await home.people("alice", "bob")
    await alice.connects()
    await bob.connects()
    await alice.socket.send("private-message", receiver_id=bob.user_id, message="hi", nonce="1")
    await alice.receives("error", code="not_friends", nonce="1")
    await alice.asks(bob)
    await alice.socket.send("private-message", receiver_id=bob.user_id, message="hi", nonce="2")
    await alice.receives("error", code="not_friends", nonce="2")
    await bob.socket.has_received_no("new-private-message")


async def test_a_long_roster_comes_in_pages(home):
    alice = await home.person("alice")
    others = [await home.person(f"friend{number}") for number in range(5)]
    for other in others:
        await befriend(other, alice)
    seen, cursor = [], ""
    for _ in range(4):
        page = (await alice.http("GET", f"/friends?limit=2{cursor}")).expect(200).json
        seen += [it["user_id"] for it in page["friends"]]
        if "next" not in page:
            break
        cursor = f"&after={page['next']}"
    assert sorted(seen) == sorted(other.user_id for other in others)
    assert len(set(seen)) == 5
