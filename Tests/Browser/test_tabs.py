"""Several tabs of one browser: they share a cookie, so they are one person; what one of them does the others know."""

import json
import time

import pytest
from harness.node import befriend
from harness.person import PASSWORD
from harness.waiting import eventually
from playwright.async_api import expect
from stage.page import becomes

BROKEN = ("WebSocket connection to", "net::ERR_")
STOPPED = "This tab has stopped so that nothing gets mixed up."

SIGN_IN = """async (form) => {
    const headers = { 'Content-Type': 'application/json' };
    return (await fetch('/api/v1/login', { method: 'POST', headers, body: JSON.stringify(form) })).status;
}"""


class Sent:
    """What a page said over its sockets."""

    def __init__(self, page):
        self.frames = []
        page.on("websocket", lambda socket: socket.on("framesent", lambda data: self.frames.append(json.loads(data))))

    def messages(self):
        return [frame["message"] for frame in self.frames if frame["type"] == "private-message"]


async def at_the_door(page):
    await expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()


async def signs_out(page):
    await page.goto(page.url.split("#")[0] + "#/settings")
    await page.get_by_role("region", name="Sign out").get_by_role("button", name="Sign out", exact=True).click()


async def stored(house, prefix):
    return [body for (body,) in await house.query("SELECT body FROM messages WHERE body LIKE %s ORDER BY seq", prefix + "%")]


async def test_signed_out_in_one_is_signed_out_in_all(visitors, houses):
    alice = await visitors.at(houses[0], "alice")
    tab = await alice.another_tab("/#/friends")
    await expect(tab.get_by_role("heading", name="Friends", level=1)).to_be_visible()
    await signs_out(tab)
    await at_the_door(tab)
    await at_the_door(alice.page)

    async def nothing_is_kept():
        return await alice.page.evaluate("(async () => localStorage.getItem('home.account') === null && !(await indexedDB.databases()).length)()")

    await eventually(nothing_is_kept, "what was kept is deleted")
    # And in again: the other tab comes along.
    await alice.page.get_by_role("textbox", name="Name", exact=True).fill(alice.person.name)
    await alice.page.get_by_label("Password", exact=True).fill(PASSWORD)
    await alice.page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(alice.page.locator("home-shell")).to_be_visible()
    await expect(tab.locator("home-shell")).to_be_visible()
    assert await alice.navigations() == await alice.navigations(tab) == 0


async def test_somebody_else_in_the_second_tab_stops_the_first(visitors, houses):
    house = houses[0]
    alice = await visitors.at(house, "alice")
    bob, carol = await house.people("bob", "carol")
    await befriend(alice.person, bob)
    await befriend(carol, bob)
    await bob.connects()
    await bob.sends("for alice only", alice.person)
    await alice.opens(bob)
    await alice.sees("for alice only")

    tab = await alice.another_tab("/client.json")
    assert await tab.evaluate(SIGN_IN, {"username": carol.name, "password": PASSWORD, "cookie": True}) == 200
    sent = Sent(tab)
    await tab.goto(alice.origin + "/")
    await expect(tab.locator("home-shell")).to_be_visible()
    await expect(alice.page.get_by_text(f"{carol.user_id}. {STOPPED}")).to_be_visible()

    # What is written here now waits for alice; it never goes out as carol's.
    await alice.writes("stop: written as alice")
    await expect(alice.row("stop: written as alice")).to_have_attribute("data-state", "pending")
    await bob.sends("for carol only", carol)
    await alice.opens(bob, tab)
    await alice.sees("for carol only", tab)
    assert await alice.texts(tab) == ["for carol only"]
    await alice.writes("stop: written as carol", tab)
    await expect(alice.row("stop: written as carol", tab)).to_have_attribute("data-state", "sent")
    assert sent.messages() == ["stop: written as carol"]
    assert await alice.texts() == ["for alice only", "stop: written as alice"]

    # The way on: the reload shows who is signed in, and nothing of alice.
    await alice.page.get_by_role("button", name="Reload", exact=True).click()
    await alice.sees("stop: written as carol")
    assert await alice.texts() == ["for carol only", "stop: written as carol"]
    assert "for alice only" not in await alice.page.locator("body").inner_text()

    await signs_out(alice.page)
    await at_the_door(alice.page)
    await at_the_door(tab)
    await tab.close()
    await alice.signs_in()
    await alice.opens(bob)
    await alice.sees("stop: written as alice")
    await expect(alice.row("stop: written as alice")).to_have_attribute("data-state", "sent")
    assert await alice.texts() == ["for alice only", "stop: written as alice"]
    for person, text in ((alice.person, "stop: written as alice"), (carol, "stop: written as carol")):
        history, _ = await bob.history_with(person)
        assert [it["message"] for it in history if it["from_user_id"] == person.user_id] == [text]


