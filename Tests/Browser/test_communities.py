"""Communities from the page: making one, coming in by a link or an invitation, writing in channels, mentions, and what is unread, in all tabs."""

import asyncio
import re
import time

import pytest
from harness.waiting import eventually
from playwright.async_api import expect
from stage.examination import barriers, misfits
from stage.frames import BROKEN, changes_frames, traced
from stage.garden import WAITS_FOR_BADGES, Garden, button, enters, entry, rail
from stage.page import tries_now
from stage.permissions import permits


async def creates(visitor, name, description=""):
    await rail(visitor.page, "Create or join a community").click()
    await visitor.page.get_by_label("Name", exact=True).fill(name)
    await visitor.page.get_by_label("Description").fill(description)
    await button(visitor.page, "Create").click()
    await expect(visitor.page.get_by_role("heading", name=name, level=1)).to_be_visible()


async def test_from_nothing_to_two_who_write_to_each_other(visitors, houses):
    alice, bob = await visitors.at(houses[0], "alice"), await visitors.at(houses[0], "bob")
    await creates(alice, "The long garden", "Beans and bees")
    await expect(rail(alice.page, "The long garden")).to_have_attribute("aria-current", "true")
    await entry(alice.page, "general").click()
    await expect(alice.page.get_by_role("textbox", name="Message to #general")).to_be_focused()
    await alice.writes("Is anybody here?")
    await expect(alice.row("Is anybody here?")).to_have_attribute("data-state", "sent")

    # The link is copied, and stands in the list.
    await permits(alice, "clipboard-write", "granted")
    await permits(alice, "clipboard-read", "granted")
    await button(alice.page, "More about this community").click()
    await alice.page.get_by_role("menuitem", name="Invite people").click()
    await button(alice.page, "Make and copy").click()
    await expect(alice.page.get_by_text("used 0 times")).to_be_visible()
    link = await alice.page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(f"{alice.origin}/#/join/"), link

    await bob.goes(link.removeprefix(alice.origin + "/"))
    card = bob.page.get_by_role("article", name="The long garden")
    await expect(card).to_contain_text("Beans and bees")
    await expect(card).to_contain_text("1 member")
    await button(card, "Join").click()
    await expect(bob.page.get_by_role("heading", name="The long garden", level=1)).to_be_visible()
    await entry(bob.page, "general").click()
    await bob.sees("Is anybody here?")
    await bob.writes("I am")
    await alice.page.go_back()
    await alice.sees("I am")
    await expect(alice.row("I am")).to_contain_text(bob.person.name)
    await expect(alice.page.locator("home-member-list").get_by_text(bob.person.name, exact=True)).to_be_visible()
    assert await alice.navigations() == await bob.navigations() == 0


async def test_an_invitation_is_a_card_that_one_accepts_or_declines(visitors, houses):
    alice, bob = await houses[0].person("alice"), await visitors.at(houses[0], "bob")
    orchard, mill = await Garden.of(alice, "Orchard"), await Garden.of(alice, "Mill")
    for garden in orchard, mill:
        (await alice.http("POST", f"/servers/{garden.id}/invites", json={"user_id": bob.user_id})).expect(201)
    toast = bob.page.locator(".toast", has_text="invites you to Mill.")
    await expect(toast).to_be_visible()
    await expect(rail(bob.page, "Create or join a community")).to_have_accessible_name("Create or join a community, 2 invitations")
    await button(toast, "Look").click()
    cards = bob.page.get_by_role("region", name="Invitations").get_by_role("listitem")
    await expect(cards).to_have_count(2)
    await button(cards.filter(has_text="Mill"), "Decline").click()
    await expect(cards).to_have_count(1)
    await expect(toast).to_be_hidden()
    await button(cards.filter(has_text="Orchard"), "Accept").click()
    await expect(bob.page.get_by_role("heading", name="Orchard", level=1)).to_be_visible()
    await expect(rail(bob.page, "Orchard")).to_be_visible()
    await expect(rail(bob.page, "Mill")).to_have_count(0)
    await expect(rail(bob.page, "Create or join a community")).to_have_accessible_name("Create or join a community")


