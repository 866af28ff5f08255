"""A community whose members live on two homeservers, in their pages: coming in, what is said, what changes, what is unread, and going."""

import asyncio
import re
import time

import pytest
from harness.waiting import eventually
from playwright.async_api import expect
from stage.garden import WAITS_FOR_BADGES, Garden, button, enters, entry, member_menu, rail, region


def in_list(page, person):
    return page.locator("home-member-list button.member", has_text=person.name)


async def everything(visitor, count):
    """The texts from the first to the last, none of which waits for anything; the page keeps those that are far from what one looks at to itself."""
    found = []

    async def is_there():
        await visitor.log().evaluate("log => { log.scrollTop = 0; }")
        states = await visitor.log().locator("[data-state]").evaluate_all("all => all.map(({ dataset }) => dataset.state)")
        found[:] = await visitor.texts()
        return len(found) == count and all(it == "sent" for it in states)

    await eventually(is_there, f"{visitor.user_id} sees {count} messages that are sent", 60)
    return found


async def test_three_who_write_at_once_see_the_same_in_the_same_order(visitors, houses):
    """Hard test 12."""
    alice, carol = await visitors.at(houses[0], "alice"), await visitors.at(houses[0], "carol")
    bob = await visitors.at(houses[1], "bob")
    everybody = (alice, bob, carol)
    garden = await (await Garden.of(alice.person)).joined_by(bob.person, carol.person)
    for visitor in everybody:
        await enters(visitor, garden)
    written = {visitor: [f"{visitor.person.name} says {number}" for number in range(50)] for visitor in everybody}

    async def talks(visitor):
        for text in written[visitor]:
            await visitor.writes(text)

    await asyncio.gather(*(talks(visitor) for visitor in everybody))
    seen = [await everything(visitor, 150) for visitor in everybody]
    assert seen[0] == seen[1] == seen[2]
    for visitor in everybody:
        assert [text for text in seen[0] if text in written[visitor]] == written[visitor]
    # And so it is when it comes as history.
    for visitor in everybody:
        await visitor.page.reload()
        await visitor.sees(seen[0][-1])
        assert await everything(visitor, 150) == seen[0]


async def test_an_invitation_to_another_homeserver_is_accepted_and_another_one_declined(visitors, houses):
    alice, bob = await visitors.at(houses[0], "alice"), await visitors.at(houses[1], "bob")
    orchard, mill = await Garden.of(alice.person, "Orchard"), await Garden.of(alice.person, "Mill")
    for garden in orchard, mill:
        await alice.goes(garden.settings("invites"))
        await region(alice.page, "Invite somebody").get_by_label("Address").fill(bob.user_id)
        await button(alice.page, "Invite").click()
        await expect(alice.page.get_by_text(f"{bob.user_id} is invited.")).to_be_visible()
    await expect(rail(bob.page, "Create or join a community")).to_have_accessible_name("Create or join a community, 2 invitations")
    await rail(bob.page, "Create or join a community").click()
    cards = bob.page.get_by_role("region", name="Invitations").get_by_role("listitem")
    await expect(cards).to_have_count(2)
    await button(cards.filter(has_text="Mill"), "Decline").click()
    await expect(cards).to_have_count(1)
    await button(cards.filter(has_text="Orchard"), "Accept").click()
    # The homeserver of the community has the last word: he is taken there as soon as it has come.
    await expect(bob.page.get_by_role("heading", name="Orchard", level=1)).to_be_visible()
    await entry(bob.page, "general").click()
    await bob.writes("good morning")
    await expect(bob.row("good morning")).to_have_attribute("data-state", "sent")
    await enters(alice, orchard)
    await alice.sees("good morning")
    await expect(in_list(alice.page, bob.person)).to_have_attribute("title", bob.user_id)
    await expect(in_list(bob.page, alice.person)).to_have_attribute("title", alice.user_id)
    await expect(in_list(bob.page, alice.person)).to_contain_text("Owner")
    # Who has declined is not waited for any more.
    await alice.goes(mill.settings("invites"))
    await expect(region(alice.page, "Waiting for an answer").get_by_text("Nobody is invited at the moment.")).to_be_visible()


