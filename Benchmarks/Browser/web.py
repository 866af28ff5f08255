"""How long the web client takes to its first view and to another conversation, read from Chromium's own trace.

Run by `ops/bench --cases web`, in the environment of the browser tests. A homeserver of its own, somebody with 30 conversations of
200 messages each, one page:

- cold: nothing in the browser but the cookie; warm: the page was open before (HTTP cache, service worker, IndexedDB). From the
  navigation's start to the frame that shows the column with all conversations and the messages of the one that the address names.
- switch: from the click on another conversation, whose messages are loaded already, to the frame that shows its newest message.

What the page shows is seen by an observer in it, which leaves a mark in the trace; the time is that of the first frame drawn behind it.
"""

import argparse
import asyncio
import json
import os
import signal
import statistics
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "Tests" / "Scenarios"), str(ROOT / "Tests" / "Browser")]

from harness.node import befriend, end_all  # noqa: E402
from playwright.async_api import async_playwright, expect  # noqa: E402
from stage.chromium import launched  # noqa: E402
from stage.house import House  # noqa: E402
from stage.visitor import Visitor  # noqa: E402

CONVERSATIONS = 30
MESSAGES = 200
SWITCHES = 20
FIRST_VIEW_MS = 1000
SWITCH_MS = 100
CATEGORIES = ["blink.user_timing", "devtools.timeline", "disabled-by-default-devtools.timeline.frame"]

# `watchFor(text, mark)`: leaves the mark once the column is full and the timeline shows the text, after the frame's own work.
OBSERVER = """
globalThis.watchFor = (text, mark) => {
    const isThere = () => document.querySelectorAll('a.conversation-entry').length >= %d
        && [...document.querySelectorAll('[role=log] .message-text')].some((it) => it.textContent === text);
    const observer = new MutationObserver(() => {
        if (!isThere()) return;
        observer.disconnect();
        performance.mark(mark);
    });
    observer.observe(document, { subtree: true, childList: true, characterData: true });
};
addEventListener('click', () => performance.mark('click'), { capture: true });
""" % CONVERSATIONS


def newest(number):
    return f"message {MESSAGES} with friend{number:02}"


async def furnished(state):
    """A homeserver with somebody who has much to read, and who he has it from."""
    house = House(tempfile.mkdtemp(prefix="web", dir=state), "web.localhost", fast=True, authority=state / "authority")
    house.directory.chmod(0o755)
    house.settings["client"]["origins"].append(f"http://{house.name}:{house.client_port}")
    await house.made()
    await house.starts()
    await house.opens()
    reader = await house.person("reader")
    await reader.connects()

    async def writes(number):
        friend = await house.person(f"friend{number:02}")
        await befriend(friend, reader)
        await friend.connects()
        for count in range(1, MESSAGES + 1):
            ack = await friend.sends(f"message {count} with {friend.name}", reader)
        # Read, so that the page shows the newest, as it does on most days.
        await reader.socket.send("mark-read", conversation_id=ack["conversation_id"], seq=ack["seq"])
        await friend.socket.close()
        return friend

    friends = list(await asyncio.gather(*(writes(number) for number in range(CONVERSATIONS))))
    for friend in friends:
        await reader.receives("unread-changed", user_id=friend.user_id, unread=0)
    await reader.socket.close()
    return house, reader, friends


class Trace:
    def __init__(self, data):
        self.events = sorted((it for it in json.loads(data)["traceEvents"] if "ts" in it), key=lambda it: it["ts"])

    def mark(self, name):
        """The page's last one of that name; `startTime` in it counts from the start of the navigation, in ms."""
        return [it for it in self.events if it["name"] == name and it["cat"] == "blink.user_timing"][-1]

    def drawn_after(self, mark):
        """ms until the first frame with what was in the page at the mark: committed behind it, then drawn."""
        own = [it for it in self.events if it["pid"] == mark["pid"] and it.get("ph") not in ("E", "e")]
        committed = next(it["ts"] for it in own if it["name"] == "Commit" and it["ts"] >= mark["ts"])
        return (next(it["ts"] for it in own if it["name"] == "DrawFrame" and it["ts"] >= committed) - mark["ts"]) / 1000


async def is_marked(page, name):
    """And drawn: a few frames later."""
    look = """async (name) => {
        const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
        while (performance.getEntriesByName(name).length === 0) await frame();
        for (let count = 0; count < 5; count += 1) await frame();
    }"""
    await page.evaluate(look, name)


async def first_view(browser, visitor, friend):
    await visitor.context.add_init_script(f"watchFor({json.dumps(newest(CONVERSATIONS - 1))}, 'first-view')")
    page = await visitor.context.new_page()
    await browser.start_tracing(page=page, categories=CATEGORIES)
    await page.goto(f"{visitor.origin}/#/direct/{friend.user_id}")
    await is_marked(page, "first-view")
    trace = Trace(await browser.stop_tracing())
    seen = trace.mark("first-view")
    return page, seen["args"]["data"]["startTime"] + trace.drawn_after(seen)


async def switches(browser, visitor, page, friends):
    """Each was open before, so its messages are in the page's store."""
    shown = friends[:SWITCHES + 1]
    for number, friend in enumerate(shown):
        await visitor.opens(friend, page)
        await expect(visitor.log(page).get_by_text(newest(number), exact=True)).to_be_visible()
    taken = []
    for number, friend in enumerate(shown[:SWITCHES]):
        await page.evaluate("([text, mark]) => { performance.clearMarks(); watchFor(text, mark); }", [newest(number), "switched"])
        await browser.start_tracing(page=page, categories=CATEGORIES)
        await visitor.entry(friend, page).click()
        await is_marked(page, "switched")
        trace = Trace(await browser.stop_tracing())
        seen = trace.mark("switched")
        taken.append((seen["ts"] - trace.mark("click")["ts"]) / 1000 + trace.drawn_after(seen))
    return taken


async def measured(rounds):
    cold, warm, switched = [], [], []
    with tempfile.TemporaryDirectory(prefix="home-bench-") as directory:
        state = Path(directory)
        state.chmod(0o755)
        try:
            house, reader, friends = await furnished(state)
            async with async_playwright() as playwright:
                browser = await launched(playwright)
                for _ in range(rounds):
                    visitor = Visitor(browser, house, reader.name)
                    visitor.origin = f"http://{house.name}:{house.client_port}"
                    await visitor.gets_cookie()
                    await visitor.context.add_init_script(OBSERVER)
                    page, time = await first_view(browser, visitor, friends[-1])
                    cold.append(time)
                    switched += await switches(browser, visitor, page, friends)
                    await page.close()
                    page, time = await first_view(browser, visitor, friends[-1])
                    warm.append(time)
                    await visitor.leaves()
                await browser.close()
            await house.ends()
        finally:
            # Also of one that was not finished.
            end_all()
    return cold, warm, switched


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    # So that its end by `kill`, too, is the homeserver's and PostgreSQL's.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    cold, warm, switched = asyncio.run(measured(parser.parse_args().rounds))
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print("| case | median ms | worst ms | measured | budget ms |\n|---|---|---|---|---|")
    met = True
    for name, times, budget in ("first view, cold", cold, FIRST_VIEW_MS), ("first view, warm", warm, FIRST_VIEW_MS), ("switch", switched, SWITCH_MS):
        print(f"| {name} | {statistics.median(times):.0f} | {max(times):.0f} | {len(times)} | {budget} |")
        met = met and statistics.median(times) <= budget
    sys.exit(0 if met else 1)


if __name__ == "__main__":
    main()
