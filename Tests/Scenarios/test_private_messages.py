"""alice writes to bob, both on one homeserver."""

import uuid

from harness.node import befriend


async def test_bob_receives_what_alice_sends(home):
    alice, bob = await home.friends("alice", "bob")

    ack = await alice.sends("hello bob", to=bob)
    assert ack["state"] == "sent"
    assert ack["duplicate"] is False
    assert ack["seq"] == 1

    message = await bob.receives_message("hello bob", from_=alice)
    assert message["message_id"] == ack["message_id"]
    assert message["conversation_id"] == ack["conversation_id"]
    assert message["seq"] == ack["seq"]
    assert message["timestamp"] == ack["timestamp"]
    assert message["receiver_id"] == bob.user_id
    assert "nonce" not in message, "a nonce is its author's own business"


async def test_bob_answers_in_the_same_conversation(home):
    alice, bob = await home.friends("alice", "bob")
    question = await alice.sends("how are you?", to=bob)
    await bob.receives_message("how are you?", from_=alice)
    answer = await bob.sends("fine", to=alice, reply_to=question["message_id"])
    assert answer["conversation_id"] == question["conversation_id"]
    assert answer["seq"] == 2
    heard = await alice.receives_message("fine", from_=bob)
    assert heard["reply_to"] == question["message_id"]


async def test_a_local_receiver_needs_no_domain(home):
    alice, bob = await home.friends("alice", "bob")
    await alice.sends("short address", to=bob.name)
    await bob.receives_message("short address", from_=alice)


async def test_her_other_sessions_see_what_she_sent_and_the_sending_socket_only_the_ack(home):
    alice, bob = await home.friends("alice", "bob")
    phone = await (await alice.on_another_device()).connects()
    tab = await alice.in_another_tab().connects()
    nonce = str(uuid.uuid4())

    ack = await alice.sends("from the desk", to=bob, nonce=nonce)

    for other in (phone, tab):
        sent = await other.receives("private-message-sent", message="from the desk")
        assert sent["message_id"] == ack["message_id"]
        assert sent["seq"] == ack["seq"]
        assert sent["nonce"] == nonce
        assert sent["receiver_id"] == bob.user_id
        assert sent["from_user_id"] == alice.user_id
    await bob.receives_message("from the desk", from_=alice)
    await alice.socket.has_received_no("private-message-sent", "new-private-message", "error")
    for other in (phone, tab):
        await other.socket.has_received_no("ack", "new-private-message")


async def test_all_of_bobs_sessions_receive_it(home):
    alice, bob = await home.friends("alice", "bob")
    phone = await (await bob.on_another_device()).connects()
    await alice.sends("to both", to=bob)
    first = await bob.receives_message("to both", from_=alice)
    second = await phone.receives_message("to both", from_=alice)
    assert first["message_id"] == second["message_id"]


async def test_without_a_nonce_the_sender_is_told_nothing(home):
    alice, bob = await home.friends("alice", "bob")
    await alice.socket.send("private-message", receiver_id=bob.user_id, message="no receipt, please")
    await bob.receives_message("no receipt, please", from_=alice)
    await alice.socket.has_received_no("ack", "error", "private-message-sent")


async def test_a_repeated_nonce_gets_the_original_ack_and_has_no_second_effect(home):
    alice, bob = await home.friends("alice", "bob")
    nonce = str(uuid.uuid4())
    first = await alice.sends("once", to=bob, nonce=nonce)
    again = await alice.sends("once", to=bob, nonce=nonce)
    other_body = await alice.sends("something else", to=bob, nonce=nonce)
    for repeat in (again, other_body):
        assert repeat["duplicate"] is True
        for name in ("message_id", "conversation_id", "seq", "timestamp", "state"):
            assert repeat[name] == first[name], name

    await bob.receives_message("once", from_=alice)
    await bob.socket.has_received_no("new-private-message")
    messages, last_seq = await bob.history_with(alice)
    assert [it["message"] for it in messages] == ["once"]
    assert last_seq == 1


async def test_a_nonce_counts_in_its_own_conversation_and_for_its_own_author(home):
    alice, bob, carol = await home.friends("alice", "bob", "carol")
    nonce = "the same nonce everywhere"
    acks = [
        await alice.sends("to bob", to=bob, nonce=nonce),
        await alice.sends("to carol", to=carol, nonce=nonce),
        await bob.sends("to alice", to=alice, nonce=nonce),
    ]
    assert len({ack["message_id"] for ack in acks}) == 3
    assert not any(ack["duplicate"] for ack in acks)


