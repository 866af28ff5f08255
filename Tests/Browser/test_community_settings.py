"""The settings of a community, and moderation from the message and the member: done by one, seen by others at once."""

import re

from playwright.async_api import expect
from stage.examination import barriers, misfits
from stage.garden import Garden, answers, button, confirms, enters, entry, member_menu, message_menu, rail, region


async def two_in_a_garden(visitors, houses):
    alice, bob = await visitors.at(houses[0], "alice"), await visitors.at(houses[0], "bob")
    garden = await (await Garden.of(alice.person)).joined_by(bob.person)
    return alice, bob, garden


async def test_name_and_channels(visitors, houses):
    alice, bob, garden = await two_in_a_garden(visitors, houses)
    await bob.goes(garden.place())
    await expect(entry(bob.page, "general")).to_be_visible()
    await alice.goes(garden.settings("general"))
    await region(alice.page, "General").get_by_label("Name", exact=True).fill("Allotments")
    await button(alice.page, "Save").click()
    await expect(alice.page.get_by_text("Saved.")).to_be_visible()
    await expect(rail(bob.page, "Allotments")).to_be_visible()
    await expect(bob.page.get_by_role("heading", name="Allotments", level=1)).to_be_visible()

    await alice.page.get_by_role("link", name="Channels", exact=True).click()
    form = region(alice.page, "Create a channel")
    await form.get_by_label("Name", exact=True).fill("sheds")
    await form.get_by_label("Topic").fill("What is in them")
    await button(form, "Create a channel").click()
    await expect(form.get_by_text("#sheds is there.")).to_be_visible()
    await expect(entry(bob.page, "sheds")).to_be_visible()
    # One that only some see.
    await form.get_by_label("Name", exact=True).fill("board")
    await form.get_by_role("switch", name="Private channel").click()
    await expect(form.get_by_role("switch", name="Moderator")).to_be_visible()
    await form.get_by_role("switch", name="Moderator").click()
    await button(form, "Create a channel").click()
    await expect(entry(alice.page, "board")).to_be_visible()
    await expect(entry(bob.page, "board")).to_have_count(0)
    await garden.gives(bob.person, "Moderator")
    await expect(entry(bob.page, "board")).to_be_visible()

    channels = region(alice.page, "Channels")
    await button(channels, "Edit: sheds").click()
    await answers(alice.page, "Edit #sheds", "Save", Name="tool sheds", Topic="Tools")
    await expect(entry(bob.page, "tool sheds")).to_be_visible()
    await button(channels, "Move up: tool sheds").click()
    names = bob.page.locator("a.channel-entry > bdi")
    await expect(names).to_have_text(["tool sheds", "general", "board"])
    await enters(bob, garden)
    await button(channels, "Delete channel: general").click()
    await confirms(alice.page, "Delete #general?", "Delete channel")
    await expect(names).to_have_text(["tool sheds", "board"])
    await expect(bob.page.get_by_role("heading", name="This channel is not here")).to_be_visible()


async def test_a_channel_is_moved_without_a_mouse(visitors, houses):
    alice = await visitors.at(houses[0], "alice")
    garden = await Garden.of(alice.person)
    for name in ("bees", "sheds"):
        await garden.channel(name)
    await alice.goes(garden.settings("channels"))
    down = button(region(alice.page, "Channels"), "Move down: general")
    names = alice.page.locator("a.channel-entry > bdi")
    await expect(names).to_have_text(["general", "bees", "sheds"])
    await down.focus()
    for order in (["bees", "general", "sheds"], ["bees", "sheds", "general"]):
        await alice.page.keyboard.press("Enter")
        await expect(names).to_have_text(order)
        await expect(down).to_be_focused()


