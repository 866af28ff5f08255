"""A conversation of 10,000 messages: one scrolls back through it, comes back to its end, and finds one's place again."""

import asyncio
from pathlib import Path

import pytest
import pytest_asyncio
from harness.node import befriend
from harness.waiting import eventually
from playwright.async_api import expect
from stage.frames import BROKEN
from stage.visitor import Visitor

SCROLLING = (Path(__file__).parent / "stage" / "scrolling.js").read_text()
MANY = 10_000
MOST_ROWS = 400


def body(number):
    """Messages of every height: a word, a paragraph, a list, code, links, what is folded because it is long."""
    kinds = (
        "yes",
        "a line of some words, as most are",
        "a paragraph that goes on for a while, over several lines of the window. " * (1 + number % 7),
        f"see https://example.org/{number} and *this*, not ~~that~~ :)",
        "- one\n- two\n- three",
        "```python\ndef answer():\n    return 42\n```",
        "ein Wort mit Umläuten, 日本語, שלום, 🙂🙂",
        "> said before\n\nand answered",
        "a very long one, of which only the beginning is shown at first. " * (20 + number % 40),
    )
    return f"{number}: {kinds[number * 7 % len(kinds)]}"


def beginning(text):
    """What tells the messages of this conversation from each other."""
    return text.split(":", 1)[0]


class Writer:
    """Sends a great many messages over one socket, a bounded number of them without an answer."""

    def __init__(self, person):
        self.person = person
        self.free = asyncio.Semaphore(200)
        self.acked = 0
        person.socket.on_frame(self._came)

    def _came(self, frame):
        if frame["type"] == "ack":
            self.acked += 1
            self.free.release()

    async def writes(self, other, numbers):
        wanted = self.acked + len(numbers)
        for number in numbers:
            await self.free.acquire()
            await self.person.socket.send("private-message", receiver_id=other.user_id, message=body(number), nonce=str(number))
        await eventually(lambda: self.acked >= wanted, f"{self.person} has sent {len(numbers)} messages", within=60)


@pytest_asyncio.fixture(scope="module")
async def long_conversation(houses):
    """Two people, whose accounts visitors may use, and MANY messages between them."""
    alice, bob, carol = await houses[0].people("alice", "bob", "carol")
    await befriend(alice, bob)
    await befriend(carol, bob)
    for person in (alice, bob, carol):
        await person.connects()
    writers = [Writer(alice), Writer(bob)]
    for first in range(0, MANY, 500):
        # In turn, so that the numbers are the order.
        writer, other = (writers[0], bob) if first // 500 % 2 else (writers[1], alice)
        await writer.writes(other, range(first, first + 500))
    await carol.sends("a word of carol", bob)
    for other in (alice, carol):
        page = (await bob.http("GET", f"/direct/{other.user_id}/messages?limit=1")).expect(200).json
        await bob.socket.send("mark-read", conversation_id=page["conversation_id"], seq=page["last_seq"])
    yield alice, bob, carol, writers[0]
    for person in (alice, bob, carol):
        await person.socket.close()


async def looks(visitors, person, at):
    """Somebody who has an account already, with the conversation before him, at its end."""
    visitor = Visitor(visitors.browser, person.node, person.name)
    visitors.all.append(visitor)
    visitor.allows(*BROKEN)
    await visitor.signs_in()
    await visitor.opens(at)
    await expect(visitor.log().locator("article.message").last).to_be_in_viewport(timeout=15_000)
    await is_at_the_end(visitor)
    return visitor


async def scrolls_back(visitor, pages):
    """See stage/scrolling.js: what moved, how many rows there were at most, and what came by, message by message."""
    found = await visitor.page.evaluate(SCROLLING, pages)
    assert found["farthest"] <= 2, "what one looked at moved"
    assert found["most"] <= MOST_ROWS
    return [beginning(text) for text in found["texts"]]


PLACE = """() => {
    const log = document.querySelector('[role=log]');
    const { top } = log.getBoundingClientRect();
    const row = [...log.querySelectorAll('article.message')].find((one) => one.getBoundingClientRect().bottom > top + 1);
    return { key: row.dataset.key, offset: Math.round(row.querySelector('.message-content').getBoundingClientRect().top - top) };
}"""


async def stays(visitor, place):
    """What one reads is where it was, to 2 px."""

    async def is_so():
        now = await visitor.page.evaluate(PLACE)
        return now["key"] == place["key"] and abs(now["offset"] - place["offset"]) <= 2

    await eventually(is_so, f"{visitor.user_id} reads where he read")


