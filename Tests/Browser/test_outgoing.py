"""What becomes of one's own messages: they wait for a homeserver that is away, are refused, are tried again or deleted; and the row says it."""

import pytest_asyncio
from harness.node import are_friends, befriend
from harness.waiting import eventually
from playwright.async_api import expect
from stage.frames import BROKEN
from stage.house import two_houses


@pytest_asyncio.fixture(scope="module")
async def pair(state):
    """Two homeservers of which the second may go away."""
    made = await two_houses(state, ("hs4.localhost", "hs5.localhost"))
    yield made
    for house in made:
        await house.ends()


def button(row, name):
    return row.get_by_role("button", name=name, exact=True)


async def says(row, state, words=None):
    await expect(row).to_have_attribute("data-state", state, timeout=30_000)
    if words:
        await expect(row.locator(".message-state")).to_contain_text(words)


async def written(person, other):
    """The texts of the conversation as the homeserver has them, in its order."""
    messages, _ = await person.history_with(other)
    return [it["message"] for it in messages]


async def test_messages_wait_for_a_peer_that_is_away_and_say_so_until_they_arrive(visitors, pair):
    here, there = pair
    alice, bob = await visitors.at(here, "alice"), await there.person("bob")
    await befriend(alice.person, bob)
    await alice.opens(bob)
    await alice.writes("are you there?")
    await says(alice.row("are you there?"), "delivered", f"Delivered to {there.name}")
    await there.is_killed()
    await alice.writes("anybody?")
    await says(alice.row("anybody?"), "queued", f"On its way to {there.name}")
    # As if half a minute had passed: the homeserver looks every few seconds for what is late.
    await here.query("UPDATE outbox SET created_at = created_at - interval '1 minute'")
    await says(alice.row("anybody?"), "delayed", f"{there.name} cannot be reached at the moment. It will be delivered later.")
    await alice.writes("still nobody there")
    await says(alice.row("still nobody"), "queued")
    assert await alice.navigations() == 0

    await alice.page.reload()
    await says(alice.row("are you there?"), "delivered")
    await says(alice.row("anybody?"), "delayed", f"{there.name} cannot be reached")
    await says(alice.row("still nobody"), "queued")
    await alice.page.evaluate("globalThis.isTheSamePage = true")

    await there.starts()
    texts = ["are you there?", "anybody?", "still nobody there"]
    for text in texts:
        await says(alice.row(text), "delivered", f"Delivered to {there.name}")
    assert await alice.texts() == texts == await written(bob, alice.person)
    assert await alice.navigations() == 0
    await alice.page.reload()
    for text in texts:
        await says(alice.row(text), "delivered")
    assert await alice.texts() == texts


async def forgets(house, person, other):
    """The friendship is over for person's homeserver; the other's knows nothing of it."""
    await house.query(
        """UPDATE roster SET state = 'none', request = NULL
           WHERE owner = (SELECT key FROM users WHERE address = %s) AND other = (SELECT key FROM users WHERE address = %s)""",
        person.user_id,
        other.user_id,
    )


async def test_what_the_peer_refuses_says_why_and_can_be_sent_again(visitors, pair):
    here, there = pair
    alice, bob = await visitors.at(here, "alice"), await there.person("bob")
    await befriend(alice.person, bob)
    await alice.opens(bob)
    await alice.composer().fill("are we friends?")
    # Until the two compare their rosters, she does not know it: so it is sent at once.
    await forgets(there, bob, alice)
    await alice.composer().press("Enter")
    row = alice.row("are we friends?")
    await says(row, "undelivered", f"Not delivered to {there.name}. You are not friends. Send a friend request first.")
    await alice.page.reload()
    await says(row, "undelivered", "You are not friends.")
    await expect(button(row, "Try again")).to_be_visible()
    await expect(button(row, "Delete")).to_have_count(0)

    # She asks again, as she is told; his homeserver takes it for a new friendship, and then the same text arrives.
    if bob.user_id in await alice.person.friends():
        await alice.person.removes(bob)
    await befriend(alice.person, bob)
    other = await alice.another_tab(f"/#/direct/{bob.user_id}")
    elsewhere = alice.row("are we friends?", other)
    await expect(button(elsewhere, "Try again")).to_be_visible()
    # However often and wherever it is asked for, it is sent again once.
    await button(row, "Try again").dblclick()
    await says(alice.row("are we friends?").nth(1), "delivered")
    refused = row.first
    for _ in range(2):
        await says(refused, "undelivered", f"Not delivered to {there.name}. You sent it again.")
        await expect(alice.row("are we friends?")).to_have_count(2)
        await expect(button(row, "Try again")).to_have_count(0)
        await alice.page.reload()
    await expect(elsewhere).to_have_count(2)
    await expect(button(elsewhere, "Try again")).to_have_count(0)
    assert await written(bob, alice.person) == ["are we friends?"]
    assert await written(alice.person, bob) == ["are we friends?"] * 2


