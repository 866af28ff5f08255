"""What a homeserver by somebody else may say, and in which order: authority over users and ids, and the numbered lane."""

import json

from harness.peer import instant, uuid7
from harness.signing import SigningKey
from harness.stage import Stage
from harness.waiting import eventually


async def test_events_that_are_not_its_own_to_send(stage):
    """Each is acknowledged with a code, and what stands beside it in the batch arrives."""
    gamma, alice = stage.gamma, stage.alice
    bob = await stage.alpha.person("bob")
    foreign = [
        (stage.message("x", sender=f"carol@{stage.alpha.name}"), "forbidden"),
        (stage.message("x", sender=bob.user_id), "forbidden"),
        (stage.message("x", sender="carol@delta.localhost"), "forbidden"),
        (stage.message("x", to="alice@delta.localhost"), "forbidden"),
        (stage.message("x", to=stage.carol), "forbidden"),
        (stage.message("x", to=f"nobody.here@{stage.alpha.name}"), "not_found"),
        (stage.message("x", to=bob.user_id), "not_friends"),
        (stage.message("x", sender=gamma.user("dave")), "not_friends"),
        (stage.message("x", type="direct.nonsense"), "unsupported"),
        (stage.message(""), "invalid"),
        (stage.message("x" * 4001), None),
        (gamma.event("direct.message", stage.carol, alice.user_id), "invalid"),
        (gamma.event("direct.message", stage.carol, alice.user_id, message=1), "invalid"),
        (stage.message("x", id="not an id"), "invalid"),
        (gamma.event("friend.accept", stage.carol, alice.user_id, request_id=str(uuid7())), None),
        (gamma.event("friend.request", stage.carol, alice.user_id, request_id="x"), "invalid"),
    ]
    events = [event for event, _ in foreign]
    good = stage.message(f"beside them {uuid7()}")
    last_seq = (await alice.history_with(stage.carol))[1]
    rejected = await gamma.delivers(stage.alpha, *events[:8], good, *events[8:])
    codes = [rejected.get(place if place < 8 else place + 1) for place in range(len(events))]
    for (event, code), got in zip(foreign, codes, strict=True):
        if code is None:
            continue
        assert got == code, (event, got)
    assert codes[10] in ("invalid", "too_large")
    assert 8 not in rejected
    await alice.receives("new-private-message", message=good["data"]["message"])
    assert (await alice.history_with(stage.carol))[1] == last_seq + 1
    assert (await bob.friends(), await bob.requests()) == (set(), {})
    assert not alice.socket.unread("new-private-message")


async def test_a_type_cannot_write_on_the_operators_terminal(stage):
    """`peer deadletters` printed the sender's word as it was: an escape sequence, a line of its own, a field of ours."""
    odd = "x\x1b[2J\n\x9b31m\u202e\x7f code=ok seq=1"
    event = stage.message("x", type=odd)
    assert await stage.gamma.delivers(stage.alpha, event) == {0: "unsupported"}
    _, out, _ = await stage.alpha.command("peer", "deadletters", "gamma.localhost")
    line = next(line for line in out.split("\n") if event["id"] in line)
    assert all(" " <= character <= "~" for character in out.replace("\n", "")), out
    assert " code=unsupported type=x?[2J??31m???code=ok?seq=1 seq=" in line, line
    _, out, _ = await stage.alpha.command("peer", "deadletters", "gamma.localhost", "--json")
    assert not set(out) & {"\x1b", "\x9b", "\x7f"}, "for programs all of it is there, escaped"
    assert odd in [json.loads(line)["type"] for line in out.split("\n") if line]


async def test_an_id_is_its_senders_only(stage):
    """The id of a message that is there already, of another author or pair: a conflict; of the same: nothing twice."""
    gamma, alice = stage.gamma, stage.alice
    dave = await stage.befriended("dave")
    first = stage.message(f"the original {uuid7()}")
    assert await gamma.delivers(stage.alpha, first) == {}
    await alice.receives("new-private-message", message_id=first["id"])
    # The same event once more, under a new number: no second effect.
    again = await gamma.delivers(stage.alpha, {**first})
    assert again in ({}, {0: "conflict"})
    stolen = stage.message("taken over", sender=dave, id=first["id"])
    assert await gamma.delivers(stage.alpha, stolen) == {0: "conflict"}
    hers = (await alice.sends("of alice", to=stage.carol))["message_id"]
    assert await gamma.delivers(stage.alpha, stage.message("in her name", id=hers)) == {0: "conflict"}
    await alice.socket.has_received_no("new-private-message")
    ids = [it["message_id"] for it in (await alice.history_with(stage.carol))[0]]
    assert len(ids) == len(set(ids))


