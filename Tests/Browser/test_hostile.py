"""Messages of somebody who means harm, and answers of a homeserver that is broken or means harm: text stays text, nothing of it is
carried out, loaded or breaks the page's frame, and the page says what failed."""

import json

from harness.node import befriend
from harness.person import PASSWORD
from harness.waiting import eventually
from playwright.async_api import expect

HOSTILE = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=http://127.0.0.1:1/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)></svg>",
    "<svg><script>harm()</script></svg>",
    "<iframe src=\"javascript:alert(1)\"></iframe>",
    "<iframe srcdoc='<script>parent.harm()</script>'></iframe>",
    "<body onload=harm()>",
    "<a href=\"javascript:harm()\">press</a>",
    "<math><mtext><style><img src onerror=harm()>",
    "<form action=//127.0.0.1:1><button autofocus onfocus=harm()>",
    "<details open ontoggle=harm()>",
    "<input autofocus onfocus=harm()>",
    "<style>*{display:none}</style>",
    "<base href=//127.0.0.1:1/>",
    "<meta http-equiv=refresh content=\"0;url=javascript:harm()\">",
    "<object data=javascript:harm()></object><embed src=javascript:harm()>",
    "<template><script>harm()</script></template><home-shell></home-shell>",
    "\"><script>harm()</script>",
    "'-harm()-'${harm()}{{constructor.constructor('harm()')()}}",
    "</div></article></main><h1>not a heading</h1>",
    "&lt;img src=x onerror=harm()&gt; &#60;script&#62;harm()",
    "javascript:harm()",
    "[press](javascript:harm())",
    "[press](JaVaScRiPt:harm()) <javascript:harm()>",
    "[press](data:text/html,<script>harm()</script>)",
    "![picture](http://127.0.0.1:1/x.png\" onerror=\"harm())",
    "[press](https://example.org/\"onmouseover=\"harm())",
    "https://example.org/\"onclick=\"harm()\"",
    "vbscript:harm() data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg== file:///etc/passwd",
    "``` \" onmouseover=\"harm()\n<script>harm()</script>\n```",
    "`<img src=x onerror=harm()>` **<img src=x onerror=harm()>** _<svg onload=harm()>_",
    "\u202egnp.exe\u202c \u2067reversed\u2069 \u202e never closed",
    "\u202ehttps://example.org/gro.elpmaxe\u202c",
    "Z\u0351\u036b\u0343" + "\u0300\u0301\u0302\u0303" * 60,
    "> " * 60 + "deep",
    "*_" * 300 + "x" + "_*" * 300,
    "[" * 500 + "](" * 500,
    "https://example.org/" + "a" * 1500,
    "`" + "c" * 900 + "`",
    "W" * 4000,
]

TRAPS = """
globalThis.harmed = [];
globalThis.harm = () => harmed.push('harm');
for (const name of ['alert', 'confirm', 'prompt', 'open']) globalThis[name] = () => { harmed.push(name); };
"""

# What the page itself makes of a message's text; nothing else, and nothing with a handler, comes of one.
FOREIGN = """() => {
    const own = new Set(['P', 'BR', 'CODE', 'STRONG', 'EM', 'S', 'A', 'BDI', 'UL', 'OL', 'LI', 'BLOCKQUOTE', 'FIGURE', 'FIGCAPTION',
        'PRE', 'SPAN', 'BUTTON', 'SVG', 'USE', 'PATH']);
    const found = [];
    for (const text of document.querySelectorAll('[role=log] .message-text')) {
        for (const element of text.querySelectorAll('*')) {
            if (!own.has(element.tagName.toUpperCase())) found.push(`<${element.localName}>`);
            for (const { name, value } of element.attributes) {
                if (name.startsWith('on') || name === 'src' || name === 'style') found.push(`${element.localName} ${name}=${value}`);
            }
            if (element.localName === 'a' && !['http:', 'https:'].includes(element.protocol)) found.push(`link ${element.href}`);
            if (element.closest('svg, button') && !element.closest('figcaption')) found.push(`<${element.localName}> outside of a code block's head`);
        }
    }
    return found;
}"""

WIDER = """() => {
    const log = document.querySelector('[role=log]');
    const wide = [];
    if (document.documentElement.scrollWidth > innerWidth) wide.push(`the page: ${document.documentElement.scrollWidth}`);
    for (let element = log; element; element = element.parentElement) {
        if (element.scrollWidth > element.clientWidth) wide.push(`${element.localName}.${element.className}: ${element.scrollWidth} in ${element.clientWidth}`);
    }
    for (const row of log.querySelectorAll('article.message')) {
        if (row.getBoundingClientRect().right > innerWidth + 0.5) wide.push(`a row: ${row.innerText.slice(0, 60)}`);
    }
    return wide;
}"""


