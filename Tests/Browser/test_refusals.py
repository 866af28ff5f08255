"""What is refused: to pages of other origins everything; to Home itself the storage, the clipboard, notifications, and each says so."""

import asyncio
import contextlib

from harness.node import befriend
from harness.person import PASSWORD
from harness.waiting import eventually
from playwright.async_api import expect
from stage.house import one_house
from stage.page import becomes
from stage.permissions import permits

COOKIE = "__Host-home-session"


@contextlib.asynccontextmanager
async def foreign_place():
    """A page of somebody else on another port of any name under localhost; yields the port."""

    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        page = b"<!doctype html><title>elsewhere</title><p>elsewhere"
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(page)
        writer.write(head + page)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


# Everything that a page can try on another origin; what it gets to read of the answer, if anything.
TRIES = """async ({ origin, ticket, address }) => {
    const got = {};
    const inTime = (what) => Promise.race([what, new Promise((resolve) => setTimeout(() => resolve('nothing happened'), 4000))]);
    const read = async (name, path, init) => {
        try {
            const answer = await fetch(origin + path, { credentials: 'include', signal: AbortSignal.timeout(4000), ...init });
            got[name] = [answer.type, await answer.text()];
        } catch {
            got[name] = 'refused';
        }
    };
    const form = { method: 'POST', mode: 'no-cors', headers: { 'Content-Type': 'text/plain' } };
    await read('who', '/api/v1/me');
    await read('sessions', '/api/v1/sessions');
    await read('who, blindly', '/api/v1/me', { mode: 'no-cors' });
    await read('a ticket', '/api/v1/ws-ticket', { method: 'POST' });
    await read('a ticket, blindly', '/api/v1/ws-ticket', form);
    await read('a friend request', '/api/v1/friend-requests', { ...form, body: JSON.stringify({ user_id: address }) });
    await read('signing out', '/api/v1/logout', form);
    await read('ending a session', '/api/v1/sessions', { method: 'DELETE' });
    const socket = (url) => inTime(new Promise((resolve) => {
        const one = new WebSocket(url);
        one.onmessage = ({ data }) => resolve(data);
        one.onclose = ({ code }) => resolve(code);
    }));
    const ws = origin.replace('http', 'ws');
    got.socket = await socket(`${ws}/ws`);
    got['socket with a ticket'] = await socket(`${ws}/ws?token=${ticket}`);
    const loads = (element, url) => inTime(new Promise((resolve) => {
        element.onload = () => resolve('loaded');
        element.onerror = () => resolve('refused');
        element.src = url;
        document.body.append(element);
    }));
    got.script = await loads(document.createElement('script'), `${origin}/api/v1/me`);
    got.picture = await loads(document.createElement('img'), `${origin}/favicon.svg`);
    const frame = document.createElement('iframe');
    await loads(frame, `${origin}/`);
    got.frames = globalThis.length;
    const opened = open(`${origin}/`);
    got.window = await inTime(new Promise((resolve) => setInterval(() => opened.closed && resolve('out of reach'), 20)));
    return got;
}"""

REFUSED = {
    "who": "refused",
    "sessions": "refused",
    "a ticket": "refused",
    "ending a session": "refused",
    "socket": 1006,
    "socket with a ticket": 1006,
    "script": "refused",
    "picture": "refused",
    "window": "out of reach",
}


async def test_a_foreign_origin_gets_nothing_and_does_nothing(visitors, houses):
    house, elsewhere = houses
    alice = await visitors.at(house, "alice")
    bob = await house.person("bob")
    ticket = await alice.page.evaluate("fetch('/api/v1/ws-ticket', { method: 'POST' }).then((answer) => answer.json()).then(({ ticket }) => ticket)")
    async with foreign_place() as port:
        # The same name on another port has the cookie, which ignores ports; another name has not.
        places = {f"http://{house.name}:{port}/": True, f"http://{elsewhere.name}:{port}/": False}
        for place, has_cookie in places.items():
            page = await alice.context.new_page()
            answers = []
            page.on("response", lambda answer, answers=answers: answers.append(answer))
            await page.goto(place)
            got = await page.evaluate(TRIES, {"origin": alice.origin, "ticket": ticket, "address": bob.user_id})
            assert {name: got[name] for name in REFUSED} == REFUSED, place
            for name in ("who, blindly", "a ticket, blindly", "a friend request", "signing out"):
                assert got[name] in ("refused", ["opaque", ""]), (place, name)
            posts = [it for it in answers if it.request.method == "POST" and "/api/v1/" in it.url]
            assert posts, "the homeserver was asked"
            # 403: the cookie came along and did not help; 401: it did not even come.
            assert {answer.status for answer in posts} == {403 if has_cookie else 401}, place
            for frame in page.frames[1:]:
                assert await frame.locator("home-app").count() == 0, "the page lets itself be framed"
            await page.close()
    # Nothing was changed: no request, no session less, and the page goes on.
    assert await bob.requests() == {}
    await alice.page.reload()
    await expect(alice.page.locator("home-shell")).to_be_visible()
    await alice.goes("#/settings")
    await expect(alice.page.get_by_role("region", name="Sessions").get_by_role("listitem")).to_have_count(2)