@pytest.mark.parametrize("as_a_link", [False, True])
async def test_one_joins_by_a_code_or_a_link_of_another_homeserver(visitors, houses, as_a_link):
    alice, bob = await visitors.at(houses[0], "alice"), await visitors.at(houses[1], "bob")
    garden = await Garden.of(alice.person, "The long garden", description="Beans and bees")
    code = f"{await garden.link()}@{houses[0].name}"
    if as_a_link:
        await bob.goes(f"#/join/{code}")
    else:
        await bob.goes("#/join/")
        await bob.page.get_by_label("Link or code").fill(code)
        await button(bob.page, "Look").click()
        await expect(bob.page).to_have_url(re.compile(f"#/join/{re.escape(code)}$"))
    card = bob.page.get_by_role("article", name="The long garden")
    await expect(card).to_contain_text("Beans and bees")
    await expect(card).to_contain_text("1 member")
    await expect(card).to_contain_text(houses[0].name)
    await enters(alice, garden)
    await button(card, "Join").click()
    await expect(bob.page.get_by_role("heading", name="The long garden", level=1)).to_be_visible()
    await expect(in_list(alice.page, bob.person)).to_be_visible()
    await bob.goes(f"#/join/{code}")
    await expect(card).to_contain_text("You are in it already.")
    await expect(button(card, "Open")).to_be_visible()
    assert await bob.navigations() == 0


async def test_a_link_that_a_member_elsewhere_makes_leads_to_the_community(visitors, houses):
    """It is copied at one homeserver, and pasted at the other."""
    alice, bob = await houses[0].person("alice"), await visitors.at(houses[1], "bob")
    carol, dora = await visitors.at(houses[0], "carol"), await visitors.at(houses[1], "dora")
    garden = await (await Garden.of(alice)).joined_by(bob.person)
    await bob.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await bob.goes(garden.settings("invites"))
    await button(bob.page, "Make and copy").click()
    await expect(bob.page.get_by_text("used 0 times")).to_be_visible()
    link = await bob.page.evaluate("navigator.clipboard.readText()")
    for visitor in carol, dora:
        await visitor.goes("#/join/")
        await visitor.page.get_by_label("Link or code").fill(link)
        await button(visitor.page, "Look").click()
        await button(visitor.page.get_by_role("article", name="Garden"), "Join").click()
        await expect(rail(visitor.page, "Garden")).to_be_visible()
    await expect(in_list(await members_of(bob, garden), dora.person)).to_be_visible()
    await expect(in_list(bob.page, carol.person)).to_be_visible()


async def members_of(visitor, garden):
    await enters(visitor, garden)
    return visitor.page


@pytest.mark.alone
async def test_what_is_unread_is_the_same_in_two_tabs_also_elsewhere(visitors, houses):
    """Hard test 16, for a channel of another homeserver."""
    alice, bob = await houses[0].person("alice"), await visitors.at(houses[1], "bob")
    garden = await (await Garden.of(alice)).joined_by(bob.person)
    await garden.channel("quiet")
    await bob.goes(garden.place())
    tab = await bob.another_tab("/" + garden.place())
    pages = (bob.page, tab)
    for page in pages:
        await expect(entry(page, "quiet")).to_be_visible()
    await alice.connects()
    await garden.says(alice, "to nobody")
    await garden.says(alice, f"to you, @{bob.person.name}", mentions=[bob.user_id])
    for page in pages:
        await page.evaluate(WAITS_FOR_BADGES, "2")
    await garden.says(alice, "to all of you, @everyone", mentions=["everyone"])
    told = time.time() * 1000
    for page in pages:
        assert await page.evaluate("badgesShown") - told <= 1000
        await expect(entry(page, "general")).to_have_accessible_name(re.compile("2 mentions"))
        await expect(rail(page, "Garden, 2 mentions")).to_be_visible()
        await expect(entry(page, "quiet")).to_have_accessible_name("quiet")
    # Read in one, read in the other within a second.
    for page in pages:
        await page.evaluate(WAITS_FOR_BADGES, "")
    await enters(bob, garden, page=tab)
    await bob.sees("to all of you, @everyone", tab)
    seen = await tab.evaluate("badgesShown")
    for page in pages:
        assert await page.evaluate("badgesShown") - seen <= 1000
        await expect(rail(page, "Garden")).to_have_accessible_name("Garden")
        await expect(entry(page, "general")).to_have_accessible_name("general")
    await enters(bob, garden, "quiet", tab)
    await garden.says(alice, "and another one")
    for page in pages:
        await expect(entry(page, "general")).to_have_accessible_name(re.compile("1 unread message"))
    await bob.page.reload()
    await expect(rail(bob.page, "Garden, unread messages")).to_be_visible()
    await expect(entry(bob.page, "general")).to_have_accessible_name(re.compile("1 unread message"))