async def test_hostile_messages_are_text(visitors, houses):
    alice = await visitors.at(houses[0], "alice", viewport={"width": 360, "height": 720})
    mallory = await houses[1].person("mallory")
    await befriend(alice.person, mallory)
    await alice.context.add_init_script(TRAPS)
    asked = []
    alice.page.on("request", lambda request: asked.append(request.url))
    await alice.page.reload()
    await expect(alice.page.locator("home-shell")).to_be_visible()
    await alice.opens(mallory)
    await mallory.connects()
    for number, text in enumerate(HOSTILE):
        await mallory.sends(text, alice.person)
        # One after the other, so that each one stands in the page for a while, drawn as it came.
        await expect(alice.log().locator("article.message")).to_have_count(number + 1)
        assert await alice.page.evaluate(FOREIGN) == [], text
        assert await alice.page.evaluate(WIDER) == [], text[:80]
    await mallory.socket.close()
    shown = await alice.texts()
    for text in HOSTILE[:10]:
        assert any(text in it for it in shown), text
    await alice.goes("#/")
    await expect(alice.entry(mallory)).to_be_visible()
    # And all of it once more, from the history, where there is more room. What was harmed is forgotten with the page.
    assert await alice.page.evaluate("harmed") == []
    await alice.page.set_viewport_size({"width": 1100, "height": 720})
    await alice.page.reload()
    await alice.opens(mallory)
    await expect(alice.log().locator("article.message").last).to_be_visible()
    assert await alice.page.evaluate(FOREIGN) == []
    assert await alice.page.evaluate(WIDER) == []
    assert await alice.page.evaluate("harmed") == []
    foreign = [url for url in asked if not url.startswith((alice.origin, "blob:", "data:"))]
    assert foreign == []


def hostile_frames(frame):
    """What a homeserver could make of a new message: texts for the socket, none of them what the protocol says or only more than it says."""
    harm = ["<img src=x onerror=harm()>", "\u202egnp.exe", "W" * 65_536, "__proto__", "constructor", "", None, True, -1, 0.5, 2**53, [], {}, [frame]]
    texts = ["", "null", "[]", "{", "5", '"text"', "<html><script>harm()</script>", '{"type": 1e999}', json.dumps(frame)[:-9], "W" * 65_536]
    texts += [json.dumps({**frame, key: value}) for key in frame if key not in ("message", "type") for value in harm if value != frame[key]]
    texts += [json.dumps({key: value for key, value in frame.items() if key != name}) for name in ("type", "from_user_id", "message", "seq", "timestamp")]
    texts += [json.dumps({**frame, "type": type}) for type in harm]
    for key in ("__proto__", "constructor", "prototype"):
        texts.append(json.dumps(frame)[:-1] + f', "{key}": {{"polluted": true, "prototype": {{"polluted": true}}}}}}')
    friend = {"user_id": frame["from_user_id"], "username": frame["from_username"], "request_id": frame["message_id"]}
    for it in harm:
        texts.append(json.dumps({"type": "error", "code": it, "message": it, "field": it, "retry_after_ms": it}))
        texts.append(json.dumps({"type": "delivery", "message_id": frame["message_id"], "server": it, "state": "failed", "reason": it}))
        texts.append(json.dumps({"type": "friendship-changed", **friend, "state": "failed", "code": it, "reason": it}))
        texts.append(json.dumps({"type": "new-friend-request", "from_user_id": it, "from_username": it, "request_id": it, "timestamp": it}))
        texts.append(json.dumps({"type": "hello", "protocol": 1, "heartbeat_ms": 30_000, "server": it, "limits": {"message_code_points": it}}))
        texts.append(json.dumps({"type": "unread-changed", **friend, "conversation_id": it, "read_seq": it, "unread": it, "last_seq": it}))
    return texts


def is_numbered(text, s):
    try:
        frame = json.loads(text)
    except ValueError:
        return False
    return isinstance(frame, dict) and frame.get("s") is not True and frame.get("s") == s