async def refused(visitors, house, *texts):
    """alice, whose messages were written without a connection and refused afterwards: bob is no friend any more."""
    alice, bob = await visitors.at(house, "alice"), await house.person("bob")
    alice.allows(*BROKEN)
    await befriend(alice.person, bob)
    await alice.opens(bob)
    await alice.writes("hello")
    await says(alice.row("hello"), "sent")
    alice.door.refuse()
    alice.door.cut()
    await expect(alice.page.get_by_role("status").filter(has_text="No connection.")).to_be_visible()
    for text in texts:
        await alice.writes(text)
        await says(alice.row(text), "pending")
    await bob.removes(alice)
    alice.door.accept()
    for text in texts:
        await says(alice.row(text), "failed", "Not sent. You are not friends. Send a friend request first.")
    return alice, bob


async def are_friends_again(alice, bob):
    await befriend(alice.person, bob)
    await eventually(lambda: are_friends(alice.person, bob), "they are friends again")
    await expect(alice.composer()).to_be_visible()


async def test_what_is_refused_is_sent_again_or_deleted_with_the_mouse(visitors, houses):
    alice, bob = await refused(visitors, houses[0], "one", "two", "three")
    await expect(alice.entry(bob)).to_contain_text("Not sent: one")
    # Nothing has changed yet, so it is refused again.
    await button(alice.row("one"), "Try again").click()
    await expect(alice.row("one")).to_have_attribute("data-state", "failed")
    await alice.page.reload()
    for text in ("one", "two", "three"):
        await says(alice.row(text), "failed", "You are not friends.")
    await are_friends_again(alice, bob)
    await button(alice.row("two"), "Delete").click()
    await expect(alice.row("two")).to_have_count(0)
    # What is tried again without a connection waits for the next one.
    alice.door.refuse()
    alice.door.cut()
    await expect(alice.page.get_by_role("status").filter(has_text="No connection.")).to_be_visible()
    await button(alice.row("three"), "Try again").click()
    await says(alice.row("three"), "pending")
    alice.door.accept()
    await says(alice.row("three"), "sent")
    await button(alice.row("one"), "Try again").click()
    await says(alice.row("one"), "sent")
    # They stand in the order in which the homeserver took them.
    texts = ["hello", "three", "one"]
    assert await alice.texts() == texts == await written(bob, alice.person)
    await alice.page.reload()
    await alice.sees("one")
    assert await alice.texts() == texts


async def test_what_is_refused_is_sent_again_or_deleted_with_the_keyboard(visitors, houses):
    alice, bob = await refused(visitors, houses[0], "one", "two", "three")
    await are_friends_again(alice, bob)
    keys = alice.page.keyboard
    await alice.composer().focus()
    for _ in range(12):
        await keys.press("Shift+Tab")
        if await alice.page.evaluate("document.activeElement.matches('article.message')"):
            break
    await expect(alice.row("three")).to_be_focused()
    await keys.press("ArrowUp")
    await keys.press("ArrowUp")
    await expect(alice.row("one")).to_be_focused()
    await keys.press("Enter")
    await expect(button(alice.row("one"), "Try again")).to_be_focused()
    await keys.press("Enter")
    await says(alice.row("one"), "sent")
    await expect(alice.row("one")).to_be_focused()
    # It has its number now, and stands before those that have none.
    await keys.press("ArrowDown")
    await expect(alice.row("two")).to_be_focused()
    await keys.press("Enter")
    await expect(button(alice.row("two"), "Try again")).to_be_focused()
    await keys.press("Tab")
    await expect(button(alice.row("two"), "Delete")).to_be_focused()
    await keys.press("Enter")
    await expect(alice.row("two")).to_have_count(0)
    await expect(alice.row("three")).to_be_focused()
    await keys.press("Enter")
    await keys.press("Enter")
    await says(alice.row("three"), "sent")
    await expect(alice.row("three")).to_be_focused()
    assert await alice.texts() == ["hello", "one", "three"] == await written(bob, alice.person)
