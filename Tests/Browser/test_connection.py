"""The connection breaks in every way it can: nothing is lost, nothing comes twice, and the page goes on being usable."""

import asyncio

import pytest_asyncio
from harness.backup import Backup
from harness.node import befriend
from harness.waiting import eventually
from playwright.async_api import expect
from stage.frames import BROKEN, changes_frames, traced
from stage.house import one_house
from stage.page import becomes

LOST = "No connection. What you write is kept and sent later."


def banner(visitor, page=None):
    return (page or visitor.page).get_by_role("status").filter(has_text=LOST)


async def shows_as_many(visitor, count):
    async def is_so():
        return len(await visitor.texts()) >= count

    await eventually(is_so, f"{visitor.user_id} sees {count} messages", within=60, pause=0.1)


async def shows(visitor, texts):
    await shows_as_many(visitor, len(texts))
    assert await visitor.texts() == texts


async def shows_from_the_beginning(visitor, count):
    """Scrolls up until all are in the page."""

    async def is_so():
        await visitor.log().evaluate("log => { log.scrollTop = 0 }")
        return len(await visitor.texts()) >= count

    await eventually(is_so, f"{visitor.user_id} sees {count} messages", within=60, pause=0.1)


async def stored(house, prefix):
    """The messages in PostgreSQL that begin so, in the order of their conversation."""
    return [body for (body,) in await house.query("SELECT body FROM messages WHERE body LIKE %s ORDER BY seq", prefix + "%")]


async def both_open(visitors, house, before=None):
    """alice and bob with their conversation before them, and the trace of bob."""
    alice = await visitors.at(house, "alice")
    alice.allows(*BROKEN)
    bob, trace = await traced(visitors, house, "bob", before)
    await befriend(alice.person, bob.person)
    await alice.opens(bob)
    await bob.opens(alice)
    return alice, bob, trace


async def test_what_came_during_an_outage_is_there_afterwards_by_a_resume(visitors, houses):
    alice, bob, trace = await both_open(visitors, houses[0])
    await alice.writes("before")
    await bob.sees("before")
    bob.door.refuse()
    bob.door.cut()
    tries = bob.door.accepted
    written = [f"meanwhile {number}" for number in range(30)]
    for text in written:
        await alice.writes(text)
    await expect(banner(bob)).to_be_visible()
    # It is tried again and again, and says when.
    await expect(bob.page.get_by_text("Next try in")).to_be_visible()
    await eventually(lambda: bob.door.accepted >= tries + 3, "it is tried a third time", within=30)
    await bob.composer().fill("a draft of the outage")
    assert await bob.texts() == ["before"]
    bob.door.accept()
    await shows(bob, ["before", *written])
    await shows(alice, ["before", *written])
    await expect(banner(bob)).to_be_hidden()
    await expect(bob.composer()).to_have_value("a draft of the outage")
    assert trace.types().count("ready") == 1
    assert trace.types().count("resumed") == 1
    assert await bob.navigations() == 0


# Timers that go four times as fast: what waits for its time are the page's own patience and nothing else.
FAST = "const real = setTimeout; globalThis.setTimeout = (run, ms, ...more) => real(run, ms / 4, ...more);"


async def test_a_connection_that_is_only_half_there_is_noticed_by_the_heartbeat(visitors, houses):
    def change(frame):
        return [{**frame, "heartbeat_ms": 2_000} if frame["type"] == "hello" else frame]

    async def prepared(visitor):
        await visitor.context.add_init_script(FAST)
        await changes_frames(visitor, change)

    alice, bob, trace = await both_open(visitors, houses[0], prepared)
    await alice.writes("before")
    await bob.sees("before")
    assert trace.sockets == 1
    bob.door.freeze()
    answered = trace.types().count("pong")
    await alice.writes("meanwhile")
    await bob.writes("written into nothing")
    await expect(bob.row("written into nothing")).to_have_attribute("data-state", "pending")
    await eventually(lambda: "resumed" in trace.types(), "the page is connected anew", within=30)
    await shows(bob, ["before", "meanwhile", "written into nothing"])
    await shows(alice, ["before", "meanwhile", "written into nothing"])
    await expect(bob.row("written into nothing")).to_have_attribute("data-state", "sent")
    await expect(banner(bob)).to_be_hidden()
    # The first connection was heard of no more, and was never said to be over.
    assert trace.sockets == 2
    assert trace.types().index("resumed") > answered
    assert trace.types().count("ready") == 1
    assert await bob.navigations() == 0
    assert await stored(houses[0], "written into") == ["written into nothing"]