async def test_what_an_administrator_elsewhere_changes_everybody_sees(visitors, houses):
    alice, bob = await visitors.at(houses[0], "alice"), await visitors.at(houses[1], "bob")
    carol = await visitors.at(houses[0], "carol")
    garden = await (await Garden.of(alice.person)).joined_by(bob.person, carol.person)
    await garden.channel("sheds")
    await garden.gives(bob.person, "Administrator")
    await enters(alice, garden)
    await carol.goes(garden.place())
    await expect(entry(carol.page, "sheds")).to_be_visible()

    # A role is given, and seen at the other homeserver.
    await enters(bob, garden)
    await member_menu(bob, carol.person, "Roles")
    dialog = bob.page.get_by_role("dialog", name=f"Roles of {carol.person.name}")
    await dialog.get_by_role("switch", name="Moderator").click()
    await button(dialog, "Save").click()
    await expect(dialog).to_have_count(0)
    for visitor in alice, bob:
        await expect(in_list(visitor.page, carol.person)).to_contain_text("Moderator")

    # A channel is made private: who has not the role sees it go.
    dora = await visitors.at(houses[1], "dora")
    await garden.joined_by(dora.person)
    await dora.goes(garden.place())
    await expect(entry(dora.page, "sheds")).to_be_visible()
    await bob.goes(garden.settings("channels"))
    await button(bob.page, "Permissions: sheds").click()
    dialog = bob.page.get_by_role("dialog", name="Permissions in #sheds")
    await dialog.get_by_label("See channels").select_option("deny")
    await button(dialog, "Save").click()
    await expect(dialog).to_have_count(0)
    for visitor in dora, carol:
        await expect(entry(visitor.page, "sheds")).to_have_count(0)
        await expect(entry(visitor.page, "general")).to_be_visible()
    await expect(entry(alice.page, "sheds").get_by_text("Private channel")).to_be_attached()

    # The community gets another name, and the one who has changed it reads it, too.
    await bob.goes(garden.settings("general"))
    await region(bob.page, "General").get_by_label("Name", exact=True).fill("Allotments")
    await button(bob.page, "Save").click()
    await expect(bob.page.get_by_text("Saved.")).to_be_visible()
    for visitor in alice, bob, carol, dora:
        await expect(rail(visitor.page, "Allotments")).to_be_visible()


async def test_leaving_and_being_removed(visitors, houses):
    alice, bob, dora = await visitors.at(houses[0], "alice"), await visitors.at(houses[1], "bob"), await visitors.at(houses[1], "dora")
    garden = await (await Garden.of(alice.person)).joined_by(bob.person, dora.person)
    await enters(alice, garden)
    await enters(bob, garden)
    await enters(dora, garden)
    await button(bob.page, "More about this community").click()
    await bob.page.get_by_role("menuitem", name="Leave").click()
    await button(bob.page.get_by_role("alertdialog", name="Leave Garden?"), "Leave").click()
    await expect(rail(bob.page, "Garden")).to_have_count(0)
    for visitor in alice, dora:
        await expect(in_list(visitor.page, bob.person)).to_have_count(0)
    await member_menu(alice, dora.person, "Remove")
    await button(alice.page.get_by_role("dialog", name=f"Remove {dora.person.name}?"), "Remove").click()
    await expect(dora.page.locator(".toast", has_text="You were removed from Garden.")).to_be_visible()
    await expect(dora.page.get_by_role("heading", name="You are not in this community")).to_be_visible()
    await expect(rail(dora.page, "Garden")).to_have_count(0)
    await expect(in_list(alice.page, dora.person)).to_have_count(0)