async def test_roles_and_what_they_allow(visitors, houses):
    alice, bob, garden = await two_in_a_garden(visitors, houses)
    await enters(bob, garden)
    await alice.goes(garden.settings("roles"))
    await button(alice.page, "Create a role").click()
    dialog = alice.page.get_by_role("dialog", name="Create a role")
    await dialog.get_by_label("Name", exact=True).fill("Bee keepers")
    await dialog.get_by_role("switch", name="Manage channels").click()
    await button(dialog, "Create a role").click()
    await expect(region(alice.page, "Roles").get_by_text("Bee keepers")).to_be_visible()
    await enters(alice, garden)
    await member_menu(alice, bob.person, "Roles")
    dialog = alice.page.get_by_role("dialog", name=f"Roles of {bob.person.name}")
    await dialog.get_by_role("switch", name="Bee keepers").click()
    await button(dialog, "Save").click()
    await expect(bob.page.locator("home-member-list").get_by_text("Bee keepers")).to_be_visible()
    # What it allows is there at once.
    await bob.goes(garden.settings("channels"))
    await expect(button(bob.page, "Create a channel")).to_be_visible()
    await expect(bob.page.get_by_role("link", name="Roles", exact=True)).to_have_count(0)
    await bob.goes(garden.settings("roles"))
    await expect(bob.page.get_by_role("heading", name="You may not see this")).to_be_visible()

    # Reading only, by an override of the channel.
    await alice.goes(garden.settings("channels"))
    await button(alice.page, "Permissions: general").click()
    dialog = alice.page.get_by_role("dialog", name="Permissions in #general")
    await dialog.get_by_label("Write messages").select_option("deny")
    await button(dialog, "Save").click()
    await expect(dialog).to_have_count(0)
    await bob.goes(garden.place("general"))
    await expect(bob.page.get_by_role("note")).to_contain_text("You may read here, but not write.")
    await expect(bob.composer()).to_have_count(0)


async def test_a_message_is_deleted_and_another_one_reported(visitors, houses):
    alice, bob, garden = await two_in_a_garden(visitors, houses)
    await enters(alice, garden)
    await enters(bob, garden)
    await alice.writes("buy my tulips")
    await bob.writes("no, buy mine")
    await bob.sees("buy my tulips")
    await message_menu(bob, "buy my tulips", "Report")
    await button(bob.page.get_by_role("dialog"), "Report").click()
    await expect(bob.page.get_by_text("Say what is wrong with it.")).to_be_visible()
    await bob.page.get_by_role("dialog").get_by_label("What is wrong?").fill("an advertisement")
    await button(bob.page.get_by_role("dialog"), "Report").click()
    await expect(bob.page.get_by_text("Reported. Those who handle reports will see it.")).to_be_visible()
    # He may not delete what others wrote.
    await bob.row("buy my tulips").hover()
    await button(bob.row("buy my tulips"), "More to do with this message").click()
    await expect(bob.page.get_by_role("menuitem", name="Report")).to_be_visible()
    await expect(bob.page.get_by_role("menuitem", name="Delete message")).to_have_count(0)
    await bob.page.keyboard.press("Escape")

    await message_menu(alice, "no, buy mine", "Delete message")
    await answers(alice.page, "Delete this message?", "Delete message", Reason="off topic")
    for visitor in alice, bob:
        await expect(visitor.log().get_by_text("This message was deleted.")).to_be_visible()
        await expect(visitor.log().get_by_text("no, buy mine")).to_have_count(0)
    await alice.goes(garden.settings("reports"))
    reports = region(alice.page, "Reports")
    await expect(reports.get_by_role("listitem")).to_contain_text("an advertisement")
    await expect(reports.get_by_role("listitem")).to_contain_text("buy my tulips")
    await button(reports, "Close").click()
    await answers(alice.page, "Close this report", "Close", Note="it was mine")
    await expect(reports.get_by_text("There are none.")).to_be_visible()
    await reports.get_by_role("radio", name="Closed").check()
    await expect(reports.get_by_role("listitem")).to_contain_text("it was mine")
    await alice.goes(garden.settings("audit"))
    log = region(alice.page, "Audit log")
    await expect(log.get_by_role("listitem").filter(has_text="deleted a message")).to_contain_text("off topic")
    await expect(log.get_by_role("listitem").filter(has_text="closed a report")).to_be_visible()


