"""What is told outside of the page: desktop notifications, the title, the icon, sounds. Read from the browser's own events and objects."""

import pytest_asyncio
from harness.node import befriend
from harness.waiting import eventually
from playwright.async_api import expect
from stage.page import becomes
from stage.permissions import loses_the_focus, permits

# Keeps what the page made, and what the browser says became of it; everything is done by the browser's own classes.
OBSERVED = """
globalThis.asked = [];
globalThis.made = [];
globalThis.tones = 0;
const Real = globalThis.Notification;
globalThis.Notification = class Notification extends Real {
    constructor(title, options) {
        super(title, options);
        made.push(this);
        this.addEventListener('show', () => { this.isShown = true; });
        this.addEventListener('close', () => { this.isShown = false; });
    }
    static requestPermission() {
        asked.push(navigator.userActivation.isActive);
        return super.requestPermission();
    }
};
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...when) {
    globalThis.tones += 1;
    return start.apply(this, when);
};
"""


async def made(*pages):
    """Every desktop notification that these pages made, as 'title: text'."""
    return sum([await page.evaluate("made.map(({ title, body }) => `${title}: ${body}`)") for page in pages], [])


async def shown(page):
    return await page.evaluate("made.filter(({ isShown }) => isShown).map(({ title, body }) => `${title}: ${body}`)")


async def favicon(page):
    return await page.evaluate("document.querySelector('link[rel~=icon]').href")


def setting(visitor, name):
    return visitor.page.get_by_role("region", name="Notifications").get_by_role("switch", name=name)


@pytest_asyncio.fixture
async def alice(visitors, houses):
    """Observed, allowed to show notifications, with two friends who are connected."""
    alice = await visitors.at(houses[0], "alice", signed_in=False)
    await alice.comes("/client.json")
    await alice.context.add_init_script(OBSERVED)
    await permits(alice, "notifications", "granted")
    await alice.signs_in("/#/settings")
    alice.friends = await houses[0].people("bob", "carol")
    for friend in alice.friends:
        await befriend(alice.person, friend)
        await friend.connects()
    return alice


async def wants_notifications(alice):
    await setting(alice, "Desktop notifications").check()
    await alice.goes("#/")


async def test_the_browser_asks_only_after_a_click(visitors, houses):
    alice = await visitors.at(houses[0], "alice", signed_in=False)
    await alice.comes("/client.json")
    await alice.context.add_init_script(OBSERVED)
    await permits(alice, "notifications", "prompt")
    await alice.signs_in()
    page = alice.page
    allow = page.get_by_role("button", name="Allow notifications", exact=True)
    await expect(allow).to_be_visible()
    assert await page.evaluate("asked") == []
    # Nobody answers a question of a browser without a window: that is no refusal, and it may be asked again.
    await allow.click()
    await expect(page.get_by_role("status").get_by_text("Your browser will ask you once.")).to_be_visible()
    await expect(allow).to_be_enabled()
    assert await page.evaluate("asked.splice(0)") == [True]
    bob = await houses[0].person("bob")
    await befriend(alice.person, bob)
    await bob.connects()
    await bob.sends("hello", alice.person)
    await alice.opens(bob)
    await alice.sees("hello")
    await alice.goes("#/settings")
    await expect(allow).to_be_visible()
    assert await page.evaluate("asked") == []
    await allow.click()
    await expect(page.get_by_text("Your browser will ask you once.")).to_be_visible()
    await expect(allow).to_be_enabled()
    assert await page.evaluate("asked") == [True]
    await permits(alice, "notifications", "granted")
    await allow.click()
    await expect(setting(alice, "Desktop notifications")).to_be_checked()
    assert await page.evaluate("asked") == [True, True]


async def test_two_tabs_show_one_notification_and_only_while_nobody_looks(alice):
    bob, carol = alice.friends
    await wants_notifications(alice)
    tab = await alice.another_tab(f"/#/direct/{bob.user_id}")
    pages = (alice.page, tab)
    front = await loses_the_focus(alice, *pages)
    await bob.sends("**one** for `bob`", alice.person)
    await eventually(lambda: made(*pages), "a notification is shown")
    for page, name in zip(pages, ("Home", f"{bob.name} · Home")):
        await expect(page).to_have_title(f"(1) {name}")
    assert await made(*pages) == [f"{bob.name}: one for bob"]

    # Before one's eyes: neither the conversation that is shown nor another one, whichever tab shows notifications.
    for number, page in enumerate(pages):
        await page.bring_to_front()
        await becomes(page, "document.hasFocus()")
        await alice.opens(bob, page)
        await bob.sends(f"before the eyes {number}", alice.person)
        await alice.sees(f"before the eyes {number}", page)
        await carol.sends(f"beside {number}", alice.person)
        for one in pages:
            await expect(one.get_by_role("status").get_by_text(f"{carol.name}: beside {number}")).to_be_visible()
    assert await made(*pages) == [f"{bob.name}: one for bob"]

    # Whatever would have come twice would have come before this one.
    await front.bring_to_front()
    await becomes(tab, "!document.hasFocus()")
    await carol.sends("the end", alice.person)
    await eventually(lambda: has(pages, f"{carol.name}: the end"), "the last notification is shown")
    assert sorted(await made(*pages)) == sorted([f"{bob.name}: one for bob", f"{carol.name}: the end"])