async def test_a_link_that_leads_nowhere_says_so(visitors, houses):
    alice, bob = await houses[0].person("alice"), await visitors.at(houses[0], "bob")
    garden = await Garden.of(alice)
    revoked, once = await garden.link(), await garden.link(max_uses=1)
    (await alice.http("DELETE", f"/servers/{garden.id}/invite-links/{revoked}")).expect(204)
    carol = await houses[0].person("carol")
    (await carol.http("POST", f"/invite-links/{once}/join")).expect(200)
    bob.allows("404 (Not Found)")
    await bob.goes("#/join/")
    for code in ("unknown0", revoked, once):
        await bob.page.get_by_label("Link or code").fill(f"{bob.origin}/#/join/{code}")
        await button(bob.page, "Look").click()
        await expect(bob.page).to_have_url(re.compile(f"#/join/{code}$"))
        await expect(bob.page.get_by_text("This link is unknown, used up or no longer valid.")).to_be_visible()
    await bob.page.get_by_label("Link or code").fill("what is this?")
    await button(bob.page, "Look").click()
    await expect(bob.page.get_by_text("This is no invite link and no code.")).to_be_visible()


@pytest.mark.alone
async def test_what_is_unread_is_the_same_in_all_tabs(visitors, houses):
    alice, bob = await houses[0].person("alice"), await visitors.at(houses[0], "bob")
    garden = await (await Garden.of(alice)).joined_by(bob.person)
    await garden.channel("quiet")
    await bob.goes(garden.place())
    tab = await bob.another_tab("/" + garden.place())
    phone = await visitors.again(bob)
    await phone.goes(garden.place())
    pages = (bob.page, tab, phone.page)
    for page in pages:
        await expect(entry(page, "general")).to_be_visible()
    await alice.connects()
    await garden.says(alice, "to nobody")
    await garden.says(alice, f"to you, @{bob.person.name}", mentions=[bob.user_id])
    for page in pages:
        await page.evaluate(WAITS_FOR_BADGES, "2")
    await garden.says(alice, "to all of you, @everyone", mentions=["everyone"])
    told = time.time() * 1000
    for page in pages:
        assert await page.evaluate("badgesShown") - told <= 1000
        await expect(entry(page, "general")).to_have_accessible_name(re.compile(r"2 mentions"))
        await expect(rail(page, "Garden, 2 mentions")).to_be_visible()
        await expect(page).to_have_title(re.compile(r"^\(2\) "))
        await expect(entry(page, "quiet")).to_have_accessible_name("quiet")

    # Read in one, read in all: within a second of what the homeserver was told, which is at most a second after it was seen.
    for page in pages:
        await page.evaluate(WAITS_FOR_BADGES, "")
    await enters(bob, garden, page=tab)
    await bob.sees("to all of you, @everyone", tab)
    seen = await tab.evaluate("badgesShown")
    for page in pages:
        assert await page.evaluate("badgesShown") - seen <= 1000
        await expect(rail(page, "Garden")).to_have_accessible_name("Garden")
        await expect(entry(page, "general")).to_have_accessible_name("general")
    # A message that mentions nobody shows, and does not count.
    await enters(bob, garden, "quiet", tab)
    await garden.says(alice, "and another one")
    for page in pages:
        await expect(rail(page, "Garden, unread messages")).to_be_visible()
        await expect(entry(page, "general")).to_have_accessible_name(re.compile("1 unread message"))
    # After a reload the homeserver says the same.
    await bob.page.reload()
    await expect(rail(bob.page, "Garden, unread messages")).to_be_visible()
    await expect(entry(bob.page, "general")).to_have_accessible_name(re.compile("1 unread message"))


