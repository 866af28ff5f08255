"""A walk through everything that there is to see. Whoever looks does so at each stop: `async for stop in tour(…)`."""

from playwright.async_api import expect
from stage.garden import enters, entry
from stage.page import tries_now

# What a browser itself says about a connection that ended.
BROKEN = ("WebSocket connection to", "net::ERR_")


async def the_door(visitor):
    """Of somebody who is not in."""
    page = visitor.page
    await expect(page.get_by_role("textbox", name="Name", exact=True)).to_be_visible()
    yield "sign-in"
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(page.get_by_text("Enter your password.")).to_be_visible()
    yield "sign-in-missing"
    await page.get_by_role("button", name="Create an account", exact=True).click()
    await expect(page.get_by_role("button", name="Create account", exact=True)).to_be_visible()
    yield "register"


async def first_steps(visitor):
    """Of somebody who is new."""
    page = visitor.page
    await expect(page.get_by_role("heading", name="Welcome,")).to_be_attached()
    yield "first-steps"
    await visitor.goes("#/friends")
    await expect(page.get_by_role("heading", name="No friends here yet")).to_be_visible()
    yield "no-friends"


async def inside(visitor, neighbourhood):
    """Of mara, whose friends' homeserver is away."""
    page, people = visitor.page, neighbourhood.people
    await expect(visitor.entry(people["theo"])).to_be_visible()
    yield "column"
    await page.get_by_role("button", name="Change your status").click()
    await expect(page.get_by_role("menuitemradio", name="Invisible")).to_be_visible()
    yield "status"
    await page.keyboard.press("Escape")
    for name, text in (("tomasz", "It leaves on the hour."), ("noor", "And does it take the dog?"), ("aylin", "I found the recipe")):
        await visitor.opens(people[name])
        await expect(visitor.row(text).first).to_be_attached()
        yield f"conversation-{name}"
    await visitor.log().evaluate("log => { log.closest('.timeline-scroller').scrollTop = 0 }")
    await expect(page.locator(".jump")).to_be_visible()
    yield "scrolled-back"

    await page.get_by_role("button", name="More about this conversation").click()
    await expect(page.get_by_role("menuitem", name="Copy address")).to_be_visible()
    yield "menu"
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Emoji", exact=True).click()
    await expect(page.locator(".emoji-cell").first).to_be_visible()
    yield "emoji"
    await page.keyboard.press("Escape")
    await page.keyboard.press("Control+k")
    await expect(page.get_by_role("combobox", name="Name or address")).to_be_focused()
    yield "switcher"
    await page.keyboard.press("Escape")

    for name in ("gero", "pest"):
        await visitor.goes(f"#/direct/{people[name].user_id}")
        await expect(page.get_by_text(f"You have blocked {name}.")).to_be_visible()
        yield f"blocked-{name}"
    await visitor.goes("#/direct/stranger@elmstreet.localhost")
    await expect(page.get_by_role("heading", name="No conversation here yet")).to_be_visible()
    yield "stranger"
    await visitor.goes("#/friends")
    await expect(page.get_by_role("button", name="Accept", exact=True)).to_be_visible()
    await expect(page.locator("home-friends home-last-seen", has_text="Online")).to_be_visible()
    yield "friends"
    await page.get_by_role("button", name="More about theo").click()
    await page.get_by_role("menuitem", name="Remove friend").click()
    await expect(page.get_by_role("alertdialog")).to_be_visible()
    yield "dialog"
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="More about theo").click()
    await page.get_by_role("menuitem", name="Block").click()
    await expect(page.get_by_role("alertdialog", name="Block theo?")).to_be_visible()
    yield "block"
    await page.keyboard.press("Escape")
    await visitor.goes("#/settings")
    await expect(page.get_by_text("this device")).to_be_visible()
    yield "settings"
    await page.get_by_role("heading", name="Blocked people").scroll_into_view_if_needed()
    await expect(page.get_by_role("button", name="Unblock gero")).to_be_visible()
    yield "privacy"


