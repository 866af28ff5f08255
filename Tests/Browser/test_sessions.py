"""Where one is signed in: the list, ending one from another browser, ending all others. Who is sent away hears why and gets back in."""

import time

import pytest
from harness.node import befriend
from harness.person import PASSWORD
from harness.waiting import eventually
from playwright.async_api import expect

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
WHY = "Your sign-in was ended. Sign in again; what you had not sent yet is still here."


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def sessions(visitor):
    return visitor.page.get_by_role("region", name="Sessions").get_by_role("listitem")


class Closing:
    """When each socket of a page was closed."""

    def __init__(self, page):
        self.opened = 0
        self.at = []
        page.on("websocket", self._opened)

    def _opened(self, socket):
        self.opened += 1
        socket.on("close", lambda _: self.at.append(time.monotonic()))


async def watched(visitors, visitor, **options):
    """The same person in another browser, whose sockets are known from the first one on."""
    other = await visitors.again(visitor, **options)
    closing = Closing(other.page)
    await other.page.reload()
    await eventually(lambda: closing.opened, "the other browser is connected")
    other.allows("WebSocket connection to")
    return other, closing


@pytest.mark.alone
async def test_a_session_is_ended_from_another_browser(visitors, houses):
    house = houses[0]
    alice = await visitors.at(house, "alice")
    bob = await house.person("bob")
    await befriend(alice.person, bob)
    other, closing = await watched(visitors, alice, user_agent=FIREFOX)
    await other.opens(bob)
    await other.composer().fill("half a sentence")
    await expect(other.entry(bob)).to_contain_text("half a sentence")

    await alice.goes("#/settings")
    # The one that one looks from, the other browser, and the program that made the account.
    await expect(sessions(alice)).to_have_count(3)
    await expect(sessions(alice).first).to_contain_text("this device")
    await expect(sessions(alice).first.get_by_role("button")).to_have_count(0)
    await expect(sessions(alice).filter(has_text="Firefox on Windows")).to_have_count(1)
    asked = time.monotonic()
    await button(alice.page, "Sign out Firefox on Windows").click()
    await eventually(lambda: closing.at, "the socket of the ended session is closed")
    assert closing.at[0] - asked < 1

    await expect(sessions(alice).filter(has_text="Firefox on Windows")).to_have_count(0)
    await expect(sessions(alice)).to_have_count(2)
    await expect(other.page.get_by_text(WHY)).to_be_visible()
    await expect(other.page.get_by_role("heading", name=f"Sign in to {house.name}")).to_be_visible()
    # The door stays shut, and says so also to who comes to the page later.
    await other.page.reload()
    await expect(button(other.page, "Sign in")).to_be_visible()
    assert bob.name not in await other.page.locator("body").inner_text()
    await other.page.get_by_role("textbox", name="Name", exact=True).fill(alice.person.name)
    await other.page.get_by_label("Password", exact=True).fill(PASSWORD)
    await button(other.page, "Sign in").click()
    await expect(other.page.locator("home-shell")).to_be_visible()
    await other.opens(bob)
    await expect(other.composer()).to_have_value("half a sentence")


@pytest.mark.alone
async def test_all_others_are_ended_at_once(visitors, houses):
    house = houses[0]
    alice = await visitors.at(house, "alice")
    phone, phone_closing = await watched(visitors, alice, viewport={"width": 360, "height": 720})
    desk, desk_closing = await watched(visitors, alice, user_agent=FIREFOX)
    await alice.goes("#/settings")
    await expect(sessions(alice)).to_have_count(4)
    await button(alice.page, "Sign out all others").click()
    sure = alice.page.get_by_role("alertdialog", name="Sign out all others")
    asked = time.monotonic()
    await button(sure, "Sign out all others").click()
    for closing in (phone_closing, desk_closing):
        await eventually(lambda closing=closing: closing.at, "the socket of an ended session is closed")
        assert closing.at[0] - asked < 1
    await expect(alice.page.get_by_text("3 other sessions ended")).to_be_visible()
    await expect(sessions(alice)).to_have_count(1)
    await expect(button(alice.page, "Sign out all others")).to_be_hidden()
    for other in (phone, desk):
        await expect(other.page.get_by_text(WHY)).to_be_visible()
        await expect(button(other.page, "Sign in")).to_be_visible()
    assert (await alice.person.http("GET", "/me")).status == 401
    # Who ended them goes on.
    await alice.page.reload()
    await expect(alice.page.locator("home-shell")).to_be_visible()