async def test_gap_fork_and_unknown_epoch(stage):
    gamma, alpha = stage.gamma, stage.alpha
    event = stage.message(f"in its place {uuid7()}")
    assert await gamma.delivers(alpha, event) == {}
    await stage.alice.receives("new-private-message", message_id=event["id"])

    ahead = await gamma.send(alpha, gamma.transaction(alpha, [stage.message("too early", seq=gamma.next_seq + 5)]))
    assert ahead.expect(409, "gap").json["expected"] == gamma.next_seq
    repeat = await gamma.send(alpha, gamma.transaction(alpha, [{**event, "seq": gamma.next_seq - 1}]))
    assert repeat.expect(200).json["ack"] == gamma.next_seq - 1
    other = stage.message("another under its number", seq=gamma.next_seq - 1)
    (await gamma.send(alpha, gamma.transaction(alpha, [other]))).expect(409, "fork")
    unknown = await gamma.send(alpha, gamma.transaction(alpha, [stage.message("x")], epoch="never-said"))
    await stage.refused(unknown, 409, "epoch_unknown")


async def test_the_senders_own_order_is_kept_whatever_the_clock_says(stage):
    """`ts` never orders anything; from the future it is cut to now."""
    gamma = stage.gamma
    texts = [f"{n} of {uuid7()}" for n in range(3)]
    events = [
        {**stage.message(text), "ts": ts}
        for text, ts in zip(texts, ("2031-01-01T00:00:00.000Z", "1999-01-01T00:00:00.000Z", instant()), strict=True)
    ]
    assert await gamma.delivers(stage.alpha, *events) == {}
    heard = [await stage.alice.receives("new-private-message", message=text) for text in texts]
    assert [f["seq"] for f in heard] == list(range(heard[0]["seq"], heard[0]["seq"] + 3))
    assert heard[0]["timestamp"] <= instant()


async def test_an_overloaded_or_broken_peer_costs_nothing_but_time(stage):
    alice, gamma = stage.alice, stage.gamma
    for status in (500, 502, 429, 418):
        gamma.refuse_with = status
        ack = await alice.sends(f"while you answer {status}", to=stage.carol)
        await stage.nothing_is_delivered(ack)
        gamma.refuse_with = None
        await gamma.says_hello(stage.alpha)
        await alice.receives("delivery", message_id=ack["message_id"], state="delivered", within=40)


async def test_a_keyset_of_another_root_is_not_believed(homes):
    """Of hard test 7: the name answers with a valid certificate and with keys that the pinned root did not sign."""
    stage = await Stage().set(homes)
    gamma, alpha = stage.gamma, stage.alpha
    true_root, true_key = gamma.root, gamma.key
    try:
        gamma.root, gamma.key = SigningKey(), SigningKey()
        gamma.version = 2
        gamma.previous = "0" * 64
        await alpha.restarts()  # after a start keys are fetched anew before anything is believed
        await stage.alice.connects()
        ack = await stage.alice.sends("who are you?", to=stage.carol)
        for _ in range(3):
            answer = await gamma.send(alpha, gamma.transaction(alpha, [stage.message("trust me")]))
            assert answer.status in (401, 503), answer.body
        await stage.alice.socket.has_received_no("new-private-message")
        await stage.nothing_is_delivered(ack)
        assert not any(e["data"].get("message") == "who are you?" for e in gamma.events), "nothing is sent to it"
        assert "level=critical" in alpha.log(), "an alarm"
        # The real one is back: what waited is delivered by itself.
        gamma.root, gamma.key, gamma.version, gamma.previous = true_root, true_key, 1, None

        async def is_heard():
            return (await gamma.says_hello(alpha)).status == 200

        await eventually(is_heard, "the real gamma is believed", within=60, pause=1)
        await gamma.hears("direct.message", message="who are you?", within=60)
        await stage.alice.receives("delivery", message_id=ack["message_id"], state="delivered", within=60)
    finally:
        await gamma.stops()
