"""Hard test 21: moderation from the page's menus, live at both homeservers of a community, whoever of them the moderator lives on; and its audit log."""

import time

import pytest
from playwright.async_api import expect
from stage.garden import Garden, button, enters, member_menu, rail, region

# Within how much (ms) of the act open sockets show it.
AT_ONCE = 1000

# When (ms) a question was answered with this button: what it asks for is sent within the same click.
NOTES_THE_ACT = """label => {
    document.addEventListener('click', (event) => {
        if (event.target.closest('dialog button')?.textContent.trim() === label) globalThis.actedAt = Date.now();
    }, { capture: true });
    return null;
}"""
# When (ms) the page first is as it should be.
WAITS = """([selector, isThere, words]) => {
    globalThis.seenAt = new Promise((resolve) => {
        const found = () => [...document.querySelectorAll(selector)].some((one) => one.checkVisibility() && one.textContent.includes(words));
        const look = () => (found() === isThere ? resolve(Date.now()) : setTimeout(look, 5));
        look();
    });
    return null;
}"""


async def waits(visitor, selector, is_there=True, words=""):
    await visitor.page.evaluate(WAITS, [selector, is_there, words])


async def acts(moderator, title, label, fill=None):
    """Answers the question that stands before a deed."""
    dialog = moderator.page.get_by_role("dialog", name=title).locator("form")
    await moderator.page.evaluate(NOTES_THE_ACT, label)
    if fill:
        await fill(dialog)
    await button(dialog, label).click()
    await expect(dialog).to_have_count(0)


async def saw_at_once(moderator, *visitors):
    """All of them saw it within a second of the act."""
    acted = await moderator.page.evaluate("actedAt")
    late = {visitor.user_id: await visitor.page.evaluate("seenAt") - acted for visitor in visitors}
    assert all(0 <= it <= AT_ONCE for it in late.values()), late


@pytest.fixture(params=["at the host", "elsewhere"])
def side(request):
    """Where the moderator lives: there, too, live those who are moderated."""
    return request.param


async def company(visitors, houses, side):
    """The owner, who is at the host; the moderator; and one to be moderated at each homeserver. All look at the channel."""
    owner = await houses[0].person("owner")
    moderator = await visitors.at(houses[0 if side == "at the host" else 1], "moderator")
    here, there = await visitors.at(houses[0], "inge"), await visitors.at(houses[1], "otto")
    garden = await (await Garden.of(owner)).joined_by(moderator.person, here.person, there.person)
    for name in "Moderator", "Administrator":
        await garden.gives(moderator.person, name)
    # What the moderator may do has come to his page.
    await moderator.goes(garden.settings("audit"))
    await expect(region(moderator.page, "Audit log")).to_be_visible()
    for visitor in moderator, here, there:
        await enters(visitor, garden)
        await expect(visitor.page.locator("home-member-list button.member")).to_have_count(4)
    return garden, moderator, here, there


async def log_says(visitor, garden, *lines):
    """The audit log, as the page shows it; each of the lines is what an entry has to say."""
    await visitor.goes(garden.settings("audit"))
    log = region(visitor.page, "Audit log")
    for words in lines:
        entries = log.get_by_role("listitem")
        for part in words:
            entries = entries.filter(has_text=part)
        await expect(entries).to_have_count(1)


async def in_both_logs(visitors, houses, garden, *lines):
    """The log of both homeservers: read by an administrator of each."""
    for house in houses:
        reader = await visitors.at(house, "reader")
        await garden.joined_by(reader.person)
        await garden.gives(reader.person, "Administrator")
        await log_says(reader, garden, *lines)


@pytest.mark.alone
async def test_a_time_out_and_its_end(visitors, houses, side):
    garden, moderator, here, there = await company(visitors, houses, side)
    for one in here, there:
        await waits(one, ".conversation-note", words="You cannot write here until")
        others = [it for it in (moderator, here, there) if it is not one]
        for other in others:
            await waits(other, "home-member-list button.member", words=f"{one.person.name}Paused")
        await member_menu(moderator, one.person, "Pause")
        await acts(moderator, f"Pause {one.person.name}?", "Pause", lambda dialog: dialog.get_by_label("Reason").fill("shouting"))
        await saw_at_once(moderator, here, there, moderator)
        await expect(one.composer()).to_have_count(0)
        await member_menu(moderator, one.person, "End the pause")
        await expect(one.composer()).to_be_visible()
        await one.writes(f"sorry, says {one.person.name}")
        for other in others:
            await other.sees(f"sorry, says {one.person.name}")
    paused = [[moderator.user_id, "paused somebody", one.user_id, "Reason: shouting"] for one in (here, there)]
    ended = [[moderator.user_id, "ended a pause", one.user_id] for one in (here, there)]
    await in_both_logs(visitors, houses, garden, *paused, *ended)


