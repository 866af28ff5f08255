"""Delivery promise 2: every conversation has one order, gapless, the same live and in history."""

import asyncio

from harness.node import befriend


async def test_a_hundred_concurrent_senders_are_numbered_without_a_gap(home):
    """One hundred sockets of alice write to bob at once (ten logins' worth of people would not share a conversation)."""
    alice, bob = await home.friends("alice", "bob")
    tabs = [alice] + [await alice.in_another_tab().connects() for _ in range(9)]

    async def writes(tab, lane):
        await tab.sends(f"{lane}", to=bob, nonce=f"lane {lane}")

    await asyncio.gather(*(writes(tabs[lane % 10], lane) for lane in range(100)))
    live = [(await bob.receives("new-private-message"))["seq"] for _ in range(100)]
    assert live == list(range(1, 101))
    messages, last_seq = await alice.history_with(bob)
    assert last_seq == 100
    assert [it["seq"] for it in messages] == list(range(1, 101))
    assert sorted(int(it["message"]) for it in messages) == list(range(100))
    heard = [f["message_id"] for f in bob.socket.frames if f["type"] == "new-private-message"]
    assert heard == [it["message_id"] for it in messages]
    # Each of her other sockets saw the same order, with its own sends as acks.
    for tab in tabs:
        await tab.socket.position()
        assert tab.socket.keeps_the_order() == list(range(1, 101))


async def test_a_hundred_people_who_write_to_one_each_have_their_own_numbers(home):
    bob = await (await home.person("bob")).connects()
    people = await asyncio.gather(*(home.person(f"p{number}") for number in range(100)))
    for person in people:
        await befriend(person, bob)
        await person.connects()

    async def writes(person):
        for number in range(5):
            ack = await person.sends(f"{person.name} {number}", to=bob)
            assert ack["seq"] == number + 1

    await asyncio.gather(*(writes(person) for person in people))
    heard = {}
    for _ in range(500):
        frame = await bob.receives("new-private-message", within=30)
        heard.setdefault(frame["from_user_id"], []).append((frame["seq"], frame["message"]))
    for person in people:
        assert heard[person.user_id] == [(n + 1, f"{person.name} {n}") for n in range(5)]
        await person.socket.close()


async def test_two_writers_on_many_sockets_see_one_order(home):
    alice, bob = await home.friends("alice", "bob")
    sockets = [alice, bob, await alice.in_another_tab().connects(), await bob.in_another_tab().connects()]

    async def writes(person, lane):
        other = bob if person.user_id == alice.user_id else alice
        for number in range(25):
            await person.sends(f"{lane}.{number}", to=other)

    await asyncio.gather(*(writes(person, lane) for lane, person in enumerate(sockets)))
    messages, at_bob = [
        [{name: value for name, value in it.items() if name != "nonce"} for it in (await one.history_with(other))[0]]
        for one, other in ((alice, bob), (bob, alice))
    ]
    assert messages == at_bob
    order = [it["message_id"] for it in messages]
    assert [it["seq"] for it in messages] == list(range(1, 101))
    for person in sockets:
        await person.socket.position()
        assert person.socket.keeps_the_order() == list(range(1, 101))
        seen = {f["seq"]: f["message_id"] for f in person.socket.frames if "seq" in f}
        assert [seen[seq] for seq in range(1, 101)] == order
    for lane in range(4):
        own = [it["message"] for it in messages if it["message"].startswith(f"{lane}.")]
        assert own == [f"{lane}.{number}" for number in range(25)]


async def test_a_hole_is_filled_over_http(home):
    alice, bob = await home.friends("alice", "bob")
    for number in range(5):
        ack = await alice.sends(f"{number}", to=bob)
    path = f"/channels/{ack['conversation_id']}/events"
    page = (await bob.http("GET", f"{path}?after=1&limit=2")).expect(200).json
    assert [it["seq"] for it in page["events"]] == [2, 3]
    assert page["last_seq"] == 5
    page = (await bob.http("GET", f"{path}?after=5")).expect(200).json
    assert page["events"] == []