async def has(pages, text):
    return text in await made(*pages)


async def test_it_goes_away_once_it_is_read_in_another_browser(visitors, alice):
    bob, carol = alice.friends
    await wants_notifications(alice)
    await loses_the_focus(alice, alice.page)
    await bob.sends("from bob", alice.person)
    await carol.sends("from carol", alice.person)
    both = {f"{bob.name}: from bob", f"{carol.name}: from carol"}

    async def are_shown(wanted):
        return set(await shown(alice.page)) == wanted

    await eventually(lambda: are_shown(both), "both notifications are shown")
    await expect(alice.page).to_have_title("(2) Home")
    other = await visitors.again(alice)
    await other.opens(bob)
    await other.sees("from bob")
    await eventually(lambda: are_shown({f"{carol.name}: from carol"}), "what was read is gone")
    await expect(alice.page).to_have_title("(1) Home")
    # A click leads to the conversation.
    await alice.page.evaluate("made.at(-1).dispatchEvent(new Event('click'))")
    await alice.sees("from carol")
    await eventually(lambda: are_shown(set()), "what was clicked is gone")


async def test_switched_off_there_is_none(alice):
    bob, _ = alice.friends
    await wants_notifications(alice)
    await alice.goes("#/settings")
    await setting(alice, "Desktop notifications").uncheck()
    await alice.page.reload()
    await expect(setting(alice, "Desktop notifications")).not_to_be_checked()
    front = await loses_the_focus(alice, alice.page)
    await bob.sends("quiet", alice.person)
    await expect(alice.page).to_have_title("(1) Settings · Home")
    await alice.page.bring_to_front()
    await setting(alice, "Desktop notifications").check()
    await front.bring_to_front()
    await becomes(alice.page, "!document.hasFocus()")
    await bob.sends("loud", alice.person)
    await eventually(lambda: made(alice.page), "a notification is shown")
    assert await made(alice.page) == [f"{bob.name}: loud"]


async def test_title_and_icon_count_what_is_unread(alice):
    bob, carol = alice.friends
    plain = await favicon(alice.page)
    assert plain == f"{alice.origin}/favicon.svg"
    icons = []
    for number, friend in enumerate((bob, carol, bob), start=1):
        await friend.sends(f"number {number}", alice.person)
        await expect(alice.page).to_have_title(f"({number}) Settings · Home")
        icons.append(await favicon(alice.page))
    assert len({plain, *icons}) == 4
    assert all(icon.startswith("data:image/png;base64,") for icon in icons)
    # Three counts are drawn, not only named.
    for icon in icons:
        assert await alice.page.evaluate("async (url) => { const it = new Image(); it.src = url; await it.decode(); return it.width; }", icon) == 32
    await alice.opens(bob)
    await expect(alice.page).to_have_title(f"(1) {bob.name} · Home")
    assert await favicon(alice.page) == icons[0]
    await alice.opens(carol)
    await expect(alice.page).to_have_title(f"{carol.name} · Home")
    assert await favicon(alice.page) == plain


async def test_sounds_can_be_switched_off(alice):
    bob, carol = alice.friends
    sounds = setting(alice, "Sounds")
    await expect(sounds).to_be_checked()
    # From the first touch on a browser lets a page be heard.
    await alice.page.get_by_role("heading", name="Settings", level=1).click()
    await bob.sends("heard", alice.person)
    await becomes(alice.page, "tones === 2")
    await sounds.uncheck()
    await carol.sends("not heard", alice.person)
    await expect(alice.page).to_have_title("(2) Settings · Home")
    await alice.page.reload()
    await expect(sounds).not_to_be_checked()
    await alice.page.get_by_role("heading", name="Settings", level=1).click()
    await bob.sends("not heard either", alice.person)
    await expect(alice.page).to_have_title("(3) Settings · Home")
    assert await alice.page.evaluate("tones") == 0
    await sounds.check()
    await carol.sends("heard again", alice.person)
    await becomes(alice.page, "tones === 2")