@pytest.mark.alone
async def test_a_ban_with_what_was_written(visitors, houses, side):
    garden, moderator, here, there = await company(visitors, houses, side)
    code = await garden.link()
    witnesses = [moderator]
    for house in houses:
        witness = await visitors.at(house, "witness")
        await garden.joined_by(witness.person)
        await enters(witness, garden)
        witnesses.append(witness)
    for one in here, there:
        text = f"spam of {one.person.name}"
        await one.writes(text)
        for visitor in (*witnesses, one):
            await visitor.sees(text)
        await waits(one, "main", words="You are not in this community")
        for witness in witnesses:
            await waits(witness, "[role=log] .message-text", False, text)

        async def with_purge(dialog):
            await dialog.get_by_label("Delete what they wrote in the last").select_option("3600")
            await dialog.get_by_label("Reason").fill("spam")

        await member_menu(moderator, one.person, "Ban")
        await acts(moderator, f"Ban {one.person.name}?", "Ban", with_purge)
        await saw_at_once(moderator, one, *witnesses)
        await expect(one.page.locator(".toast", has_text="You were banned from Garden.")).to_be_visible()
        await expect(rail(one.page, "Garden")).to_have_count(0)
        for witness in witnesses:
            await expect(witness.page.locator("home-member-list button.member", has_text=one.person.name)).to_have_count(0)
        # The link leads nowhere for him, from wherever he comes.
        one.allows("404 (Not Found)")
        await one.goes(f"#/join/{code}@{houses[0].name}")
        await expect(one.page.get_by_text("This link is unknown, used up or no longer valid.")).to_be_visible()
    banned = [[moderator.user_id, "banned somebody", one.user_id, "Reason: spam"] for one in (here, there)]
    purged = [[moderator.user_id, "deleted the messages of somebody", one.user_id] for one in (here, there)]
    await in_both_logs(visitors, houses, garden, *banned, *purged)


@pytest.mark.alone
async def test_slow_mode(visitors, houses, side):
    garden, moderator, here, there = await company(visitors, houses, side)
    await moderator.goes(garden.settings("channels"))
    await button(region(moderator.page, "Channels"), "Edit: general").click()
    for one in here, there:
        await waits(one, ".conversation-header", words="Slow mode: one message every 30 seconds")
    await acts(moderator, "Edit #general", "Save", lambda dialog: dialog.get_by_label("Time between two messages").select_option("30"))
    await saw_at_once(moderator, here, there)
    for one in here, there:
        await one.writes("first")
        await expect(one.row("first").last).to_have_attribute("data-state", "sent")
    # One waits for one's turn, wherever one lives.
    for one, text in (here, "too soon"), (there, "in haste"):
        await one.writes(text)
        await expect(one.row(text)).to_have_attribute("data-state", "pending")
    # It binds nobody who may write without it.
    await enters(moderator, garden)
    for text in "one", "two":
        await moderator.writes(f"moderator says {text}")
    for visitor in here, there:
        await visitor.sees("moderator says two")
        await expect(visitor.log().get_by_text("too soon", exact=True)).to_have_count(1 if visitor is here else 0)
        await expect(visitor.log().get_by_text("in haste", exact=True)).to_have_count(1 if visitor is there else 0)
    await moderator.goes(garden.settings("channels"))
    await button(region(moderator.page, "Channels"), "Edit: general").click()
    for one, text in (here, "in haste"), (there, "too soon"):
        await waits(one, "[role=log] .message-text", words=text)
    await acts(moderator, "Edit #general", "Save", lambda dialog: dialog.get_by_label("Time between two messages").select_option("0"))
    # What waited goes at once.
    await saw_at_once(moderator, here, there)
    for one in here, there:
        await expect(one.page.locator(".conversation-header").get_by_text("Slow mode")).to_have_count(0)
        await expect(one.log().locator("[data-state=pending]")).to_have_count(0)
    reader = await visitors.at(houses[1], "reader")
    await garden.joined_by(reader.person)
    await garden.gives(reader.person, "Administrator")
    await reader.goes(garden.settings("audit"))
    changes = region(reader.page, "Audit log").get_by_role("listitem").filter(has_text=moderator.user_id).filter(has_text="changed a channel")
    await expect(changes).to_have_count(2)


async def test_an_invite_link_that_has_expired(visitors, houses, side):
    garden, moderator, here, there = await company(visitors, houses, side)
    code = await garden.link()
    host = houses[0].name
    strangers = [await visitors.at(house, "stranger") for house in houses]
    for stranger in strangers:
        await stranger.goes(f"#/join/{code}@{host}")
        await expect(button(stranger.page.get_by_role("article", name="Garden"), "Join")).to_be_visible()
    # As if it had been made long ago.
    await houses[0].query("UPDATE community_links SET created_at = created_at - interval '2 hours', expires_at = now() - interval '1 hour' WHERE code = %s", code)
    for stranger in strangers:
        stranger.allows("404 (Not Found)")
        await button(stranger.page, "Join").click()
        await expect(stranger.page.get_by_text("This link is unknown, used up or no longer valid.")).to_be_visible()
        await stranger.page.reload()
        await expect(stranger.page.get_by_text("This link is unknown, used up or no longer valid.")).to_be_visible()
        await expect(rail(stranger.page, "Garden")).to_have_count(0)
    # One that the moderator makes and revokes is in the log, which both homeservers show.
    await moderator.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await moderator.goes(garden.settings("invites"))
    links = region(moderator.page, "Invite links")
    await button(moderator.page, "Make and copy").click()
    made = links.get_by_role("listitem").filter(has_text=moderator.user_id)
    await expect(made).to_have_count(1)
    await button(made, "Revoke").click()
    await expect(made).to_have_count(0)
    await in_both_logs(visitors, houses, garden, [moderator.user_id, "made an invite link"], [moderator.user_id, "revoked an invite link"])
