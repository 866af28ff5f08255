"""Blocks: whoever is blocked can neither write nor ask, and sees nothing but a friendship that has ended; one who blocked sees whom, and can take
it back."""

from harness.node import befriend, incoming
from harness.waiting import eventually
from playwright.async_api import expect
from stage.frames import BROKEN
from stage.page import tries_now


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def part(page, name):
    """A part of the friends' view, by its heading."""
    return page.locator("home-friends").get_by_role("region", name=name)


async def chooses(page, menu, item):
    await button(page, menu).click()
    await page.get_by_role("menuitem", name=item, exact=True).click()


async def blocks(visitor, other, menu):
    """From a menu, and with the question answered."""
    await chooses(visitor.page, menu, "Block")
    await button(visitor.page.get_by_role("alertdialog", name=f"Block {other.name}?"), "Block").click()


def blocked(visitor):
    """Whom the settings list."""
    return visitor.page.get_by_role("region", name="Privacy").get_by_role("listitem")


async def test_from_a_block_among_the_friends_to_a_friendship_again(visitors, houses):
    alice, bob = await visitors.at(houses[0], "alice"), await visitors.at(houses[1], "bob")
    other = await visitors.again(alice)
    await befriend(alice.person, bob.person)
    await bob.opens(alice)
    await bob.writes("before")
    await alice.goes("#/friends")
    await other.opens(bob)
    await other.sees("before")

    menu = f"More about {bob.person.name}"
    await chooses(alice.page, menu, "Block")
    question = alice.page.get_by_role("alertdialog", name=f"Block {bob.person.name}?")
    await expect(question).to_contain_text(f"You and {bob.user_id} are no longer friends.")
    await button(question, "Cancel").click()
    await expect(part(alice.page, "Friends")).to_contain_text(bob.user_id)
    await blocks(alice, bob.person, menu)
    await expect(alice.page.get_by_role("status").get_by_text(f"You have blocked {bob.user_id}.")).to_be_visible()
    await expect(part(alice.page, "Friends")).to_be_hidden()

    # Her other browser follows; what was written stays, and there is no place to write.
    note = other.page.get_by_role("note")
    await expect(note).to_contain_text(f"You have blocked {bob.person.name}.")
    await expect(other.composer()).to_be_hidden()
    await other.sees("before")
    # He sees what he sees when a friendship ends.
    await expect(bob.page.get_by_text(f"You and {alice.person.name} are not friends at the moment")).to_be_visible()
    assert "block" not in (await bob.page.locator("body").inner_text()).lower()
    await button(bob.page, "Send request").click()
    await eventually(lambda: asked(bob, alice), "he may ask, and nobody answers")
    assert alice.user_id not in await alice.person.requests()

    await alice.goes("#/settings")
    await expect(blocked(alice)).to_have_count(1)
    await expect(blocked(alice)).to_contain_text(bob.user_id)
    await alice.goes("#/friends")
    await alice.page.get_by_role("textbox", name="Address", exact=True).fill(bob.user_id)
    await button(alice.page, "Send request").click()
    await expect(alice.page.get_by_text(f"You have blocked {bob.user_id}. Unblock them in the settings first.")).to_be_visible()

    await button(note, "Unblock").click()
    await expect(note).to_contain_text("are not friends at the moment")
    # What he asked meanwhile comes up now.
    await expect(part(alice.page, "Requests").first).to_contain_text(bob.user_id)
    await button(part(alice.page, "Requests").first, "Accept").click()
    await expect(part(alice.page, "Friends")).to_contain_text(bob.user_id)
    await bob.writes("after")
    await other.sees("after")
    for visitor in (alice, bob, other):
        assert await visitor.navigations() == 0


async def asked(visitor, other):
    return other.user_id in await visitor.person.requests()


async def has_no_requests(person):
    return await person.requests() == {}