async def test_hostile_frames_are_dropped_and_the_page_goes_on(visitors, houses):
    alice = await visitors.at(houses[0], "alice", signed_in=False)
    # The browser's own words about sockets that the page gives up.
    alice.allows("WebSocket")
    bob = await houses[0].person("bob")
    await befriend(alice.person, bob)
    await alice.comes("/client.json")
    await alice.context.add_init_script(TRAPS)
    sent = []
    added = 0
    is_ready = False

    def route(socket):
        server = socket.connect_to_server()

        def passes(text):
            nonlocal added, is_ready
            frame = json.loads(text)
            is_ready |= frame["type"] == "ready"
            if frame["type"] == "new-private-message":
                # Each of them before the real one, and counted as the stream counts: nothing is missing.
                for hostile in hostile_frames(frame):
                    if is_numbered(hostile, frame["s"]):
                        hostile = json.dumps({**json.loads(hostile), "s": frame["s"] + added})
                        added += 1
                    sent.append(hostile)
                    socket.send(hostile)
            if "s" in frame:
                text = json.dumps({**frame, "s": frame["s"] + added})
            socket.send(text)

        server.on_message(passes)

    await alice.context.route_web_socket(lambda url: "/ws?" in url, route)
    await alice.signs_in()
    page = alice.page
    await bob.connects()
    # What `ready` has is no frame of its own.
    await eventually(lambda: is_ready, "the page is connected", within=15)
    for number, width in enumerate((1100, 360)):
        await page.set_viewport_size({"width": width, "height": 720})
        if number:
            await alice.opens(bob)
        await bob.sends(f"the real one {number}", alice.person)
        if not number:
            await expect(alice.entry(bob).get_by_text("the real one 0")).to_be_visible()
        else:
            await alice.sees("the real one 1", within=20)
            assert await page.evaluate(WIDER) == []
        assert len(sent) > 200
        assert await page.evaluate("harmed") == []
        assert await page.evaluate("[{}.polluted, Object.prototype.type, [].polluted]") == [None, None, None]
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
    await alice.writes("still here")
    await expect(alice.row("still here")).to_have_attribute("data-state", "sent")
    await bob.receives_message("still here", from_=alice.person)
    assert await alice.texts() == ["the real one 0", "the real one 1", "still here"]
    assert await alice.navigations() == 0


async def test_a_longer_message_than_anybody_can_send_breaks_no_layout(visitors, houses):
    """The real frame with another text: longer than any person could send."""
    alice = await visitors.at(houses[0], "alice", signed_in=False, viewport={"width": 360, "height": 720})
    bob = await houses[0].person("bob")
    await befriend(alice.person, bob)
    await alice.comes("/client.json")
    await alice.context.add_init_script(TRAPS)
    texts = {"plain 0": "W" * 60_000, "plain 1": "\u202e" * 1_000 + "<img src=x onerror=harm()>", "plain 2": "[x](javascript:harm()) [y](data:text/html,<script>harm()</script>)"}

    def route(socket):
        def passes(text):
            frame = json.loads(text)
            if frame.get("message") in texts:
                text = json.dumps({**frame, "message": texts[frame["message"]]})
            socket.send(text)

        socket.connect_to_server().on_message(passes)

    await alice.context.route_web_socket(lambda url: "/ws?" in url, route)
    await alice.signs_in()
    await bob.connects()
    await alice.opens(bob)
    for number, width in enumerate((360, 360, 1100)):
        await alice.page.set_viewport_size({"width": width, "height": 720})
        await bob.sends(f"plain {number}", alice.person)
        await expect(alice.log().locator("article.message")).to_have_count(number + 1)
        assert await alice.page.evaluate(FOREIGN) == []
        assert await alice.page.evaluate(WIDER) == []
    # In the column and in a toast too.
    await alice.goes("#/friends")
    for number in range(3):
        await bob.sends(f"plain {number}", alice.person)
        await expect(alice.page).to_have_title(f"({number + 1}) Friends · Home")
        assert await alice.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await alice.page.evaluate("harmed") == []


BROKEN_ANSWERS = {
    "a page of a proxy": {"status": 502, "content_type": "text/html", "body": "<html><body><script>harm()</script><h1>Bad Gateway</h1></body></html>"},
    "a page of an error": {"status": 500, "content_type": "text/html", "body": "<h1>Internal Server Error</h1>"},
    "a page instead of JSON": {"status": 200, "content_type": "text/html", "body": "<html><script>harm()</script></html>"},
    "half of it": {"status": 200, "content_type": "application/json", "body": '{"sessions": [{"id": "'},
    "nothing": {"status": 200, "content_type": "application/json", "body": ""},
    "null": {"status": 200, "content_type": "application/json", "body": "null"},
    "a list": {"status": 200, "content_type": "application/json", "body": "[]"},
    "fields missing": {"status": 200, "content_type": "application/json", "body": "{}"},
    "wrong types": {
        "status": 200,
        "content_type": "application/json",
        "body": json.dumps({it: 5 for it in ("user_id", "sessions", "messages", "last_seq", "state", "friend_requests", "ticket", "name", "registration")}),
    },
    "hostile entries": {
        "status": 200,
        "content_type": "application/json",
        "body": json.dumps({"user_id": "<img src=x onerror=harm()>", "sessions": [{"id": "<b>", "created_at": "never"}], "messages": [{"message": 1}], "last_seq": 1e300, "state": "__proto__", "next": "x"}),
    },
    "a code that is none": {"status": 400, "content_type": "application/json", "body": json.dumps({"code": "W" * 5_000, "message": "<script>", "field": "V" * 5_000, "retry_after_ms": 1e300})},
}
CANNOT_NOW = "The homeserver cannot do that right now. Try again in a moment."
MISTAKE = "The homeserver made a mistake. Try again; if it goes on, tell the people who run it."