async def test_also_a_tab_that_heard_nothing_finds_out_when_it_connects(visitors, houses):
    """Without a word from the other tab: `ready` names somebody else."""
    house = houses[0]
    alice = await visitors.at(house, "alice", signed_in=False)
    alice.allows(*BROKEN)
    bob, carol = await house.people("bob", "carol")
    await befriend(alice.person, bob)
    await alice.comes("/client.json")
    await alice.context.add_init_script("delete globalThis.BroadcastChannel")
    await alice.signs_in()
    await alice.opens(bob)
    tab = await alice.another_tab("/client.json")
    assert await tab.evaluate(SIGN_IN, {"username": carol.name, "password": PASSWORD, "cookie": True}) == 200
    sent = Sent(alice.page)
    alice.door.cut()
    await expect(alice.page.get_by_text(f"Somebody else signed in in another tab. {STOPPED}")).to_be_visible()
    await alice.writes("unheard: written as alice")
    await expect(alice.row("unheard: written as alice")).to_have_attribute("data-state", "pending")
    assert sent.messages() == []
    assert await stored(house, "unheard:") == []
    await alice.page.get_by_role("button", name="Reload", exact=True).click()
    await alice.goes("#/settings")
    await expect(alice.page.get_by_role("region", name="Profile")).to_contain_text(carol.user_id)


@pytest.mark.alone
async def test_read_in_one_is_read_in_the_other_within_a_second(visitors, houses):
    house = houses[0]
    alice = await visitors.at(house, "alice")
    bob = await house.person("bob")
    await befriend(alice.person, bob)
    await bob.connects()
    await alice.goes("#/friends")
    tab = await alice.another_tab("/#/friends")
    await bob.sends("read me", alice.person)
    for page in (alice.page, tab):
        await expect(page).to_have_title("(1) Friends · Home")
        await expect(alice.entry(bob, page).get_by_text("1", exact=True)).to_be_visible()
    # Counted in the page whose badge it is: from the word of the other tab to the title.
    await alice.page.evaluate("""() => {
        globalThis.cleared = new Promise((resolve) => {
            const title = document.querySelector('title');
            new MutationObserver(() => document.title === 'Friends · Home' && resolve(Date.now())).observe(title, { childList: true });
        });
    }""")
    await alice.opens(bob, tab)
    await alice.sees("read me", tab)
    seen = time.time() * 1000
    assert await alice.page.evaluate("cleared") - seen < 1000
    await expect(alice.entry(bob).get_by_text("1", exact=True)).to_have_count(0)


async def test_a_draft_is_the_same_in_both_and_gone_once_sent(visitors, houses):
    house = houses[0]
    alice = await visitors.at(house, "alice")
    bob = await house.person("bob")
    await befriend(alice.person, bob)
    await alice.opens(bob)
    tab = await alice.another_tab(f"/#/direct/{bob.user_id}")
    await expect(alice.composer(tab)).to_be_visible()
    await alice.composer().fill("half a sentence")
    await expect(alice.composer(tab)).to_have_value("half a sentence")
    # Who writes keeps what he writes: the other tab's words do not come over it.
    await alice.composer(tab).fill("half a sentence, and another half")
    await expect(alice.composer()).to_have_value("half a sentence, and another half")
    await alice.composer(tab).press("Enter")
    await expect(alice.composer(tab)).to_have_value("")
    await expect(alice.composer()).to_have_value("")
    await alice.sees("half a sentence, and another half")
    await alice.page.reload()
    await expect(alice.composer()).to_have_value("")


async def test_what_two_tabs_wrote_is_sent_by_one_once(visitors, houses):
    house = houses[0]
    alice = await visitors.at(house, "alice")
    alice.allows(*BROKEN)
    bob = await house.person("bob")
    await befriend(alice.person, bob)
    await alice.opens(bob)
    await becomes(alice.page, "navigator.serviceWorker.controller !== null")
    tab = await alice.another_tab("/client.json")
    sent = [Sent(alice.page), Sent(tab)]
    await alice.page.reload()
    await tab.goto(f"{alice.origin}/#/direct/{bob.user_id}")
    for page in (alice.page, tab):
        await expect(alice.composer(page)).to_be_visible()
    written = []
    # Connected, both could.
    for number in range(6):
        text = f"once: live {number}"
        await alice.writes(text, [alice.page, tab][number % 2])
        written.append(text)
        for page in (alice.page, tab):
            await expect(alice.row(text, page)).to_have_attribute("data-state", "sent")
    assert sorted(sent[0].messages() + sent[1].messages()) == written
    alice.door.refuse()
    alice.door.cut()
    for number in range(4):
        text = f"once: offline {number}"
        await alice.writes(text, [alice.page, tab][number % 2])
        written.append(text)
        for page in (alice.page, tab):
            await expect(alice.row(text, page)).to_have_attribute("data-state", "pending")
    alice.door.accept()
    for page in (alice.page, tab):
        for text in written:
            await expect(alice.row(text, page)).to_have_attribute("data-state", "sent", timeout=30_000)
        assert await alice.texts(page) == written
    assert sorted(sent[0].messages() + sent[1].messages()) == sorted(written)
    assert [] in (sent[0].messages(), sent[1].messages())
    assert await stored(house, "once:") == written

    # The sender closes: the other one takes over.
    sender, other = (alice.page, tab) if sent[0].messages() else (tab, alice.page)
    await sender.close()
    await alice.writes("once: after", other)
    await expect(alice.row("once: after", other)).to_have_attribute("data-state", "sent")
    assert await stored(house, "once:") == [*written, "once: after"]