async def test_what_waits_for_a_connection_can_be_taken_back(visitors, houses):
    alice, bob, trace = await both_open(visitors, houses[0])
    bob.door.refuse()
    bob.door.cut()
    await expect(banner(bob)).to_be_visible()
    for text in ("pending 1", "pending 2", "pending 3", "pending 4"):
        await bob.writes(text)
        await expect(bob.row(text)).to_have_attribute("data-state", "pending")
    await bob.row("pending 2").hover()
    await bob.row("pending 2").get_by_role("button", name="Do not send").click()
    await expect(bob.row("pending 2")).to_have_count(0)
    # The same without a mouse.
    await bob.row("pending 3").focus()
    await bob.page.keyboard.press("Enter")
    await bob.page.keyboard.press("ArrowRight")
    await bob.page.keyboard.press("Enter")
    await expect(bob.row("pending 3")).to_have_count(0)
    assert await bob.page.evaluate("document.activeElement.closest('[role=log]') !== null")
    # Found before the door opens: the client may come back by itself in the moment before it is pressed.
    again = bob.page.get_by_role("button", name="Try now")
    await expect(again).to_be_visible()
    await expect(again).to_be_enabled()
    pressed = await again.element_handle()
    bob.door.accept()
    await pressed.evaluate("it => it.click()")
    await shows(alice, ["pending 1", "pending 4"])
    await shows(bob, ["pending 1", "pending 4"])
    await expect(bob.row("pending 4")).to_have_attribute("data-state", "sent")
    assert await stored(houses[0], "pending") == ["pending 1", "pending 4"]
    # What was sent can be answered, and not be taken back.
    await bob.row("pending 4").hover()
    await expect(bob.row("pending 4").get_by_role("button", name="Reply")).to_be_visible()
    await expect(bob.row("pending 4").get_by_role("button", name="Do not send")).to_be_hidden()
    assert trace.types().count("ready") == 1


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
    await becomes(alice.page, "navigator.serviceWorker.controller !== null", within=20)
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
    async with one_house(state, "hs3.localhost") as house:
        yield house


async def test_a_homeserver_that_is_killed_amid_messages_loses_none(visitors, own_house):
    alice, sent_by_alice = await traced(visitors, own_house, "alice")
    bob, sent_by_bob = await traced(visitors, own_house, "bob")
    await befriend(alice.person, bob.person)
    await alice.opens(bob)
    await bob.opens(alice)
    killed = asyncio.Event()

    async def write(visitor, name):
        texts = [f"crash of {name}: {number:03}" for number in range(100)]
        for text in texts:
            if text == texts[60]:
                await killed.wait()
            await visitor.writes(text)
        return texts

    writing = [asyncio.create_task(write(alice, "alice")), asyncio.create_task(write(bob, "bob"))]
    await bob.sees("crash of alice: 020")
    await own_house.is_killed()
    killed.set()
    await own_house.starts()
    written = await asyncio.gather(*writing)
    for visitor in (alice, bob):
        await shows_from_the_beginning(visitor, 200)
    history = (await alice.person.history_with(bob.person))[0]
    texts = [message["message"] for message in history]
    # Each has sent his own in the order of writing; that of all together is one, for everybody.
    assert [message["seq"] for message in history] == list(range(1, 201))
    for own, name in zip(written, ("alice", "bob")):
        assert [text for text in texts if text.startswith(f"crash of {name}")] == own
    assert await alice.texts() == texts
    assert await bob.texts() == texts
    rows = await own_house.query("SELECT count(*), count(DISTINCT nonce) FROM messages WHERE body LIKE 'crash of %%'")
    assert rows == [(200, 200)]
    for trace in (sent_by_alice, sent_by_bob):
        nonces = {(frame["message"], frame["nonce"]) for frame in trace.sent if frame["type"] == "private-message"}
        assert len(nonces) == 100
    assert await alice.navigations() == await bob.navigations() == 0


async def test_what_a_browser_has_kept_of_a_database_that_was_restored_is_forgotten(visitors, own_house):
    alice, bob = await visitors.at(own_house, "alice"), await own_house.person("bob")
    other = await visitors.again(alice)
    for visitor in (alice, other):
        visitor.allows(*BROKEN)
    await befriend(alice.person, bob)
    await bob.connects()
    await bob.sends("before", to=alice.person)
    backup = await Backup(own_house).made()
    await bob.connects()
    for text in ("lost", "lost too"):
        await bob.sends(text, to=alice.person)
    for visitor in (alice, other):
        await visitor.opens(bob)
        await visitor.sees("lost too")
    # One of them goes, with what he has kept; the other's page stays open all the while.
    await eventually(lambda: keeps(other, "lost too"), "it is kept", within=10)
    await other.page.close()

    await own_house.stops()
    await backup.restored()
    # What `homeserver database restored` does, but for the end of all logins: whoever has to sign in again keeps nothing anyway, and
    # the client must not depend on that.
    await own_house.query("UPDATE homeserver SET incarnation = gen_random_uuid()")
    await own_house.starts()
    await bob.connects()
    # The numbers of what was lost are given again, and one more.
    for text in ("another", "one more", "a third"):
        await bob.sends(text, to=alice.person)
    other.page = await other.another_tab(f"/#/direct/{bob.user_id}")
    for visitor in (alice, other):
        await visitor.sees("a third")
        await shows(visitor, ["before", "another", "one more", "a third"])
    assert await alice.navigations() == 0


async def keeps(visitor, text):
    """Whether the message stands in the browser's own database."""
    return await visitor.page.evaluate(
        """async ([name, text]) => {
            const request = indexedDB.open(name);
            const database = await new Promise((resolve) => { request.onsuccess = () => resolve(request.result); });
            const all = database.transaction('conversations').objectStore('conversations').getAll();
            const kept = await new Promise((resolve) => { all.onsuccess = () => resolve(all.result); });
            database.close();
            return JSON.stringify(kept).includes(text);
        }""",
        [f"home-{visitor.user_id}", text],
    )