async def test_who_asks_is_blocked_in_place_of_an_answer(visitors, houses):
    alice = await visitors.at(houses[0], "alice")
    for house in houses:
        pest = await house.person("pest")
        await pest.asks(alice.person)
        await eventually(lambda pest=pest: incoming(alice.person, pest), "the request has arrived")
        await alice.goes("#/friends")
        await expect(part(alice.page, "Requests").first).to_contain_text(pest.user_id)
        await blocks(alice, pest, f"More about {pest.name}")
        await expect(part(alice.page, "Requests").first).to_be_hidden()
        # He sees what somebody sees whose request was declined, and nobody answers another one.
        await eventually(lambda pest=pest: has_no_requests(pest), "his request has ended")
        await pest.asks(alice.person)
        assert (await pest.requests())[alice.user_id][0] == "outgoing"
        assert await alice.person.requests() == {}
        await alice.goes(f"#/direct/{pest.user_id}")
        await expect(alice.page.get_by_text(f"You have blocked {pest.name}.")).to_be_visible()
        await expect(button(alice.page, "Send request")).to_have_count(0)
        await alice.goes("#/settings")
        await expect(blocked(alice)).to_contain_text(pest.user_id)
        await button(alice.page, f"Unblock {pest.name}").click()
        await expect(alice.page.get_by_role("status").get_by_text(f"{pest.user_id} is no longer blocked.")).to_be_visible()
        await expect(alice.page.get_by_text("You have blocked nobody.")).to_be_visible()
        # What he asked meanwhile comes up now.
        await alice.person.declines(await eventually(lambda pest=pest: incoming(alice.person, pest), "his request comes up"))


async def test_a_block_in_a_conversation_without_a_mouse(visitors, houses):
    alice, bob = await visitors.at(houses[0], "alice"), await houses[0].person("bob")
    await befriend(alice.person, bob)
    await alice.opens(bob)
    await alice.composer().fill("half a sentence")
    keys = alice.page.keyboard
    await button(alice.page, "More about this conversation").focus()
    await keys.press("Enter")
    await keys.press("End")
    await expect(alice.page.get_by_role("menuitem", name="Block", exact=True)).to_be_focused()
    await keys.press("Enter")
    question = alice.page.get_by_role("alertdialog", name=f"Block {bob.name}?")
    await expect(button(question, "Block")).to_be_focused()
    await keys.press("Escape")
    await expect(question).to_have_count(0)
    await expect(button(alice.page, "More about this conversation")).to_be_focused()
    await keys.press("ArrowDown")
    await keys.press("End")
    await keys.press("Enter")
    await keys.press("Enter")
    note = alice.page.get_by_role("note")
    await expect(note).to_contain_text(f"You have blocked {bob.name}.")
    assert await alice.page.evaluate("document.activeElement !== document.body")
    await button(note, "Unblock").focus()
    await keys.press("Enter")
    await expect(note).to_contain_text("are not friends at the moment")
    assert await alice.page.evaluate("document.activeElement !== document.body")


async def test_a_block_that_does_not_reach_the_homeserver_is_none(visitors, houses):
    alice, bob = await visitors.at(houses[0], "alice"), await houses[0].person("bob")
    alice.allows(*BROKEN)
    await befriend(alice.person, bob)
    await alice.goes("#/friends")
    # The view is loaded when it is first wanted: with the door shut before, it would be missing.
    await expect(part(alice.page, "Friends")).to_contain_text(bob.user_id)
    alice.door.refuse()
    alice.door.cut()
    try:
        await blocks(alice, bob, f"More about {bob.name}")
        await expect(alice.page.get_by_role("alert").filter(has_text="The homeserver cannot be reached.")).to_be_visible()
        await expect(part(alice.page, "Friends")).to_contain_text(bob.user_id)
    finally:
        alice.door.accept()
    await tries_now(alice.page)
    await blocks(alice, bob, f"More about {bob.name}")
    await expect(part(alice.page, "Friends")).to_be_hidden()
    assert await alice.person.friends() == set()
