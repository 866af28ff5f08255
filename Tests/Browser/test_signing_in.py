"""The page before one is in: sign in, make an account, sign out again. All of it through the forms, by what they say."""

import asyncio

from harness.person import PASSWORD
from playwright.async_api import expect


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


async def fills(page, name, password):
    await page.get_by_role("textbox", name="Name", exact=True).fill(name)
    await page.get_by_label("Password", exact=True).fill(password)


async def is_in(visitor):
    await expect(visitor.page.get_by_role("region", name="Conversations")).to_be_visible()
    await expect(button(visitor.page, "Find a conversation")).to_be_visible()


async def at_the_door(visitor):
    await expect(visitor.page.get_by_role("heading", name=f"Sign in to {visitor.house.name}")).to_be_visible()


async def test_a_first_visit_asks_for_nothing_that_is_refused(visitors, houses):
    """What the browser's console has of it would fail this test by itself: see `Visitor`."""
    visitor = await visitors.stranger(houses[0])
    await at_the_door(visitor)
    assert visitor.problems == []
    assert not await visitor.page.evaluate("performance.getEntriesByType('resource').some(({ name }) => name.endsWith('/api/v1/me'))")


async def test_the_right_password_lets_in_and_stays_over_a_reload(visitors, houses):
    person = await houses[0].person("alice")
    visitor = await visitors.stranger(houses[0], person.name)
    await at_the_door(visitor)
    await fills(visitor.page, person.name, PASSWORD)
    await button(visitor.page, "Sign in").click()
    await is_in(visitor)
    assert await visitor.navigations() == 0
    await visitor.page.reload()
    await is_in(visitor)


async def test_what_is_typed_before_the_homeserver_says_who_it_is_stays(visitors, houses):
    """The form was made anew when the answer of /server came: a name typed by then was gone."""
    person = await houses[0].person("alice")
    visitor = await visitors.stranger(houses[0], person.name)
    page = visitor.page
    held = asyncio.Event()

    async def late(route):
        await held.wait()
        await route.continue_()

    await page.route("**/api/v1/server", late)
    await page.reload()
    await fills(page, person.name, PASSWORD)
    await expect(button(page, "Create an account")).to_have_count(0)
    held.set()
    await expect(button(page, "Create an account")).to_be_visible()
    await expect(page.get_by_label("Password", exact=True)).to_be_focused()
    await button(page, "Sign in").click()
    await is_in(visitor)


async def test_the_whole_address_is_as_good_as_the_name(visitors, houses):
    person = await houses[0].person("alice")
    visitor = await visitors.stranger(houses[0], person.name)
    name = visitor.page.get_by_role("textbox", name="Name", exact=True)
    await expect(name).to_be_focused()
    await fills(visitor.page, f"{person.name}@{houses[1].name}", PASSWORD)
    await button(visitor.page, "Sign in").click()
    await expect(name).to_have_accessible_description(f"This is {houses[0].name}. Sign in at the homeserver that stands behind the @ of your address.")
    await name.fill(person.user_id.upper())
    await button(visitor.page, "Sign in").click()
    await is_in(visitor)


async def test_a_wrong_password_says_so_and_the_next_try_is_free(visitors, houses):
    person = await houses[0].person("alice")
    visitor = await visitors.stranger(houses[0], person.name)
    visitor.allows("401 (Unauthorized)")
    await fills(visitor.page, person.name, "not the pass phrase")
    await button(visitor.page, "Sign in").click()
    wrong = visitor.page.get_by_role("alert").get_by_text("The name or the password is wrong.")
    await expect(wrong).to_be_visible()
    # Enter in the field does what the button does.
    password = visitor.page.get_by_label("Password", exact=True)
    await password.fill(PASSWORD)
    await password.press("Enter")
    await is_in(visitor)


async def test_what_is_missing_is_said_beside_its_field(visitors, houses):
    visitor = await visitors.stranger(houses[0])
    await button(visitor.page, "Sign in").click()
    name = visitor.page.get_by_role("textbox", name="Name", exact=True)
    await expect(name).to_be_focused()
    await expect(name).to_have_accessible_description("Enter your name.")
    await expect(visitor.page.get_by_label("Password", exact=True)).to_have_accessible_description("Enter your password.")


async def test_an_account_is_made_and_its_name_is_taken_then(visitors, houses):
    visitor = await visitors.stranger(houses[0], "newcomer")
    await button(visitor.page, "Create an account").click()
    await expect(visitor.page.get_by_role("heading", name=f"Create an account on {houses[0].name}")).to_be_visible()
    await fills(visitor.page, "newcomer", PASSWORD)
    await expect(visitor.page.get_by_text(visitor.user_id, exact=True)).to_be_visible()
    await button(visitor.page, "Create account").click()
    await is_in(visitor)
    await expect(visitor.page.get_by_role("heading", name="Welcome, newcomer")).to_be_visible()

    second = await visitors.stranger(houses[0], "newcomer")
    second.allows("409 (Conflict)")
    await button(second.page, "Create an account").click()
    await fills(second.page, "newcomer", PASSWORD)
    await button(second.page, "Create account").click()
    await expect(second.page.get_by_text("This name is taken. Choose another one.")).to_be_visible()
    await expect(second.page.get_by_role("textbox", name="Name", exact=True)).to_be_focused()


async def test_after_signing_out_the_door_is_shut(visitors, houses):
    visitor = await visitors.at(houses[0], "alice")
    await visitor.page.get_by_role("link", name="Settings", exact=True).click()
    await visitor.page.get_by_role("region", name="Sign out").get_by_role("button", name="Sign out", exact=True).click()
    await at_the_door(visitor)
    await visitor.page.reload()
    await at_the_door(visitor)
