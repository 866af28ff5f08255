"""alice on alpha and bob on beta become friends, and stop being friends."""

import asyncio

from harness.node import are_friends, befriend
from harness.waiting import eventually


async def test_bob_accepts(two):
    alpha, beta = two
    alice, bob = await (await alpha.person("alice")).connects(), await (await beta.person("bob")).connects()

    receipt = await alice.asks(bob)
    assert receipt["state"] == "queued"
    request = await bob.receives("new-friend-request", from_user_id=alice.user_id)
    assert request["request_id"] == receipt["request_id"]
    assert request["from_username"] == alice.name
    assert await bob.requests() == {alice.user_id: ("incoming", "pending")}
    await eventually(lambda: is_pending(alice, bob), "beta has acknowledged the request")

    await bob.accepts(request["request_id"])
    accepted = await alice.receives("friend-request-accepted", by_user_id=bob.user_id)
    assert accepted["request_id"] == receipt["request_id"]
    assert await are_friends(alice, bob)
    assert await alice.requests() == await bob.requests() == {}


async def is_pending(alice, bob):
    return await alice.requests() == {bob.user_id: ("outgoing", "pending")}


async def test_bob_declines(two):
    alpha, beta = two
    alice, bob = await (await alpha.person("alice")).connects(), await (await beta.person("bob")).connects()
    request = (await alice.asks(bob))["request_id"]
    await bob.receives("new-friend-request", request_id=request)
    await bob.declines(request)
    await alice.receives("friendship-changed", user_id=bob.user_id, state="none", reason="declined")
    assert await alice.requests() == await bob.requests() == {}
    assert not await are_friends(alice, bob)


async def test_alice_withdraws(two):
    alpha, beta = two
    alice, bob = await (await alpha.person("alice")).connects(), await (await beta.person("bob")).connects()
    request = (await alice.asks(bob))["request_id"]
    await bob.receives("new-friend-request", request_id=request)
    await alice.withdraws(request)
    await bob.receives("friendship-changed", user_id=alice.user_id, state="none", reason="withdrawn")
    assert await alice.requests() == await bob.requests() == {}
    answer = await bob.http("POST", f"/friend-requests/{request}/accept")
    assert answer.status in (404, 409), answer


async def test_alice_removes_bob_on_both_homeservers(two):
    alpha, beta = two
    alice, bob = await (await alpha.person("alice")).connects(), await (await beta.person("bob")).connects()
    await befriend(alice, bob)
    await alice.sends("before", to=bob)
    await bob.receives_message("before", from_=alice)
    await alice.removes(bob)
    await bob.receives("friendship-changed", user_id=alice.user_id, state="none", reason="removed")
    assert await alice.friends() == await bob.friends() == set()
    for author, receiver in ((alice, bob), (bob, alice)):
        await author.socket.send("private-message", receiver_id=receiver.user_id, message="after", nonce="after")
        await author.receives("error", code="not_friends", nonce="after")
    # And again.
    await befriend(bob, alice)
    await alice.sends("friends again", to=bob)
    await bob.receives_message("friends again", from_=alice)


async def test_crossing_requests_make_friends(homes):
    """Both ask while neither can hear the other."""
    alpha, beta = await homes.two(fast=True)
    alice, bob = await alpha.person("alice"), await beta.person("bob")
    await beta.stops()
    assert (await alice.asks(bob))["state"] == "queued"
    await alpha.stops()
    await beta.starts()
    assert (await bob.asks(alice))["state"] == "queued"
    await alpha.starts()
    await eventually(lambda: are_friends(alice, bob), "both are friends", within=30)
    await eventually(lambda: no_requests(alice, bob), "nothing is left open")
    await alice.connects()
    await bob.connects()
    await alice.sends("we both asked", to=bob)
    await bob.receives_message("we both asked", from_=alice)
    await bob.sends("indeed", to=alice)
    await alice.receives_message("indeed", from_=bob)


async def test_requests_that_cross_in_flight_make_friends(two):
    """Ten pairs ask each other at the same time, over a link that works."""
    alpha, beta = two
    pairs = [(await alpha.person("alice"), await beta.person("bob")) for _ in range(10)]
    answers = await asyncio.gather(*(asks.asks(asked) for a, b in pairs for asks, asked in ((a, b), (b, a))))
    assert all(answer["state"] in ("queued", "friends") for answer in answers)
    for alice, bob in pairs:
        await eventually(lambda alice=alice, bob=bob: are_friends(alice, bob), f"{alice} and {bob} are friends", within=20)
        await eventually(lambda alice=alice, bob=bob: no_requests(alice, bob), "nothing is left open")


async def no_requests(*people):
    return not any([await person.requests() for person in people])


async def test_an_unknown_user_at_the_peer_is_reported(two):
    alpha, beta = two
    alice = await (await alpha.person("alice")).connects()
    address = f"nobody.of.this.name@{beta.name}"
    receipt = await alice.asks(address)
    assert receipt["state"] == "queued"
    failed = await alice.receives("friendship-changed", user_id=address, state="failed", within=20)
    assert failed["request_id"] == receipt["request_id"]
    assert failed["code"] == "not_found"
    assert await alice.requests() == {}


async def test_a_request_to_an_unreachable_peer_waits_for_it(homes):
    alpha, beta = await homes.two(fast=True)
    alice, bob = await alpha.person("alice"), await beta.person("bob")
    await alice.connects()
    await beta.stops()
    assert (await alice.asks(bob))["state"] == "queued"
    assert await alice.requests() == {bob.user_id: ("outgoing", "queued")}
    await beta.starts()
    await bob.connects()
    # Its hello at the start clears the back-off.
    request = await eventually(lambda: bob_is_asked(bob, alice), "bob is asked", within=15)
    await bob.accepts(request)
    await alice.receives("friend-request-accepted", by_user_id=bob.user_id, within=15)


async def bob_is_asked(bob, alice):
    entries = (await bob.http("GET", "/friend-requests")).expect(200).json["friend_requests"]
    return next((it["request_id"] for it in entries if it["user_id"] == alice.user_id), None)


async def test_a_homeserver_that_does_not_exist_is_no_silence(two):
    """A clear error, or `queued` and visible as such."""
    alpha, _ = two
    alice = await alpha.person("alice")
    answer = await alice.http("POST", "/friend-requests", json={"user_id": "bob@no-such-homeserver.invalid"}, within=20)
    if answer.status == 201:
        assert answer.json["state"] == "queued"
        assert await alice.requests() == {"bob@no-such-homeserver.invalid": ("outgoing", "queued")}
        # It can be taken back.
        await alice.withdraws(answer.json["request_id"])
        assert await alice.requests() == {}
    else:
        answer.expect(502, "remote_unreachable")


async def test_an_end_beats_an_accept(homes):
    """alice withdraws while beta is away, bob accepts while alpha is away: nobody is left with half a friendship."""
    alpha, beta = await homes.two(fast=True)
    alice, bob = await alpha.person("alice"), await beta.person("bob")
    request = (await alice.asks(bob))["request_id"]
    await eventually(lambda: bob_is_asked(bob, alice), "bob is asked")
    await beta.stops()
    await alice.withdraws(request)
    await alpha.stops()
    await beta.starts()
    await bob.accepts(request)
    await alpha.starts()
    await eventually(lambda: strangers(alice, bob), "nobody is anybody's friend", within=30)
    await eventually(lambda: no_requests(alice, bob), "nothing is left open")


async def strangers(alice, bob):
    return not await alice.friends() and not await bob.friends()