async def test_a_message_is_deleted_without_a_mouse(visitors, houses):
    alice, bob = await visitors.at(houses[0], "alice"), await houses[0].person("bob")
    garden = await (await Garden.of(alice.person)).joined_by(bob)
    await garden.says(bob, "first")
    await garden.says(bob, "second")
    await enters(alice, garden)
    await alice.sees("second")
    page, keys = alice.page, alice.page.keyboard
    await alice.row("second").focus()
    await keys.press("ArrowUp")
    await expect(alice.row("first")).to_be_focused()
    await keys.press("Enter")
    await expect(button(page, "Reply")).to_be_focused()
    await keys.press("ArrowLeft")
    await expect(button(page, "More to do with this message")).to_be_focused()
    await keys.press("Enter")
    await expect(page.get_by_role("menuitem", name="Delete message")).to_be_focused()
    # The menu's keys are its own: neither the bar nor the timeline takes them.
    await keys.press("ArrowDown")
    await expect(page.get_by_role("menuitem", name="Report")).to_be_focused()
    await keys.press("Escape")
    await expect(button(page, "More to do with this message")).to_be_focused()
    await keys.press("ArrowDown")
    await keys.press("Enter")
    await expect(page.get_by_role("dialog", name="Delete this message?").get_by_label("Reason")).to_be_focused()
    await keys.type("by hand")
    await keys.press("Enter")
    await expect(alice.log().get_by_text("This message was deleted.")).to_be_visible()
    await expect(alice.log().get_by_text("first", exact=True)).to_have_count(0)
    assert await page.evaluate("document.activeElement !== document.body")


async def test_members_stay_with_an_open_menu_while_something_else_changes(visitors, houses):
    alice, bob, garden = await two_in_a_garden(visitors, houses)
    page = alice.page
    await enters(alice, garden)
    members = page.locator("home-member-list button.member")
    await members.filter(has_text=bob.person.name).click()
    await expect(page.get_by_role("menuitem", name="Pause", exact=True)).to_be_visible()
    # What else there is of the community is asked for again each time; once the second has come, the first has been shown.
    for topic in ("what grows", "what does not"):
        async with page.expect_response(f"**/api/v1/servers/{garden.id}"):
            (await alice.person.http("PATCH", f"/channels/{garden.channels['general']}", json={"topic": topic})).expect(200)
        await expect(page.get_by_text(topic, exact=True)).to_be_visible()
    await expect(page.get_by_role("menuitem", name="Pause", exact=True)).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(members.filter(has_text=bob.person.name)).to_be_focused()
    # Nothing but the owner is another one.
    await expect(members.filter(has_text=alice.person.name)).to_contain_text("Owner")
    (await alice.person.http("POST", f"/servers/{garden.id}/transfer", json={"user_id": bob.user_id})).expect(204)
    await expect(members.filter(has_text=bob.person.name)).to_contain_text("Owner")
    await expect(members.filter(has_text=alice.person.name)).not_to_contain_text("Owner")


async def test_a_pause_and_its_end(visitors, houses):
    alice, bob, garden = await two_in_a_garden(visitors, houses)
    await enters(alice, garden)
    await enters(bob, garden)
    await member_menu(alice, bob.person, "Pause")
    await answers(alice.page, f"Pause {bob.person.name}?", "Pause", Reason="shouting")
    await expect(bob.page.get_by_role("note")).to_contain_text("You cannot write here until")
    await expect(bob.composer()).to_have_count(0)
    await expect(alice.page.locator("home-member-list button.member", has_text=bob.person.name)).to_contain_text("Paused")
    await member_menu(alice, bob.person, "End the pause")
    await expect(bob.composer()).to_be_visible()
    await bob.writes("sorry")
    await alice.sees("sorry")