async def test_history_tells_the_same_to_both_page_by_page(home):
    alice, bob = await home.friends("alice", "bob")
    for number in range(7):
        author, receiver = (alice, bob) if number % 2 == 0 else (bob, alice)
        conversation = (await author.sends(f"message {number}", to=receiver))["conversation_id"]

    latest = (await alice.http("GET", f"/direct/{bob.user_id}/messages?limit=3")).expect(200).json
    assert [it["seq"] for it in latest["messages"]] == [5, 6, 7]
    assert latest["last_seq"] == 7
    before = (await alice.http("GET", f"/direct/{bob.user_id}/messages?before=5&limit=3")).expect(200).json
    assert [it["seq"] for it in before["messages"]] == [2, 3, 4]
    after = (await bob.http("GET", f"/direct/{alice.user_id}/messages?after=2&limit=3")).expect(200).json
    assert [it["seq"] for it in after["messages"]] == [3, 4, 5]
    # A number for each message, from 1, dense.
    assert [it["n"] for it in (await alice.history_with(bob))[0]] == [1, 2, 3, 4, 5, 6, 7]

    own = {it["message_id"]: it.get("nonce") for it in (await alice.history_with(bob))[0] if it["seq"] % 2 == 1}
    assert all(own.values()), "one's own nonces are shown"
    at_bob = {it["message_id"]: it.get("nonce") for it in (await bob.history_with(alice))[0]}
    assert not any(at_bob[message] for message in own), "another's nonces are not"

    events = (await bob.http("GET", f"/channels/{conversation}/events?after=4")).expect(200).json
    assert [it["seq"] for it in events["events"]] == [5, 6, 7]
    assert events["last_seq"] == 7


async def test_a_stranger_sees_nothing_of_their_conversation(home):
    alice, bob = await home.friends("alice", "bob")
    carol = await home.person("carol")
    ack = await alice.sends("between us", to=bob)
    answer = await carol.http("GET", f"/channels/{ack['conversation_id']}/events?after=0")
    answer.expect(404, "not_found")
    assert b"between us" not in answer.body
    mine, _ = await carol.history_with(alice)
    assert mine == []


async def test_ready_lists_the_conversation_and_how_far_it_is(home):
    alice, bob = await home.friends("alice", "bob")
    for text in ("one", "two", "three"):
        ack = await alice.sends(text, to=bob)
    tab = await bob.in_another_tab().connects()
    entry = next(it for it in tab.ready["direct"] if it["conversation_id"] == ack["conversation_id"])
    assert entry["last_seq"] == 3
    assert entry["user_id"] == alice.user_id
    assert entry["username"] == alice.name
    user = {"user_id": bob.user_id, "username": bob.name, "status": "online", "show_last_seen": True}
    assert tab.ready["user"] == user
    assert tab.hello["server"] == home.name
    for nothing_yet in ("servers", "channels", "server_invites"):
        assert tab.ready[nothing_yet] == []


async def test_what_was_sent_while_bob_was_away_waits_for_him(home):
    alice, bob = await home.people("alice", "bob")
    await befriend(alice, bob)
    await alice.connects()
    await alice.sends("good night", to=bob)
    await bob.connects()
    assert [it["last_seq"] for it in bob.ready["direct"]] == [1]
    messages, _ = await bob.history_with(alice)
    assert [it["message"] for it in messages] == ["good night"]


async def test_any_text_that_is_allowed_comes_through_unchanged(home):
    alice, bob = await home.friends("alice", "bob")
    texts = [
        "x",
        "é" * 4000,
        "𝄞" * 4000,  # 16,000 bytes
        'quotes " and \\ and \n line \t tab \r',
        "\u0001\u001f\u007f controls \u2028 \u2029 \ufeff \uffff",
        "👨‍👩‍👧‍👦 नमस्ते שלום ‮txet",
        "</script><script>alert(1)</script>",
        "'; DROP TABLE messages; --",
        " leading and trailing ",
        "\\u0000 is not U+0000",
    ]
    for text in texts:
        await alice.sends(text, to=bob)
        await bob.receives_message(text, from_=alice)
    assert [it["message"] for it in (await bob.history_with(alice))[0]] == texts
