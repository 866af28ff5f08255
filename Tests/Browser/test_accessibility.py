"""What axe finds wrong with the pages, in both themes and on a narrow screen; and a whole visit without a mouse."""

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from harness.node import befriend
from harness.person import PASSWORD
from playwright.async_api import expect

LOOKS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "narrow": {"color_scheme": "light", "viewport": {"width": 360, "height": 720}},
    "narrow and dark": {"color_scheme": "dark", "viewport": {"width": 360, "height": 720}},
}


@pytest.fixture(params=LOOKS)
def look(request):
    # Without motion nothing is judged half faded in.
    return {"reduced_motion": "reduce", **LOOKS[request.param]}


async def is_good(visitor, where):
    """No violation that hinders anybody seriously."""
    page = visitor.page
    if not await page.evaluate("'axe' in globalThis"):
        await page.evaluate(AXE_SCRIPT)
    found = await page.evaluate("axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)")
    bad = [
        f"{where}: {it['id']} ({it['impact']}): {node['target']}: {node['failureSummary']}"
        for it in found
        if it["impact"] in ("serious", "critical")
        for node in it["nodes"]
    ]
    assert not bad, "\n".join(bad)


async def test_the_door(visitors, houses, look):
    visitor = await visitors.stranger(houses[0], **look)
    page = visitor.page
    await expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    await is_good(visitor, "signed out")
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(page.get_by_text("Enter your password.")).to_be_visible()
    await is_good(visitor, "something missing")
    await page.get_by_role("button", name="Create an account", exact=True).click()
    await expect(page.get_by_role("button", name="Create account", exact=True)).to_be_visible()
    await is_good(visitor, "a new account")


async def test_every_view(visitors, houses, look):
    house = houses[0]
    alice = await visitors.at(house, "alice", **look)
    page = alice.page
    await expect(page.get_by_role("heading", name="Welcome,")).to_be_attached()
    await is_good(alice, "first steps")

    bob, carol = await house.people("bob", "carol")
    await befriend(alice.person, bob)
    await carol.asks(alice)
    await bob.connects()
    for text in ("hello", "a link: https://example.org/", "`code` and **strong**", "> a quote\n\n- a list\n- of two", "```\na block\n```"):
        await bob.sends(text, alice.person)
    await bob.socket.close()
    await alice.goes("#/settings")
    await expect(page.get_by_role("heading", name="Settings", level=1)).to_be_visible()
    await expect(page.get_by_text("this device")).to_be_visible()
    await is_good(alice, "settings")
    await alice.goes("#/friends")
    await expect(page.get_by_role("button", name="Accept", exact=True)).to_be_visible()
    await is_good(alice, "friends")
    await alice.goes("#/")
    await expect(page.locator("home-start")).to_be_attached()
    await is_good(alice, "home")
    await alice.opens(bob)
    await alice.sees("hello")
    await alice.writes("and one of mine")
    await expect(alice.row("and one of mine")).to_have_attribute("data-state", "sent")
    await is_good(alice, "a conversation")
    await page.keyboard.press("Control+k")
    await expect(page.get_by_role("combobox", name="Name or address")).to_be_focused()
    await is_good(alice, "the switcher")


async def test_a_visit_without_a_mouse(visitors, houses):
    house = houses[0]
    alice, bob = await house.people("alice", "bob")
    await befriend(alice, bob)
    visitor = await visitors.stranger(house, alice.name)
    page = visitor.page
    keys = page.keyboard
    name = page.get_by_role("textbox", name="Name", exact=True)
    await expect(name).to_be_visible()
    await tabs_to(page, name)
    await keys.type(alice.name)
    await tabs_to(page, page.get_by_label("Password", exact=True))
    await keys.type(PASSWORD)
    await keys.press("Enter")
    await expect(page.get_by_role("button", name="Find a conversation")).to_be_visible()
    await keys.press("Control+k")
    await expect(page.get_by_role("combobox", name="Name or address")).to_be_focused()
    await keys.type(bob.name)
    await expect(page.get_by_role("option", selected=True)).to_contain_text(bob.name)
    await keys.press("Enter")
    await expect(page.get_by_role("textbox", name=f"Message to {bob.name}")).to_be_focused()
    await keys.type("written without a mouse")
    await keys.press("Enter")
    await expect(visitor.row("written without a mouse")).to_have_attribute("data-state", "sent")
    messages, _ = await bob.history_with(alice)
    assert [it["message"] for it in messages] == ["written without a mouse"]


async def tabs_to(page, wanted, most=12):
    """Tab until the focus is there."""
    for _ in range(most):
        if await wanted.evaluate("element => element === document.activeElement"):
            return
        await page.keyboard.press("Tab")
    await expect(wanted).to_be_focused()