async def test_a_ban_with_what_was_written_and_its_end(visitors, houses):
    alice, bob, garden = await two_in_a_garden(visitors, houses)
    await enters(alice, garden)
    await enters(bob, garden)
    await bob.writes("spam spam spam")
    await alice.sees("spam spam spam")
    await member_menu(alice, bob.person, "Ban")
    dialog = alice.page.get_by_role("dialog", name=f"Ban {bob.person.name}?")
    await dialog.get_by_label("Delete what they wrote in the last").select_option("3600")
    await button(dialog, "Ban").click()
    await expect(bob.page.locator(".toast", has_text="You were banned from Garden.")).to_be_visible()
    await expect(alice.log().get_by_text("This message was deleted.")).to_be_visible()
    bob.allows("404 (Not Found)")
    code = await garden.link()
    await bob.goes(f"#/join/{code}")
    await expect(bob.page.get_by_text("This link is unknown, used up or no longer valid.")).to_be_visible()
    await alice.goes(garden.settings("members"))
    banned = region(alice.page, "Banned")
    await expect(banned.get_by_role("listitem")).to_contain_text(bob.user_id)
    await button(banned, f"Lift the ban of {bob.person.name}").click()
    await expect(banned.get_by_text("Nobody is banned.")).to_be_visible()
    await button(bob.page, "Try again").click()
    await button(bob.page, "Join").click()
    await expect(rail(bob.page, "Garden")).to_be_visible()


async def test_invitations_are_withdrawn_and_links_revoked(visitors, houses):
    alice, bob = await visitors.at(houses[0], "alice"), await visitors.at(houses[0], "bob")
    garden = await Garden.of(alice.person)
    await garden.link(max_uses=10)
    await alice.goes(garden.settings("invites"))
    await region(alice.page, "Invite somebody").get_by_label("Address").fill(bob.person.name)
    await button(alice.page, "Invite").click()
    await expect(alice.page.get_by_text(f"{bob.user_id} is invited.")).to_be_visible()
    await expect(rail(bob.page, "Create or join a community, 1 invitation")).to_be_visible()
    waiting = region(alice.page, "Waiting for an answer")
    await button(waiting, f"Withdraw: {bob.user_id}").click()
    await expect(waiting.get_by_text("Nobody is invited at the moment.")).to_be_visible()
    await expect(rail(bob.page, "Create or join a community")).to_have_accessible_name("Create or join a community")
    links = region(alice.page, "Invite links")
    await expect(links.get_by_role("listitem")).to_contain_text("used 0 of 10 times")
    await button(links, "Revoke").click()
    await expect(links.get_by_text("There are no links.")).to_be_visible()


async def test_who_joined_by_a_link_is_told(visitors, houses):
    alice, carol = await visitors.at(houses[0], "alice"), await houses[1].person("carol")
    garden = await (await Garden.of(alice.person)).joined_by(carol)
    unused = await garden.link()
    await alice.goes(garden.settings("invites"))
    links = region(alice.page, "Invite links")
    row = links.get_by_role("listitem").filter(has_text="used 1 time")
    who = row.get_by_text("Who joined by it")
    await who.press("Enter")
    await expect(row.get_by_role("listitem")).to_contain_text(carol.user_id)
    await alice.screenshot("who-joined-by-a-link")
    assert [*await misfits(alice.page), *await barriers(alice.page)] == []
    await who.press("Enter")
    await expect(row.get_by_role("listitem")).to_be_hidden()
    await expect(links.get_by_role("listitem").filter(has_text=unused).get_by_text("Who joined by it")).to_have_count(0)


async def test_leaving_handing_on_and_deleting(visitors, houses):
    alice, bob, garden = await two_in_a_garden(visitors, houses)
    await alice.goes(garden.settings("general"))
    await region(alice.page, "Hand the community on").get_by_label("Address").fill(bob.person.name)
    await button(alice.page, "Hand on").click()
    await confirms(alice.page, "Hand the community on", "Hand on")
    await expect(region(alice.page, "Leave")).to_be_visible()
    await bob.goes(garden.settings("general"))
    await expect(region(bob.page, "Delete the community")).to_be_visible()
    await button(region(alice.page, "Leave"), "Leave").click()
    await confirms(alice.page, "Leave Garden?", "Leave")
    await expect(rail(alice.page, "Garden")).to_have_count(0)
    await expect(alice.page).to_have_url(re.compile(r"#/$"))
    await button(bob.page, "Delete for good").click()
    await confirms(bob.page, "Delete Garden?", "Delete for good")
    await expect(rail(bob.page, "Garden")).to_have_count(0)
