"""The connection breaks in every way it can: nothing is lost, nothing comes twice, and the page goes on being usable."""

import asyncio
import tempfile

import pytest_asyncio
from harness.node import befriend
from harness.waiting import eventually
from playwright.async_api import expect
from stage.frames import traced
from stage.house import House

LOST = "No connection. What you write is kept and sent later."


def banner(visitor, page=None):
    return (page or visitor.page).get_by_role("status").filter(has_text=LOST)


async def shows(visitor, texts, within=60.0):
    async def is_so():
        return len(await visitor.texts()) >= len(texts)

    await eventually(is_so, f"{visitor.user_id} sees {len(texts)} messages", within, pause=0.1)
    assert await visitor.texts() == texts


async def stored(house, prefix):
    """The messages in PostgreSQL that begin so, in the order of their conversation."""
    return [body for (body,) in await house.query("SELECT body FROM messages WHERE body LIKE %s ORDER BY seq", prefix + "%")]


async def test_what_came_during_an_outage_is_there_afterwards_by_a_resume(visitors, houses):
    alice = await houses[0].person("alice")
    bob, trace = await traced(visitors, houses[0], "bob")
    await befriend(alice, bob.person)
    await alice.connects()
    await bob.opens(alice)
    await alice.sends("before", bob.person)
    await bob.sees("before")
    bob.door.refuse()
    bob.door.cut()
    written = [f"meanwhile {number}" for number in range(30)]
    for text in written:
        await alice.sends(text, bob.person)
    await expect(banner(bob)).to_be_visible()
    await expect(bob.composer()).to_be_editable()
    await bob.composer().fill("a draft of the outage")
    assert await bob.texts() == ["before"]
    bob.door.accept()
    await shows(bob, ["before", *written])
    await expect(banner(bob)).to_be_hidden()
    await expect(bob.composer()).to_have_value("a draft of the outage")
    assert trace.types().count("ready") == 1
    assert trace.types().count("resumed") == 1
    assert await bob.navigations() == 0


async def test_a_message_whose_ack_is_lost_is_there_once(visitors, houses):
    alice, trace = await traced(visitors, houses[0], "alice")
    bob = await visitors.at(houses[0], "bob")
    await befriend(alice.person, bob.person)
    await alice.opens(bob)
    await bob.opens(alice)
    lost = []

    def is_the_first_ack(data):
        if lost or b'"type":"ack"' not in data:
            return False
        lost.append(data)
        return True

    alice.door.cut_instead_of = is_the_first_ack
    try:
        await alice.writes("lost ack")
        await eventually(lambda: lost, "the ack is lost")
        await eventually(lambda: "resumed" in trace.types(), "the page is connected again", within=30)
        await expect(alice.row("lost ack")).to_have_attribute("data-state", "sent")
        # Whatever would come twice would have come before this one.
        await alice.writes("lost ack: after")
        await shows(bob, ["lost ack", "lost ack: after"])
        await shows(alice, ["lost ack", "lost ack: after"])
    finally:
        alice.door.cut_instead_of = None
    assert await stored(houses[0], "lost ack") == ["lost ack", "lost ack: after"]
    nonces = {frame["nonce"] for frame in trace.sent if frame.get("message") == "lost ack"}
    assert len(nonces) == 1


async def test_what_was_written_without_a_connection_survives_a_reload(visitors, houses):
    alice, _ = await traced(visitors, houses[0], "alice")
    bob = await visitors.at(houses[0], "bob")
    await befriend(alice.person, bob.person)
    await alice.opens(bob)
    await bob.opens(alice)
    # The page opens without a network as soon as its service worker has what it needs.
    await alice.page.wait_for_function("navigator.serviceWorker.controller !== null")
    alice.door.refuse()
    alice.door.cut()
    written = [f"offline {number}" for number in range(3)]
    for text in written:
        await alice.writes(text)
    await expect(banner(alice)).to_be_visible()
    assert await alice.texts() == written
    await alice.page.reload()
    await shows(alice, written)
    assert await bob.texts() == []
    alice.door.accept()
    await shows(bob, written)
    await shows(alice, written)
    assert await stored(houses[0], "offline") == written


@pytest_asyncio.fixture
async def own_house(state):
    """A homeserver that a test may kill."""
    house = House(tempfile.mkdtemp(prefix="hs3", dir=state), "hs3.localhost", fast=True, authority=state / "authority")
    house.directory.chmod(0o755)
    try:
        await house.made()
        await house.starts()
        await house.opens()
        yield house
    finally:
        await house.ends()


async def test_a_homeserver_that_is_killed_amid_messages_loses_none(visitors, own_house):
    alice, _ = await traced(visitors, own_house, "alice")
    bob, _ = await traced(visitors, own_house, "bob")
    await befriend(alice.person, bob.person)
    await alice.opens(bob)
    await bob.opens(alice)
    written = [f"crash {number:02}" for number in range(30)]

    killed = asyncio.Event()

    async def write():
        for text in written:
            if text == written[20]:
                await killed.wait()
            await alice.writes(text)

    writing = asyncio.create_task(write())
    await bob.sees(written[4])
    await own_house.is_killed()
    killed.set()
    await own_house.starts()
    await writing
    await shows(bob, written)
    await shows(alice, written)
    assert await stored(own_house, "crash") == written