async def test_what_was_deleted_unread_is_not_unread_any_more(visitors, houses):
    alice, bob, pest = await houses[0].person("alice"), await visitors.at(houses[0], "bob"), await houses[0].person("pest")
    garden = await (await Garden.of(alice)).joined_by(bob.person, pest)
    for number in range(3):
        await garden.says(pest, f"@everyone buy {number}", mentions=[bob.user_id])
    await garden.says(alice, f"@{bob.person.name}, do not buy", mentions=[bob.user_id])
    # In neither tab it was ever looked at; one has heard of it only from `ready`.
    await expect(rail(bob.page, "Garden, 4 mentions")).to_be_visible()
    await bob.page.reload()
    tab = await bob.another_tab()
    for page in bob.page, tab:
        await expect(rail(page, "Garden, 4 mentions")).to_be_visible()
    (await alice.http("PUT", f"/servers/{garden.id}/bans/{pest.user_id}", json={"purge_seconds": 3600})).expect(204)
    for page in bob.page, tab:
        await expect(rail(page, "Garden, 1 mention")).to_be_visible()
    await enters(bob, garden)
    await expect(bob.log().get_by_text("This message was deleted.")).to_have_count(3)
    for page in bob.page, tab:
        await expect(rail(page, "Garden")).to_have_accessible_name("Garden")


async def test_what_an_answer_has_counted_is_not_lost_when_its_frames_come_later(visitors, houses):
    said, slow, held = asyncio.Event(), True, []

    def late(frame):
        if slow and (held or frame["type"] == "new-channel-message"):
            held.append(frame)
            return []
        frames = [*held, frame]
        held.clear()
        return frames

    async def answered(route):
        await said.wait()
        await route.continue_()

    bob, _ = await traced(visitors, houses[0], "bob", before=lambda bob: changes_frames(bob, late))
    await bob.page.route("**/api/v1/servers/*", answered)
    alice, pest = await houses[0].person("alice"), await houses[0].person("pest")
    garden = await (await Garden.of(alice)).joined_by(bob.person, pest)
    for number in range(3):
        await garden.says(pest, f"@everyone buy {number}", mentions=[bob.user_id])
    said.set()
    await expect(rail(bob.page, "Garden, 3 mentions")).to_be_visible()
    assert len(held) == 3
    slow = False
    await garden.says(alice, f"@{bob.person.name}, do not buy", mentions=[bob.user_id])
    await expect(rail(bob.page, "Garden, 4 mentions")).to_be_visible()
    # Each of them is told, too.
    await expect(bob.page.locator(".toast", has_text="do not buy")).to_be_visible()
    await bob.page.reload()
    await expect(rail(bob.page, "Garden, 4 mentions")).to_be_visible()


@pytest.mark.parametrize("name", ["bob", "mary-ann"])
async def test_mentions_are_completed_and_stand_out(visitors, houses, name):
    alice, bob = await visitors.at(houses[0], "alice"), await visitors.at(houses[0], name)
    garden = await (await Garden.of(alice.person)).joined_by(bob.person)
    await garden.role("Bee keepers")
    await garden.gives(bob.person, "Bee keepers")
    await enters(alice, garden)
    await expect(alice.page.locator("home-member-list").get_by_text(bob.person.name, exact=True)).to_be_visible()
    await expect(alice.page.locator("home-member-list").get_by_text("Bee keepers")).to_be_visible()
    box = alice.composer()
    await box.press_sequentially(f"hello @{bob.person.name[:2]}")
    option = alice.page.get_by_role("option", name=bob.person.name)
    await expect(option).to_have_attribute("aria-selected", "true")
    await box.press("Enter")
    await expect(box).to_have_value(f"hello @{bob.person.name} ")
    await box.press_sequentially("and @bee")
    await expect(alice.page.get_by_role("option", name="Bee keepers")).to_be_visible()
    await box.press("Tab")
    await box.press_sequentially("and @ev")
    await expect(alice.page.get_by_role("option", name="everyone")).to_be_visible()
    await box.press("Escape")
    await box.press("Enter")
    sent = alice.row("hello")
    await expect(sent).to_have_attribute("data-state", "sent")
    await expect(sent.locator(".mention")).to_have_text([f"@{bob.person.name}", "@Bee keepers"])

    await expect(bob.page.locator(".toast", has_text=f"{alice.person.name} in #general: hello @{bob.person.name}")).to_be_visible()
    await expect(rail(bob.page, "Garden, 1 mention")).to_be_visible()
    await bob.page.locator(".toast").get_by_role("button", name="Open", exact=True).click()
    await expect(bob.row("hello")).to_have_class(re.compile("mentions-me"))
    await expect(bob.row("hello").locator(".mention.me")).to_have_text([f"@{bob.person.name}", "@Bee keepers"])
    # He may mention people, and not everybody at once: his words stay words.
    await bob.writes(f"thank you @{alice.person.name}, and not @everyone")
    await expect(alice.row("thank you").locator(".mention.me")).to_have_text([f"@{alice.person.name}"])
    await expect(alice.row("thank you").locator(".mention")).to_have_count(1)


