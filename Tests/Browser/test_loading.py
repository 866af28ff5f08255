"""What the page costs to load, what it has while the homeserver is away or has a newer client, and what it says when a part is missing."""

import shutil
import tempfile
from pathlib import Path

import pytest_asyncio
from harness.node import befriend
from harness.waiting import eventually
from playwright.async_api import expect
from stage.house import CLIENT, one_house
from stage.page import becomes

BUDGET = 100 * 1024
LOST = "No connection. What you write is kept and sent later."
NEWER = "There is a newer version of Home."
MISSING = "This part is missing"
MISSING_TEXT = "It could not be loaded"
# What a browser says of files that do not come.
GONE = ("net::ERR_", "404 (Not Found)", "dynamically imported module", "could not be loaded", "MIME type", "WebSocket connection to")

# Everything that the page itself asked for; what the service worker keeps comes later, and it asks for it itself.
FILES = """() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
    .map(({ name, encodedBodySize }) => [new URL(name).pathname, encodedBodySize])"""


async def loaded(page):
    """What was fetched until now: bytes by path, without the version."""
    files = {path.split("/", 3)[-1] if path.startswith("/client/") else path: size for path, size in await page.evaluate(FILES)}
    assert "/" in files and "js/main.js" in files and "css/shell.css" in files, sorted(files)
    return files


async def is_kept(page):
    """Its service worker has what it needs, and the page is its own."""
    await becomes(page, "navigator.serviceWorker.controller !== null", within=20)


# What the device keeps of conversations is written a moment after it changed.
KEPT = """async () => {
    const [{ name }] = await indexedDB.databases();
    const database = await new Promise((resolve, reject) => {
        const opening = indexedDB.open(name);
        opening.onsuccess = () => resolve(opening.result);
        opening.onerror = reject;
    });
    const asked = database.transaction('conversations').objectStore('conversations').getAll();
    await new Promise((resolve) => { asked.onsuccess = resolve; });
    database.close();
    return asked.result.flatMap(({ messages }) => messages).length;
}"""


def settings(page):
    return page.get_by_role("link", name="Settings", exact=True)


def heading(page, text):
    return page.get_by_role("heading", name=text, exact=True)


async def test_the_first_load_is_small_and_the_second_nearly_nothing(visitors, houses):
    stranger = await visitors.stranger(houses[0])
    await expect(heading(stranger.page, f"Sign in to {houses[0].name}")).to_be_visible()
    at_the_door = await loaded(stranger.page)

    alice = await visitors.at(houses[0], "alice", signed_in=False)
    bob = await houses[0].person("bob")
    await befriend(bob, alice.person)
    await bob.connects()
    await bob.sends("hello", alice.person)
    await alice.comes("/client.json")
    await alice.signs_in()
    await expect(alice.entry(bob)).to_be_visible()
    inside = await loaded(alice.page)

    for files in at_the_door, inside:
        print(f"first load: {sum(files.values())} bytes in {len(files)} files")
        assert sum(files.values()) <= BUDGET, sorted(files.items(), key=lambda it: -it[1])[:20]
        later = ("views/conversation.js", "views/timeline", "views/composer", "emoji.json", "js/text/de.js", "views/settings", "views/sessions", "views/friends.js", "views/switcher", "emoji-picker", "views/channel", "views/communit", "views/join", "views/member", "css/communities.css", "-communities.js")
        assert not [path for path in files if any(part in path for part in later)]
        assert "js/text/en.js" in files

    await is_kept(alice.page)
    passed = []

    def is_heard(data):
        passed.append(len(data))

    alice.door.cut_instead_of = is_heard
    try:
        await alice.page.reload()
        await expect(alice.entry(bob)).to_be_visible()
        await expect(alice.page.get_by_role("status").filter(has_text=LOST)).to_be_hidden()
    finally:
        alice.door.cut_instead_of = None
    # The page itself, who one is, the worker's own check, and the socket: with all their headers, as they came over the wire.
    print(f"second visit: {sum(passed)} bytes")
    assert 0 < sum(passed) <= 16 * 1024


async def test_who_reads_german_loads_german_and_no_english(visitors, houses):
    alice = await visitors.stranger(houses[0], locale="de-AT")
    await expect(heading(alice.page, f"Bei {houses[0].name} anmelden")).to_be_visible()
    assert await alice.page.locator("html").get_attribute("lang") == "de"
    files = await loaded(alice.page)
    assert "js/text/de.js" in files and "js/text/en.js" not in files