def said_of(name):
    return CANNOT_NOW if name == "a page of a proxy" else MISTAKE


async def test_broken_answers_say_what_failed_and_the_next_try_is_free(visitors, houses):
    house = houses[0]
    person, bob, carol = await house.people("alice", "bob", "carol")
    await befriend(person, bob)
    await person.connects()
    await person.sends("in the history", bob)
    alice = await visitors.stranger(house, person.name)
    alice.allows("the server responded with a status of")
    page = alice.page
    await alice.context.add_init_script(TRAPS)
    await page.reload()
    answer = {}

    async def broken(route):
        await route.fulfill(**answer)

    def is_wide():
        return page.evaluate("document.documentElement.scrollWidth > innerWidth")

    # At the door.
    submit = page.get_by_role("button", name="Sign in", exact=True)
    await page.get_by_role("textbox", name="Name", exact=True).fill(person.name)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.route("**/api/v1/login", broken)
    for name, it in BROKEN_ANSWERS.items():
        answer = it
        await submit.click()
        await expect(page.locator("home-sign-in [role=alert]"), name).to_have_text(said_of(name))
        await expect(submit, name).to_be_enabled()
    await page.unroute("**/api/v1/login")
    await submit.click()
    await expect(page.locator("home-shell")).to_be_visible()

    # A list, with a way to ask again.
    await page.route("**/api/v1/sessions*", broken)
    sessions = page.get_by_role("region", name="Sessions")
    again = sessions.get_by_role("button", name="Try again", exact=True)
    for name, it in BROKEN_ANSWERS.items():
        answer = it
        await (again.click() if await again.count() else alice.goes("#/settings"))
        await expect(sessions.get_by_role("status"), name).to_contain_text(said_of(name))
        await expect(again, name).to_be_visible()
    await page.set_viewport_size({"width": 360, "height": 720})
    assert not await is_wide()
    await page.unroute("**/api/v1/sessions*")
    await again.click()
    await expect(sessions.get_by_role("listitem")).to_have_count(2)

    # What one asks for.
    await alice.goes("#/friends")
    address = page.get_by_role("textbox", name="Address", exact=True)
    send = page.get_by_role("button", name="Send request", exact=True)
    await page.route("**/api/v1/friend-requests", broken)
    for name, it in BROKEN_ANSWERS.items():
        answer = it
        await address.fill(carol.user_id)
        await send.click()
        await expect(page.locator("home-friends").get_by_text(said_of(name), exact=True), name).to_be_visible()
        assert not await is_wide(), name
    await page.unroute("**/api/v1/friend-requests")
    await send.click()
    await expect(page.get_by_text(f"Asked {carol.user_id}.")).to_be_visible()

    # The history of a conversation that is opened for the first time.
    await page.route("**/messages?*", broken)
    for name, it in BROKEN_ANSWERS.items():
        answer = it
        await alice.goes("#/friends")
        await alice.opens(bob)
        await expect(alice.page.get_by_text(f"Older messages could not be loaded. {said_of(name)}"), name).to_be_visible()
        assert not await is_wide(), name
    await page.unroute("**/messages?*")
    # It is tried again by itself too, after a while.
    await page.locator(".timeline-trouble button").or_(alice.row("in the history")).first.click()
    await alice.sees("in the history")
    assert await page.evaluate("harmed") == []


async def test_an_answer_that_never_comes_is_waited_for_only_so_long(visitors, houses):
    alice = await visitors.at(houses[0], "alice", signed_in=False)
    alice.allows("WebSocket connection to", "net::ERR_")
    await alice.comes("/client.json")
    # A clock that goes twenty times as fast for requests.
    await alice.context.add_init_script("const real = AbortSignal.timeout; AbortSignal.timeout = (ms) => real.call(AbortSignal, ms / 20);")
    await alice.signs_in("/#/friends")
    page = alice.page
    carol = await houses[0].person("carol")
    alice.door.stall()
    try:
        send = page.get_by_role("button", name="Send request", exact=True)
        await page.get_by_role("textbox", name="Address", exact=True).fill(carol.user_id)
        await send.click()
        await expect(page.locator("home-friends").get_by_text("The homeserver cannot be reached. Check your connection and try again.")).to_be_visible()
    finally:
        alice.door.flow()
    # It may have arrived all the same; asking again is no mistake.
    await send.click()
    await expect(page.locator("home-friends").get_by_role("region", name="Sent requests")).to_contain_text(carol.name)