async def test_who_may_not_read_what_was_said_sees_what_is_said(visitors, houses):
    alice, bob = await houses[0].person("alice"), await visitors.at(houses[0], "bob")
    garden = await Garden.of(alice)
    path = f"/channels/{garden.channels['general']}/overrides/everyone"
    await garden.says(alice, "said before")
    (await alice.http("PUT", path, json={"allow": [], "deny": ["read_history"]})).expect(200)
    await garden.joined_by(bob.person)
    await enters(bob, garden)
    await expect(bob.page.get_by_text("What was said here before is not shown to you.")).to_be_visible()
    await garden.says(alice, "said now")
    await bob.sees("said now")
    await bob.writes("heard it")
    await expect(bob.row("heard it")).to_have_attribute("data-state", "sent")
    await expect(rail(bob.page, "Garden")).to_have_accessible_name("Garden")
    await expect(bob.row("said before")).to_have_count(0)
    (await alice.http("DELETE", path)).expect(200)
    await bob.sees("said before")
    await expect(bob.page.get_by_text("This is the beginning of #general.")).to_be_visible()


async def test_what_came_and_cannot_be_had_says_so_where_it_is_missing(visitors, houses):
    away = asyncio.Event()

    def with_a_hole(frame):
        return [{"type": "of-a-newer-homeserver", "s": frame["s"]}] if frame.get("message") == "missed" else [frame]

    async def answered(route):
        if away.is_set():
            await route.fulfill(status=503, json={"code": "unavailable", "message": "not now"})
        else:
            await route.continue_()

    bob, _ = await traced(visitors, houses[0], "bob", before=lambda bob: changes_frames(bob, with_a_hole))
    bob.allows("503 (Service Unavailable)")
    await bob.page.route("**/events?*", answered)
    alice = await houses[0].person("alice")
    garden = await (await Garden.of(alice)).joined_by(bob.person)
    await enters(bob, garden)
    await garden.says(alice, "first")
    await bob.sees("first")
    away.set()
    for text in "missed", "last":
        await garden.says(alice, text)
    trouble = bob.log().get_by_text("What came since could not be loaded.")
    await expect(trouble).to_be_in_viewport()
    await expect(bob.row("last")).to_have_count(0)
    await bob.screenshot("what-came-cannot-be-loaded")
    assert [*await misfits(bob.page), *await barriers(bob.page)] == []
    away.clear()
    # Pressed or by itself, whatever comes first.
    await bob.page.evaluate("document.querySelector('.timeline-bottom button')?.click()")
    for text in "missed", "last":
        await bob.sees(text)
    await expect(trouble).to_have_count(0)