async def is_at_the_end(visitor):
    script = "log => log.scrollHeight - log.scrollTop - log.clientHeight <= 2"
    await eventually(lambda: visitor.log().evaluate(script), f"{visitor.user_id} is at the end")


async def test_scrolling_back_moves_nothing_and_misses_nothing(visitors, long_conversation):
    alice, bob, *_ = long_conversation
    visitor = await looks(visitors, bob, alice)
    came = await scrolls_back(visitor, 45)
    assert len(came) >= 40 * 50
    assert came == [str(number) for number in range(MANY - len(came), MANY)]


async def test_what_comes_while_one_reads_above_waits_until_one_wants_it(visitors, long_conversation):
    alice, bob, *_ = long_conversation
    visitor = await looks(visitors, bob, alice)
    await scrolls_back(visitor, 3)
    place = await visitor.page.evaluate(PLACE)
    await expect(visitor.page.get_by_role("button", name="To the newest message")).to_be_visible()
    await alice.sends("came while bob read", bob)
    await expect(visitor.page.get_by_role("button", name="1 new message")).to_be_visible()
    await alice.sends("and another", bob)
    jump = visitor.page.get_by_role("button", name="2 new messages")
    await expect(jump).to_be_visible()
    await stays(visitor, place)
    await jump.click()
    await expect(visitor.row("and another")).to_be_in_viewport()
    await is_at_the_end(visitor)
    await expect(visitor.page.locator(".jump")).to_be_hidden()
    await expect(visitor.page).to_have_title(f"{alice.name} · Home")
    # At the end one stays at the end.
    await alice.sends("and one for who looks", bob)
    await expect(visitor.row("and one for who looks")).to_be_in_viewport()
    await is_at_the_end(visitor)
    await expect(visitor.page.locator(".jump")).to_be_hidden()


async def test_one_comes_back_to_where_one_was(visitors, long_conversation):
    alice, bob, carol, _ = long_conversation
    visitor = await looks(visitors, bob, alice)
    await scrolls_back(visitor, 14)
    place = await visitor.page.evaluate(PLACE)
    for _ in range(3):
        await visitor.opens(carol)
        await visitor.sees("a word of carol")
        await visitor.opens(alice)
        await stays(visitor, place)
    await visitor.goes("#/friends")
    await expect(visitor.page.get_by_role("heading", name="Friends", exact=True).first).to_be_visible()
    await visitor.opens(alice)
    await stays(visitor, place)
    # Faster than anything is shown.
    await visitor.page.evaluate("hash => { location.hash = hash; location.hash = '#/friends'; history.back() }", f"#/direct/{carol.user_id}")
    await visitor.sees("a word of carol")
    await visitor.opens(alice)
    await stays(visitor, place)
    # Something new is worth more than the old place.
    await visitor.opens(carol)
    await alice.sends("new while away", bob)
    await expect(visitor.entry(alice).get_by_text("1", exact=True)).to_be_visible()
    await visitor.opens(alice)
    await expect(visitor.row("new while away")).to_be_in_viewport()


@pytest.mark.parametrize("first", [MANY, MANY + 1_200], ids=["when it is loaded", "before it is loaded"])
async def test_behind_a_hole_nothing_is_missing_and_nothing_is_there_twice(visitors, long_conversation, first):
    alice, bob, _, writer = long_conversation
    visitor = await looks(visitors, bob, alice)
    await scrolls_back(visitor, 2)
    visitor.door.refuse()
    visitor.door.cut()
    # So far behind, what lies between is not loaded until one scrolls there.
    await writer.writes(bob, range(first, first + 1_200))
    pressed = asyncio.Event()

    async def waits(route):
        await pressed.wait()
        await route.continue_()

    if first > MANY:
        await visitor.page.route("**/direct/*/messages?*", waits)
    else:
        pressed.set()
    visitor.door.accept()
    jump = visitor.page.get_by_role("button", name="1200 new messages")
    await expect(jump).to_be_visible(timeout=30_000)
    if pressed.is_set():
        # A page of it: one stands at its beginning.
        await expect(visitor.row(f"{first + 1_150}: ")).to_be_in_viewport()
    await jump.click()
    pressed.set()
    await expect(visitor.row(f"{first + 1_199}: ")).to_be_in_viewport()
    await is_at_the_end(visitor)
    await expect(jump).to_be_hidden()
    came = await scrolls_back(visitor, 28)
    history, _ = await bob.history_with(alice)
    assert len(came) > 1_300 and came == [beginning(message["message"]) for message in history[-len(came) :]]
