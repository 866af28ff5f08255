"""Delivery promise 6, and private messages across homeservers: queued, delivered, delayed, failed."""

import asyncio
import time

import pytest

from harness.client import Client
from harness.history import HistoryChecker
from harness.node import befriend
from harness.waiting import eventually


async def pair(alpha, beta, connected=True):
    alice, bob = await alpha.person("alice"), await beta.person("bob")
    await befriend(alice, bob)
    if connected:
        await alice.connects()
        await bob.connects()
    return alice, bob


async def delivery_in_history(author, receiver, message_id):
    messages, _ = await author.history_with(receiver)
    return next(it for it in messages if it["message_id"] == message_id)["delivery"]


async def test_queued_then_delivered(two):
    alpha, beta = two
    alice, bob = await pair(alpha, beta)
    ack = await alice.sends("hello over there", to=bob)
    assert ack["state"] == "queued"
    message = await bob.receives_message("hello over there", from_=alice)
    assert message["message_id"] == ack["message_id"], "a message's id is minted by its author's home"
    assert message["timestamp"] == ack["timestamp"]
    assert message["receiver_id"] == bob.user_id
    delivered = await alice.receives("delivery", message_id=ack["message_id"])
    assert (delivered["state"], delivered["server"]) == ("delivered", beta.name)
    assert await delivery_in_history(alice, bob, ack["message_id"]) == {"server": beta.name, "state": "delivered"}
    # Each homeserver's numbers of the conversation are its own.
    assert message["seq"] == ack["seq"] == 1
    assert message["conversation_id"] != ack["conversation_id"]
    assert "delivery" not in (await bob.history_with(alice))[0][0], "how it was delivered is its author's business"


async def test_all_of_her_sessions_see_the_delivery(two):
    alpha, beta = two
    alice, bob = await pair(alpha, beta)
    phone = await (await alice.on_another_device()).connects()
    ack = await alice.sends("seen everywhere", to=bob)
    await phone.receives("private-message-sent", message_id=ack["message_id"])
    await phone.receives("delivery", message_id=ack["message_id"], state="delivered")
    await alice.receives("delivery", message_id=ack["message_id"], state="delivered")


async def test_a_conversation_both_ways_at_once(two):
    alpha, beta = two
    alice, bob = await pair(alpha, beta, connected=False)
    async with Client(alice) as hers, Client(bob) as his:
        async def writes(client, other):
            for number in range(50):
                client.compose(f"{client.person.name} {number}", to=other)
                if number % 10 == 9:
                    await client.all_acked()

        await asyncio.gather(writes(hers, bob), writes(his, alice))
        for client in (hers, his):
            await eventually(
                lambda client=client: all("delivered" in send.delivery for send in client.sends),
                f"all of {client.person} is delivered",
                within=30,
            )
            assert all(send.delivery == ["delivered"] for send in client.sends)
        await hers.knows(hers.sends[0].ack["conversation_id"], through=100)
        await his.knows(his.sends[0].ack["conversation_id"], through=100)
        assert not hers.problems + his.problems
        problems = await HistoryChecker(alice, bob).check({alice: hers.sends, bob: his.sends})
        assert not problems, problems


async def test_a_reply_names_the_message_on_both_sides(two):
    alpha, beta = two
    alice, bob = await pair(alpha, beta)
    question = await alice.sends("shall we?", to=bob)
    await bob.receives_message("shall we?", from_=alice)
    await bob.sends("yes", to=alice, reply_to=question["message_id"])
    assert (await alice.receives_message("yes", from_=bob))["reply_to"] == question["message_id"]


async def test_what_waits_is_delivered_when_the_peer_starts(homes):
    alpha, beta = await homes.two()
    alice, bob = await pair(alpha, beta, connected=False)
    await alice.connects()
    await beta.is_killed()
    acks = [await alice.sends(f"message {number}", to=bob) for number in range(120)]
    assert {ack["state"] for ack in acks} == {"queued"}
    assert (await delivery_in_history(alice, bob, acks[0]["message_id"]))["state"] == "queued"
    # Its own homeserver may be restarted too: what is queued is in the database.
    await alpha.is_killed()
    await alpha.starts()
    await alice.connects()
    await beta.starts()
    await bob.connects()
    await eventually(lambda: all_at(bob, alice, 120), "all have arrived", within=30)
    messages, _ = await bob.history_with(alice)
    assert [it["message_id"] for it in messages] == [ack["message_id"] for ack in acks]
    last = await eventually(lambda: is_delivered(alice, bob, acks[-1]), "the last one is delivered")
    assert last["state"] == "delivered"


async def all_at(person, other, count):
    return await person.last_seq_with(other) == count


async def is_delivered(author, receiver, ack):
    delivery = await delivery_in_history(author, receiver, ack["message_id"])
    return delivery if delivery["state"] == "delivered" else None


@pytest.mark.slow
async def test_delayed_is_said_once_after_thirty_seconds(homes):
    alpha, beta = await homes.two(fast=True)
    alice, bob = await pair(alpha, beta, connected=False)
    await alice.connects()
    await beta.stops()
    started = time.monotonic()
    first = await alice.sends("anybody there?", to=bob)
    delayed = await alice.receives("delivery", message_id=first["message_id"], within=45)
    took = time.monotonic() - started
    assert delayed["state"] == "delayed" and delayed["server"] == beta.name
    assert 28 <= took <= 42, took
    assert (await delivery_in_history(alice, bob, first["message_id"]))["state"] == "delayed"
    await beta.starts()
    await alice.receives("delivery", message_id=first["message_id"], state="delivered", within=20)
    await alice.socket.position()
    states = [f["state"] for f in alice.socket.frames if f["type"] == "delivery"]
    assert states == ["delayed", "delivered"]
    await bob.connects()
    assert [it["message"] for it in (await bob.history_with(alice))[0]] == ["anybody there?"]


async def test_a_message_that_the_peer_refuses_is_failed_and_says_why(two):
    """bob's homeserver no longer knows of the friendship; alice's still does."""
    alpha, beta = two
    alice, bob = await pair(alpha, beta)
    await alice.sends("hello", to=bob)
    await bob.receives_message("hello", from_=alice)
    await beta.query(
        """UPDATE roster SET state = 'none', request = NULL
           WHERE owner = (SELECT key FROM users WHERE address = %s) AND other = (SELECT key FROM users WHERE address = %s)""",
        bob.user_id, alice.user_id,
    )  # fmt: skip
    ack = await alice.sends("are we still friends?", to=bob)
    failed = await alice.receives("delivery", message_id=ack["message_id"], state="failed")
    assert failed["reason"] == "not_friends"
    delivery = await delivery_in_history(alice, bob, ack["message_id"])
    assert delivery == {"server": beta.name, "state": "failed", "reason": "not_friends"}
    await bob.socket.has_received_no("new-private-message")