async def test_a_channel_without_a_connection_keeps_what_is_written(visitors, houses):
    alice, bob = await houses[0].person("alice"), await visitors.at(houses[0], "bob")
    bob.allows(*BROKEN)
    garden = await (await Garden.of(alice)).joined_by(bob.person)
    await enters(bob, garden)
    bob.door.refuse()
    bob.door.cut()
    try:
        await bob.writes("written in the tunnel")
        await garden.says(alice, "said meanwhile")
        await expect(bob.row("written in the tunnel")).to_have_attribute("data-state", "pending")
    finally:
        bob.door.accept()
    await tries_now(bob.page)
    await expect(bob.row("written in the tunnel")).to_have_attribute("data-state", "sent", timeout=30_000)
    await bob.sees("said meanwhile")
    assert await bob.texts() == ["said meanwhile", "written in the tunnel"]


async def test_a_community_that_cannot_be_made_says_why(visitors, houses):
    alice = await visitors.at(houses[0], "alice")
    alice.allows(*BROKEN, "400 (Bad Request)")
    await alice.goes("#/join/")
    await button(alice.page, "Create").click()
    await expect(alice.page.get_by_text("Enter a name.")).to_be_visible()
    alice.door.refuse()
    alice.door.cut()
    try:
        await alice.page.get_by_label("Name", exact=True).fill("Nowhere")
        await button(alice.page, "Create").click()
        await expect(alice.page.get_by_role("alert").filter(has_text="The homeserver cannot be reached.")).to_be_visible()
    finally:
        alice.door.accept()
    await tries_now(alice.page)
    await button(alice.page, "Create").click()
    await expect(alice.page.get_by_role("heading", name="Nowhere", level=1)).to_be_visible()


async def test_a_community_that_cannot_be_had_says_so_and_comes_by_itself(visitors, houses):
    """An answer that is none, then the homeserver cannot, then it can again."""
    alice, bob = await houses[0].person("alice"), await visitors.at(houses[0], "bob")
    bob.allows("503 (Service Unavailable)")
    garden = await (await Garden.of(alice)).joined_by(bob.person)
    answers = [(200, '{"server_id": "<b>", "channels": "none"}'), (503, '{"code": "unavailable", "message": "the database is away"}')]

    async def answered(route):
        status, body = answers[0]
        await route.fulfill(status=status, content_type="application/json", body=body)

    await bob.page.route(f"**/api/v1/servers/{garden.id}", answered)
    await bob.page.reload()
    await bob.goes(garden.place())
    await expect(bob.page.get_by_role("heading", name="This community could not be loaded")).to_be_visible()
    await expect(bob.page.get_by_role("main").get_by_role("alert")).to_contain_text("The homeserver made a mistake.")
    answers.pop(0)
    await expect(bob.page.get_by_role("main").get_by_role("alert")).to_contain_text("The homeserver cannot do that right now.", timeout=30_000)
    await bob.page.unroute(f"**/api/v1/servers/{garden.id}")
    await expect(bob.page.get_by_role("heading", name="Garden", level=1)).to_be_visible(timeout=60_000)
    await expect(entry(bob.page, "general")).to_be_visible()


async def test_a_community_without_a_mouse(visitors, houses):
    alice, bob = await houses[0].person("alice"), await visitors.at(houses[0], "bob")
    garden = await (await Garden.of(alice)).joined_by(bob.person)
    await garden.channel("sheds")
    await garden.says(alice, "who is here?")
    page, keys = bob.page, bob.page.keyboard
    await rail(page, "Garden").focus()
    await keys.press("Enter")
    await expect(page.get_by_role("heading", name="Garden", level=1)).to_be_focused()
    await keys.press("Escape")
    await expect(entry(page, "general")).to_be_focused()
    await keys.press("ArrowDown")
    await expect(entry(page, "sheds")).to_be_focused()
    await keys.press("Enter")
    await expect(page.get_by_role("textbox", name="Message to #sheds")).to_be_focused()
    await keys.press("Alt+ArrowUp")
    await expect(page.get_by_role("textbox", name="Message to #general")).to_be_focused()
    await keys.type("me, without a mouse")
    await keys.press("Enter")
    await expect(bob.row("me, without a mouse")).to_have_attribute("data-state", "sent")
    await keys.press("Control+k")
    await expect(page.get_by_role("combobox", name="Name or address")).to_be_focused()
    await keys.type("sheds")
    await expect(page.get_by_role("option", selected=True)).to_contain_text("sheds")
    await keys.press("Enter")
    await expect(page.get_by_role("textbox", name="Message to #sheds")).to_be_focused()