async def in_the_garden(visitor, neighbourhood):
    """Of mara, whose community it is."""
    page, garden = visitor.page, neighbourhood.garden
    await visitor.goes(garden.place())
    await expect(entry(page, "general")).to_be_visible()
    yield "community"
    await enters(visitor, garden)
    await expect(visitor.row("Then it is settled.")).to_be_visible()
    members = page.locator("home-member-list")
    is_alone = not await members.is_visible()
    if is_alone:
        yield "channel-alone"
        await page.get_by_role("button", name="Members", exact=True).click()
    await expect(members.get_by_text("aylin")).to_be_visible()
    yield "channel"
    await members.locator("button.member", has_text="theo").click()
    await expect(page.get_by_role("menuitem", name="Ban")).to_be_visible()
    yield "member-menu"
    await page.get_by_role("menuitem", name="Ban").click()
    await expect(page.get_by_role("dialog", name="Ban theo?")).to_be_visible()
    yield "ban"
    await page.keyboard.press("Escape")
    if is_alone:
        await page.get_by_role("button", name="Members", exact=True).click()
    await visitor.composer().fill("@ay")
    await visitor.composer().press("l")
    await expect(page.get_by_role("option", name="aylin")).to_be_visible()
    yield "mention"
    await visitor.composer().fill("")
    for part, text in (
        ("general", "Hand the community on"), ("channels", "tools-and-sheds"), ("roles", "Bee keepers"), ("members", "hedgehog-hater"),
        ("invites", "used 0 of 10 times"), ("reports", "An advertisement"), ("audit", "founded the community"),
    ):
        await visitor.goes(garden.settings(part))
        await expect(page.locator("home-community-settings .view-body").get_by_text(text).first).to_be_visible()
        yield f"garden-{part}"
    await visitor.goes(garden.settings("channels"))
    await page.get_by_role("button", name="Permissions: board").click()
    await expect(page.get_by_role("dialog", name="Permissions in #board")).to_be_visible()
    yield "garden-permissions"
    await page.keyboard.press("Escape")
    await visitor.goes(f"#/join/{neighbourhood.code}")
    await expect(page.get_by_role("article", name="Orchard")).to_be_visible()
    await expect(page.get_by_role("region", name="Invitations")).to_be_visible()
    yield "join"


async def without_a_connection(visitor, friend):
    """Somebody asks; then the banner, what waits, and what was not sent in the end: the friendship ended meanwhile."""
    page = visitor.page
    visitor.allows(*BROKEN)
    await friend.asks(visitor.person)
    toast = page.locator(".toast")
    await expect(toast).to_be_visible()
    yield "toast"
    await toast.get_by_role("button", name="Accept", exact=True).click()
    await toast.get_by_role("button", name="Write", exact=True).click()
    await expect(toast).to_be_hidden()
    await expect(visitor.composer()).to_be_editable()
    visitor.door.refuse()
    visitor.door.cut()
    await visitor.writes("Are you at home?")
    await expect(page.get_by_text("No connection.")).to_be_visible()
    await expect(visitor.row("Are you at home?")).to_have_attribute("data-state", "pending")
    yield "offline"
    await friend.removes(visitor.person)
    visitor.door.accept()
    await tries_now(page)
    await expect(visitor.row("Are you at home?")).to_have_attribute("data-state", "failed", timeout=30_000)
    yield "failed"


async def in_any_language(visitor, neighbourhood):
    """The places that are found without a word."""
    page = visitor.page
    await expect(page.locator("home-sign-in h1")).to_be_visible()
    yield "sign-in"
    await visitor.signs_in()
    await expect(page.locator(".conversation-entry").first).to_be_visible()
    yield "column"
    await visitor.goes(neighbourhood.garden.place("general"))
    await expect(page.locator("home-composer textarea")).to_be_visible()
    yield "channel"
    for part in ("general", "channels", "roles", "members", "invites", "reports", "audit"):
        await visitor.goes(neighbourhood.garden.settings(part))
        await expect(page.locator(f"home-community-{part} section").first).to_be_visible()
        yield f"garden-{part}"
    await visitor.goes("#/join/")
    await expect(page.locator("home-join .join-card").first).to_be_visible()
    yield "join"
    for view in ("friends", "settings"):
        await visitor.goes(f"#/{view}")
        await expect(page.locator(f"home-{view} h1")).to_be_visible()
        await expect(page.locator(f"home-{view} .rows li").first).to_be_visible()
        yield view