async def test_while_the_homeserver_is_away_the_page_opens_with_all_its_parts(visitors, houses):
    alice = await visitors.at(houses[0], "alice")
    bob = await houses[0].person("bob")
    await befriend(bob, alice.person)
    await bob.connects()
    await bob.sends("kept for later", alice.person)
    alice.allows(*GONE)
    await alice.opens(bob)
    await alice.sees("kept for later")
    await is_kept(alice.page)
    await eventually(lambda: alice.page.evaluate(KEPT), "the conversation is kept", within=15)
    alice.door.refuse()
    alice.door.cut()
    try:
        page = await alice.another_tab(f"/#/direct/{bob.user_id}")
        await alice.sees("kept for later", page)
        await expect(page.get_by_role("status").filter(has_text=LOST)).to_be_visible()
        # Neither was ever opened before.
        await settings(page).click()
        await expect(heading(page, "Settings")).to_be_focused()
        await expect(heading(page, "Appearance")).to_be_visible()
        await page.keyboard.press("Control+k")
        await expect(page.get_by_role("dialog").get_by_role("combobox")).to_be_focused()
        await page.keyboard.press("Escape")
        alice.door.accept()
        await expect(page.get_by_role("status").filter(has_text=LOST)).to_be_hidden(timeout=20_000)
        assert await alice.navigations(page) == 0
    finally:
        alice.door.accept()


async def test_a_part_that_cannot_be_loaded_is_said_to_be_missing(visitors, houses):
    alice = await visitors.at(houses[0], "alice", signed_in=False, service_workers="block")
    alice.allows(*GONE)
    await alice.signs_in()
    bob = await houses[0].person("bob")
    await befriend(bob, alice.person)
    await alice.opens(bob)
    alice.door.refuse()
    alice.door.cut()
    try:
        await alice.page.get_by_role("button", name="Emoji").click()
        await expect(alice.page.get_by_role("alert").filter(has_text=MISSING_TEXT)).to_be_visible()
        await alice.page.get_by_role("button", name="Dismiss").click()
        await alice.page.keyboard.press("Control+k")
        toast = alice.page.get_by_role("alert").filter(has_text=MISSING_TEXT)
        await expect(toast).to_be_visible()
        await expect(toast.get_by_role("button", name="Reload")).to_be_visible()
        await settings(alice.page).click()
        await expect(heading(alice.page, MISSING)).to_be_focused()
        place = alice.page.get_by_role("main")
        await expect(place.get_by_role("alert")).to_contain_text(MISSING_TEXT)
        await expect(place.get_by_role("button", name="Reload")).to_be_visible()
    finally:
        alice.door.accept()
    await place.get_by_role("button", name="Reload").click()
    await expect(heading(alice.page, "Appearance")).to_be_visible()
    assert await alice.navigations() == 1


@pytest_asyncio.fixture
async def renewed(state):
    """A homeserver, and a newer client for it in a directory of its own."""
    directory = Path(tempfile.mkdtemp(prefix="hs4", dir=state))
    directory.chmod(0o755)
    newer = directory / "newer"
    shutil.copytree(CLIENT, newer)
    texts = newer / "js" / "text" / "en.js"
    texts.write_text(texts.read_text().replace("'settings.title': 'Settings'", "'settings.title': 'Newer settings'"))
    async with one_house(state, "hs4.localhost") as house:
        yield house, newer


CACHES = "async () => (await caches.keys()).filter((name) => name !== 'home-emoji')"


async def test_a_newer_client_is_offered_and_old_pages_go_on(visitors, renewed):
    house, newer = renewed
    alice = await visitors.at(house, "alice")
    bob = await visitors.at(house, "bob", signed_in=False, service_workers="block")
    await befriend(alice.person, bob.person)
    for visitor in alice, bob:
        visitor.allows(*GONE)
    await bob.signs_in()
    await alice.opens(bob)
    await is_kept(alice.page)
    before = await alice.page.evaluate(CACHES)
    assert len(before) == 1
    await alice.composer().fill("half a thou")
    await house.restarts(web={"directory": str(newer)})

    # Alice's page goes on, with parts that it never loaded before: its worker has kept them.
    offer = alice.page.get_by_role("status").filter(has_text=NEWER)
    await expect(offer).to_be_visible(timeout=30_000)
    assert await alice.navigations() == 0
    await alice.writes("from the older page")
    await settings(alice.page).click()
    await expect(heading(alice.page, "Appearance")).to_be_visible()
    # Bob's has none, and his homeserver has the older part no more.
    await expect(bob.page.get_by_role("status").filter(has_text=NEWER)).to_be_visible(timeout=30_000)
    await settings(bob.page).click()
    await expect(heading(bob.page, MISSING)).to_be_visible()
    await bob.page.get_by_role("main").get_by_role("button", name="Reload").click()
    await expect(heading(bob.page, "Newer settings")).to_be_visible()
    await bob.opens(alice)
    await bob.sees("from the older page")

    await offer.get_by_role("button", name="Reload").click()
    await expect(heading(alice.page, "Newer settings")).to_be_visible()
    await expect(offer).to_be_hidden()

    # The newer worker takes over once no page of the older one is open, and throws away what that one kept.
    async def has_both():
        return len(await alice.page.evaluate(CACHES)) == 2

    await eventually(has_both, "the newer version is kept, too", within=20)
    await alice.page.close()

    async def has_only_the_newer():
        page = await alice.another_tab()
        kept = await page.evaluate(CACHES)
        await page.close()
        return len(kept) == 1 and kept != before

    await eventually(has_only_the_newer, "the older version is forgotten", within=20, pause=0.2)
    alice.door.refuse()
    alice.door.cut()
    page = await alice.another_tab("/#/settings")
    await expect(heading(page, "Newer settings")).to_be_visible()