async def test_the_focus_stays_in_a_channel_while_somebody_writes_there(visitors, houses):
    alice, bob = await houses[0].person("alice"), await visitors.at(houses[0], "bob")
    garden = await (await Garden.of(alice)).joined_by(bob.person)
    for name in ("bees", "sheds"):
        await garden.channel(name)
    page, keys = bob.page, bob.page.keyboard
    await enters(bob, garden)
    await entry(page, "general").focus()
    await keys.press("ArrowDown")
    await expect(entry(page, "bees")).to_be_focused()
    await garden.says(alice, "are they awake?", "bees")
    await expect(entry(page, "bees")).to_have_class(re.compile(r"\bunread\b"))
    await expect(entry(page, "bees")).to_be_focused()
    await keys.press("Enter")
    await expect(page.get_by_role("textbox", name="Message to #bees")).to_be_focused()


# What a name may be: text, whatever stands in it.
NAMES = ["<img src=x onerror=harm()>", "\"><script>harm()</script>", "{{harm()}} ${harm()}", "\u202egnp.exe \u2067reversed", "W" * 64, "a\u0300\u0301\u0302" + "\u0303" * 50]


async def test_hostile_names_stay_names(visitors, houses):
    alice, bob = await houses[0].person("alice"), await visitors.at(houses[0], "bob", viewport={"width": 360, "height": 720})
    await bob.page.evaluate("globalThis.harmed = 0; globalThis.harm = () => { harmed += 1; }; null")
    gardens = []
    for name in NAMES:
        garden = await (await Garden.of(alice, name, description=name)).joined_by(bob.person)
        await garden.channel(name, topic=name)
        await garden.role(name, color="#ffffff")
        await garden.gives(bob.person, name)
        await garden.says(alice, f"**@{name}** <b>x</b>", name, mentions=[garden.roles[name], bob.user_id])
        gardens.append((name, garden))
    for name, garden in gardens:
        await bob.goes(garden.place())
        await expect(bob.page.locator(f'a.channel-entry[data-channel="{garden.channels[name]}"]')).to_be_visible()
        await enters(bob, garden, name)
        await expect(bob.log().locator(".message-text")).to_have_count(1)
        await expect(bob.page.locator("home-channel h1")).to_have_text(name)
        await bob.page.get_by_role("button", name="Members", exact=True).click()
        await expect(bob.page.locator("home-member-list button.member")).to_have_count(2)
        await bob.page.get_by_role("button", name="Members", exact=True).click()
        assert await bob.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert await bob.page.evaluate("document.querySelectorAll('home-shell img, home-shell script, home-shell b').length") == 0
    assert await bob.page.evaluate("harmed") == 0


async def test_who_is_put_out_sees_it_at_once_and_everywhere(visitors, houses):
    alice, bob = await houses[0].person("alice"), await visitors.at(houses[0], "bob")
    garden = await (await Garden.of(alice)).joined_by(bob.person)
    other = await visitors.again(bob)
    await enters(bob, garden)
    await other.goes("#/friends")
    await expect(rail(other.page, "Garden")).to_be_visible()
    (await alice.http("DELETE", f"/servers/{garden.id}/members/{bob.user_id}?reason=enough")).expect(204)
    for visitor in bob, other:
        await expect(visitor.page.locator(".toast", has_text="You were removed from Garden.")).to_be_visible()
        await expect(rail(visitor.page, "Garden")).to_have_count(0)
    await expect(bob.page.get_by_role("heading", name="You are not in this community")).to_be_visible()
    await expect(bob.composer()).to_have_count(0)

    async def is_out():
        members = (await alice.http("GET", f"/servers/{garden.id}/members")).expect(200).json["members"]
        return [it["user_id"] for it in members] == [alice.user_id]

    await eventually(is_out, "he is no member")