# Everything that a page could keep, or show.
KEPT = """async () => {
    const kept = [location.href, document.cookie, document.documentElement.outerHTML, JSON.stringify(localStorage), JSON.stringify(sessionStorage), name];
    kept.push(JSON.stringify(history.state), ...performance.getEntriesByType('resource').map((entry) => entry.name));
    for (const { name } of await indexedDB.databases()) {
        const database = await new Promise((resolve) => { indexedDB.open(name).onsuccess = ({ target }) => resolve(target.result); });
        for (const store of database.objectStoreNames) {
            const request = database.transaction(store).objectStore(store).getAll();
            kept.push(JSON.stringify(await new Promise((resolve) => { request.onsuccess = () => resolve(request.result); })));
        }
        database.close();
    }
    for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const request of await cache.keys()) kept.push(request.url, await (await cache.match(request)).text());
    }
    return kept.join('\\n');
}"""


async def test_tokens_stand_in_no_log_and_are_kept_nowhere_in_the_page(visitors, state):
    async with one_house(state, "hs3.localhost", log_level="trace") as house:
        alice = await visitors.stranger(house, "alice")
        page = alice.page
        sockets = []
        page.on("websocket", lambda socket: sockets.append(socket.url))
        await page.get_by_role("button", name="Create an account", exact=True).click()
        await page.get_by_role("textbox", name="Name", exact=True).fill("alice")
        await page.get_by_label("Password", exact=True).fill(PASSWORD)
        await page.get_by_role("button", name="Create account", exact=True).click()
        await expect(page.locator("home-shell")).to_be_visible()
        bob = await house.person("bob")
        await alice.person.logs_in()
        await befriend(alice.person, bob)
        await alice.opens(bob)
        await alice.writes("a secret between us")
        await expect(alice.row("a secret between us")).to_have_attribute("data-state", "sent")
        await becomes(page, "navigator.serviceWorker.controller !== null")
        await eventually(lambda: kept_conversation(page), "the conversation is kept")
        cookies = [cookie for cookie in await alice.context.cookies() if cookie["name"] == COOKIE]
        tickets = [url.split("token=")[1].split("&")[0] for url in sockets]
        assert len(cookies) == 1 and cookies[0]["httpOnly"] and cookies[0]["secure"] and cookies[0]["sameSite"] == "Strict"
        assert tickets and all(len(ticket) > 20 for ticket in tickets)
        kept = await page.evaluate(KEPT)
        assert "a secret between us" in kept and "alice@hs3.localhost" in kept
        await house.stops()
        log = house.log()
        assert len(log.splitlines()) > 20
        for name, secret in [("cookie", cookies[0]["value"]), ("bearer", alice.person.token), *[("ticket", it) for it in tickets], ("password", PASSWORD)]:
            assert secret not in kept, f"the page keeps a {name}"
            assert secret not in log, f"the log has a {name}"
        assert "token=" not in log and "a secret between us" not in log


async def kept_conversation(page):
    return "a secret between us" in await page.evaluate(KEPT)


THROWS = "IDBFactory.prototype.open = () => { throw new DOMException('refused', 'SecurityError'); };"
SILENT = "IDBFactory.prototype.open = () => new EventTarget();"
KEEPS_NOTHING = "This browser keeps nothing for this page"
NO_SPACE = "This browser has no space left for this page"


# A newer Home was here: the browser refuses to open what it left to an older one.
NEWER = "(name) => new Promise((resolve) => { indexedDB.open(name, 99).onsuccess = ({ target }) => resolve(target.result.close()); })"


