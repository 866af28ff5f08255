"""Token buckets: who says too much is told when to go on; who does not listen is closed."""

import pytest_asyncio

from harness.homes import Homes
from harness.waiting import eventually


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def limited(state):
    homes = Homes(state)
    yield await homes.one(limits="on", fast=True)
    await homes.end()


async def test_a_burst_of_fifty_messages_then_five_a_second(limited):
    alice, bob = await limited.friends("alice", "bob")
    for number in range(60):
        await alice.socket.send("private-message", receiver_id=bob.user_id, message=f"{number}", nonce=f"{number}")
    refused = await alice.receives("error", code="rate_limited", ref_type="private-message")
    assert 1 <= refused["retry_after_ms"] <= 1000
    assert int(refused["nonce"]) >= 50
    await alice.socket.position()
    acks = [f for f in alice.socket.frames if f["type"] == "ack"]
    assert 50 <= len(acks) <= 55, len(acks)
    assert alice.socket.is_open
    # Bob is not concerned.
    await bob.sends("still fine", to=alice)
    # A message that was refused had no effect, and may be sent again with its nonce.
    messages, _ = await bob.history_with(alice)
    assert len([it for it in messages if it["from_user_id"] == alice.user_id]) == len(acks)


async def test_five_times_over_closes_the_socket(limited):
    alice, bob = await limited.friends("alice", "bob")
    for number in range(600):
        if not alice.socket.is_open:
            break
        await alice.socket.send("private-message", receiver_id=bob.user_id, message=f"{number}", nonce=f"{number}")
    await alice.socket.closes(4008)
    assert bob.socket.is_open
    await bob.socket.position()


async def test_reading_counts_as_any_other_command(limited):
    (alice,) = await limited.friends("alice")
    for _ in range(160):
        await alice.socket.send("mark-read", conversation_id="01900000-0000-7000-8000-000000000000", seq=1)
    refused = await alice.receives("error", code="rate_limited", ref_type="mark-read")
    assert 1 <= refused["retry_after_ms"] <= 1000
    missing = [f for f in alice.socket.frames if f["type"] == "error" and f["code"] == "not_found"]
    assert 110 <= len(missing) <= 130, len(missing)


async def test_http_answers_429_with_retry_after(limited):
    alice = await limited.person("alice")
    for _ in range(400):
        answer = await alice.http("GET", "/friends")
        if answer.status == 429:
            break
        answer.expect(200)
    answer.expect(429, "rate_limited")
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.json["retry_after_ms"] >= 1


async def test_an_eleventh_socket_is_one_too_many(home):
    (alice,) = await home.friends("alice")
    tabs = [alice] + [await alice.in_another_tab().connects() for _ in range(9)]
    eleventh = alice.in_another_tab()
    try:
        await eleventh.connects()
    except AssertionError:
        pass
    await eleventh.socket.closes(4014)
    for tab in tabs:
        await tab.socket.position()
        await tab.socket.close()


async def test_what_stays_has_a_bucket_of_its_own(limited):
    alice, bob = await limited.person("alice"), await limited.person("bob")
    made = (await alice.http("POST", "/servers", json={"name": "Much"})).expect(201).json
    path = f"/servers/{made['server_id']}"
    created = 1

    async def is_refused_for_long():
        nonlocal created
        answer = await alice.http("POST", path + "/channels", json={"name": "one more"})
        created += answer.status == 201
        # A command too many waits for half a second; one thing too many for half a minute.
        return answer.status == 429 and answer.json["retry_after_ms"] > 5000 and answer

    answer = await eventually(is_refused_for_long, "an hour's things are made", within=60)
    assert 20 <= int(answer.headers["Retry-After"]) <= 30
    assert 120 <= created <= 122, created
    # What was there can be used, and others are not concerned.
    (await alice.http("GET", path)).expect(200)
    (await bob.http("POST", "/servers", json={"name": "Little"})).expect(201)


async def test_limits_are_told_in_hello_and_over_http_alike(home):
    (alice,) = await home.friends("alice")
    limits = (await home.web.call("GET", "/api/v1/limits")).expect(200).json
    assert alice.hello["limits"] == limits
    assert limits["message_code_points"] == 4000
    assert limits["frame_bytes"] == 65_536
    assert alice.hello["heartbeat_ms"] == 30_000
