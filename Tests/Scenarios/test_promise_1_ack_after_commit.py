"""Delivery promise 1: an ack means that the message is durable, and a nonce has one effect for ever."""

import asyncio

from websockets.exceptions import ConnectionClosed

from harness.client import Client
from harness.history import HistoryChecker
from harness.node import befriend
from harness.proxy import Proxy
from harness.socket import Closed
from harness.waiting import eventually


async def test_what_was_acked_is_there_after_kill_9(homes):
    home = await homes.one()
    alice, bob = await home.friends("alice", "bob")
    acks = []

    async def keeps_writing():
        for number in range(10_000):
            nonce = f"n{number}"
            await alice.socket.send("private-message", receiver_id=bob.user_id, message=f"message {number}", nonce=nonce)
            acks.append(await alice.receives("ack", nonce=nonce))

    writing = asyncio.create_task(keeps_writing())
    await eventually(lambda: len(acks) >= 50, "fifty acks", within=30)
    await home.is_killed()
    (end,) = await asyncio.gather(writing, return_exceptions=True)
    assert isinstance(end, (Closed, ConnectionClosed)), end
    await alice.socket.closes(1006)
    await home.starts()

    messages, last_seq = await bob.history_with(alice)
    stored = {it["message_id"]: it["seq"] for it in messages}
    for ack in acks:
        assert stored.get(ack["message_id"]) == ack["seq"], f"acked and lost: {ack}"
    assert [it["seq"] for it in messages] == list(range(1, last_seq + 1))
    # At most the one that was under way when it was killed is there without an ack.
    assert len(messages) - len(acks) in (0, 1)


async def test_a_lost_ack_leaves_one_row_after_the_retry(home):
    """Hard test 15: the message is committed, its ack never arrives, the client sends it again."""
    alice, bob = await home.people("alice", "bob")
    await befriend(alice, bob)
    await bob.connects()
    async with Proxy(home.client_port) as proxy, Client(alice, url=proxy.ws_url) as client:
        await client.sends_and_waits("before", to=bob)
        lost = []

        def is_the_ack(data):
            if b'"ack"' in data and not lost:
                lost.append(data)
                return True
            return False

        proxy.cut_instead_of = is_the_ack
        send = await client.sends_and_waits("the ack of this is lost", to=bob)
        assert lost, "the proxy has seen no ack"
        assert client.connections == 2
        assert not client.problems, client.problems

        await bob.receives_message("before", from_=alice)
        heard = await bob.receives_message("the ack of this is lost", from_=alice)
        assert heard["message_id"] == send.ack["message_id"]
        await bob.socket.has_received_no("new-private-message")
        assert not await HistoryChecker(alice, bob).check({alice: client.sends, bob: []})


async def test_a_lost_ack_after_a_restart_leaves_one_row_too(homes):
    """The stream is gone with the process, so that only the nonce can tell."""
    home = await homes.one(fast=True)
    alice, bob = await home.people("alice", "bob")
    await befriend(alice, bob)
    async with Proxy(home.client_port) as proxy, Client(alice, url=proxy.ws_url) as client:
        await client.sends_and_waits("before", to=bob)
        committed = asyncio.Event()

        def is_an_ack(data):
            if b'"ack"' in data:
                proxy.refuse()
                committed.set()
                return True
            return False

        proxy.cut_instead_of = is_an_ack
        send = client.compose("once", to=bob)
        await asyncio.wait_for(committed.wait(), 10)
        await home.is_killed()
        await home.starts()
        proxy.cut_instead_of = None
        proxy.accept()
        ack = await client.acked(send)
        assert ack["duplicate"] is True
        assert client.resynced == 1
        assert not client.problems, client.problems
        assert not await HistoryChecker(alice, bob).check({alice: client.sends, bob: []})


async def test_three_messages_composed_offline_arrive_in_order(home):
    alice, bob = await home.people("alice", "bob")
    await befriend(alice, bob)
    await bob.connects()
    async with Proxy(home.client_port) as proxy, Client(alice, url=proxy.ws_url) as client:
        await client.sends_and_waits("online", to=bob)
        proxy.refuse()
        proxy.cut()
        for text in ("one", "two", "three"):
            client.compose(text, to=bob)
        proxy.accept()
        await client.all_acked()
        for text in ("online", "one", "two", "three"):
            await bob.receives_message(text, from_=alice)
        assert not await HistoryChecker(alice, bob).check({alice: client.sends, bob: []})


async def test_an_ack_waits_for_what_was_numbered_before_it(home):
    """The ack comes through the same queue as events: bob's message with the smaller seq is seen before it."""
    alice, bob = await home.friends("alice", "bob")

    async def writes(person, other):
        for number in range(100):
            nonce = f"{person.name} {number}"
            await person.socket.send("private-message", receiver_id=other.user_id, message=nonce, nonce=nonce)

    await asyncio.gather(writes(alice, bob), writes(bob, alice))
    for person in (alice, bob):
        for number in range(100):
            await person.receives("ack", nonce=f"{person.name} {number}", within=30)
    for person in (alice, bob):
        await person.socket.position()
        assert person.socket.keeps_the_order() == list(range(1, 201))