async def friends(visitors, house, script=None, newer=False):
    alice = await visitors.at(house, "alice", signed_in=False)
    await alice.comes("/client.json")
    if newer:
        await alice.page.evaluate(NEWER, f"home-{alice.user_id}")
    if script:
        await alice.context.add_init_script(script)
    await alice.signs_in()
    bob = await house.person("bob")
    await befriend(alice.person, bob)
    await bob.connects()
    await alice.opens(bob)
    return alice, bob


async def goes_on_without_storage(alice, bob):
    """Sending, receiving and a draft as long as the page is open."""
    await alice.writes("without storage")
    await bob.receives_message("without storage", from_=alice.person)
    await expect(alice.row("without storage")).to_have_attribute("data-state", "sent")
    await bob.sends("received", alice.person)
    await alice.sees("received")
    await alice.composer().fill("a draft")
    await alice.goes("#/friends")
    await alice.opens(bob)
    await expect(alice.composer()).to_have_value("a draft")
    assert await alice.navigations() == 0


async def test_without_storage_one_is_told_and_sending_goes_on(visitors, houses):
    for how, script in {"it throws": THROWS, "it fails": None, "it never answers": SILENT}.items():
        alice, bob = await friends(visitors, houses[0], script, newer=script is None)
        told = alice.page.get_by_role("status").get_by_text(KEEPS_NOTHING)
        await expect(told, how).to_be_visible()
        await goes_on_without_storage(alice, bob)
        await expect(told, how).to_be_visible()


async def test_a_full_storage_is_told_and_sending_goes_on(visitors, houses):
    alice, bob = await friends(visitors, houses[0])
    await becomes(alice.page, "navigator.serviceWorker.controller !== null")
    session = await alice.context.new_cdp_session(alice.page)
    await session.send("Storage.overrideQuotaForOrigin", {"origin": alice.origin, "quotaSize": 1})
    await alice.composer().fill("a draft that has no room")
    told = alice.page.get_by_role("status").get_by_text(NO_SPACE)
    await expect(told).to_be_visible()
    await goes_on_without_storage(alice, bob)
    # There is room again: what was only in memory is kept, and the warning goes.
    await session.send("Storage.overrideQuotaForOrigin", {"origin": alice.origin})
    await alice.composer().fill("a draft that has room")
    await expect(told).to_be_hidden()
    await alice.page.reload()
    await expect(alice.composer()).to_have_value("a draft that has room")


async def test_without_local_storage_a_choice_lasts_as_long_as_the_page_and_says_so(visitors, houses):
    script = "Object.defineProperty(globalThis, 'localStorage', { get() { throw new DOMException('refused', 'SecurityError'); } });"
    alice, bob = await friends(visitors, houses[0], script)
    await goes_on_without_storage(alice, bob)
    await alice.goes("#/settings")
    await alice.page.get_by_role("radio", name="Dark", exact=True).check(force=True)
    await expect(alice.page.locator("html")).to_have_attribute("data-theme", "dark")
    await expect(alice.page.get_by_role("status").get_by_text(KEEPS_NOTHING)).to_be_visible()


async def test_a_refused_clipboard_says_what_to_do(visitors, houses):
    alice = await visitors.at(houses[0], "alice")
    copy = alice.page.locator("main").get_by_role("button", name="Copy my address", exact=True)
    await permits(alice, "clipboard-write", "denied")
    await copy.click()
    await expect(alice.page.get_by_role("alert").get_by_text("The browser did not let the text be copied. Select it and copy it by hand.")).to_be_visible()
    await expect(alice.page.locator("main").get_by_text(alice.user_id, exact=True)).to_be_visible()
    await permits(alice, "clipboard-write", "granted")
    await permits(alice, "clipboard-read", "granted")
    await copy.click()
    await expect(alice.page.get_by_text("Copied.", exact=True)).to_be_visible()
    assert await alice.page.evaluate("navigator.clipboard.readText()") == alice.user_id


async def test_refused_notifications_say_where_to_allow_them(visitors, houses):
    alice = await visitors.at(houses[0], "alice")
    page = alice.page
    await permits(alice, "notifications", "denied")
    await page.get_by_role("button", name="Allow notifications", exact=True).click()
    await expect(page.get_by_text("Your browser refuses them for this page. Allow them by the symbol left of the address bar")).to_be_visible()
    await alice.goes("#/settings")
    await expect(page.get_by_text("Your browser refuses them for this page.")).to_be_visible()
    await expect(page.get_by_role("button", name="Allow notifications", exact=True)).to_have_count(0)
    await permits(alice, "notifications", "granted")
    await page.reload()
    await page.get_by_role("switch", name="Desktop notifications").check()
