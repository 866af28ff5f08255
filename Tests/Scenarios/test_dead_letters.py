"""Of hard test 8: an event that is always rejected becomes a dead letter; what is behind it arrives."""

import time

from harness.node import befriend
from harness.waiting import eventually

POISON = """
    CREATE FUNCTION refuse_poison() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.body LIKE 'poison%' THEN RAISE EXCEPTION 'poison' USING ERRCODE = 'check_violation'; END IF;
        RETURN NEW;
    END $$
"""


async def poisoned(node):
    """PostgreSQL refuses every message that begins so, whatever the homeserver thinks of it."""
    await node.query(POISON)
    await node.query("CREATE TRIGGER refuse_poison BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION refuse_poison()")


async def test_an_event_that_is_always_rejected_stands_alone(homes):
    alpha, beta = await homes.two()
    alice, bob = await alpha.person("alice"), await beta.person("bob")
    await befriend(alice, bob)
    await alice.connects()
    await bob.connects()
    await poisoned(beta)

    texts = ["one", "two", "poison", "four", "five", "six", "poison again", "eight"]
    for text in texts:
        await alice.socket.send("private-message", receiver_id=bob.user_id, message=text, nonce=text)
    acks = {text: await alice.receives("ack", nonce=text) for text in texts}
    started = time.monotonic()
    for text in texts:
        if not text.startswith("poison"):
            await bob.receives_message(text, from_=alice)
    assert time.monotonic() - started < 1, "what is behind it arrives within a second"

    for text in texts:
        report = await alice.receives("delivery", message_id=acks[text]["message_id"])
        if text.startswith("poison"):
            assert report["state"] == "failed" and report["reason"], report
        else:
            assert report["state"] == "delivered", report

    at_bob = [it["message"] for it in (await bob.history_with(alice))[0]]
    assert at_bob == [text for text in texts if not text.startswith("poison")]
    bad = {acks[text]["message_id"] for text in texts if text.startswith("poison")}
    for node, direction in ((alpha, "out"), (beta, "in")):
        letters = await node.query("SELECT event::text, code FROM dead_letters WHERE direction = %s", direction)
        assert {event for event, _ in letters} == bad, f"dead letters at {node}: {letters}"
        assert all(code for _, code in letters)

    # A restart of both does not bring it back.
    await beta.is_killed()
    await beta.starts()
    await bob.connects()
    await alice.sends("after all that", to=bob)
    await bob.receives_message("after all that", from_=alice)
    assert (await bob.history_with(alice))[1] == 7


async def test_one_bad_unit_of_a_batch_fails_alone(homes):
    """The same within one homeserver: a hundred commands at once, some of which PostgreSQL rejects."""
    home = await homes.one()
    alice, bob = await home.friends("alice", "bob")
    await poisoned(home)
    for number in range(100):
        text = f"poison {number}" if number % 10 == 7 else f"good {number}"
        await alice.socket.send("private-message", receiver_id=bob.user_id, message=text, nonce=f"{number}")
    for number in range(100):
        if number % 10 == 7:
            error = await alice.receives("error", nonce=f"{number}", within=20)
            assert error["code"] == "internal"
            assert "poison" not in error["message"] and "violat" not in error["message"]
        else:
            await alice.receives("ack", nonce=f"{number}", within=20)
    messages, last_seq = await bob.history_with(alice)
    assert [it["message"] for it in messages] == [f"good {n}" for n in range(100) if n % 10 != 7]
    assert [it["seq"] for it in messages] == list(range(1, 91))
    assert last_seq == 90


async def test_a_purge_that_fails_is_in_the_log(homes):
    """Nobody would learn otherwise that a table grows for ever."""
    home = await homes.one(fast=True)
    await home.stops()
    await home.query("ALTER TABLE outbox_marks RENAME TO outbox_marks_away")
    await home.starts()
    await eventually(lambda: "what is old could not be deleted" in home.log(), "the purge at the start has failed")
    [line] = [it for it in home.log().splitlines() if "what is old could not be deleted" in it]
    assert "level=warning" in line and 'what=outboxes' in line, line
