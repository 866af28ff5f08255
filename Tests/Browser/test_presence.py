"""Who is there: friends see each other come and go on both homeservers, who is invisible looks like somebody who has gone, and whoever is
cut off is gone in time."""

import asyncio
import os
import re
import signal
import uuid
from pathlib import Path

import pytest
import pytest_asyncio
from harness.node import befriend
from playwright.async_api import async_playwright, expect
from stage.chromium import launched
from stage.frames import BROKEN, changes_frames, traced
from stage.house import one_house
from stage.page import tries_now
from stage.visitor import Visitor

WAITS_LONGEST = True

SEEN = re.compile(r"^Last seen (just now|1 minute ago)$")
# The grace of a socket that closed is 20 s; that of one that is not heard of 75 s.
GONE_WITHIN = 30
STALLED_WITHIN = 90


def friend(visitor, other):
    """Somebody's line among one's friends."""
    return visitor.page.locator("home-friends").get_by_role("region", name="Friends").get_by_role("listitem").filter(has_text=other.user_id)


async def sees(visitor, other, what, within=GONE_WITHIN):
    """What a friend's line says of him."""
    await expect(friend(visitor, other).locator("home-last-seen")).to_have_text(what, timeout=within * 1000)


def own_status(visitor):
    return visitor.page.get_by_role("button", name="Change your status")


def choices(visitor):
    return visitor.page.get_by_role("menu", name="Your status")


async def chooses(visitor, status):
    """As what one wants to be seen, in the menu at one's own name."""
    await own_status(visitor).click()
    await choices(visitor).get_by_role("menuitemradio", name=status).click()
    await expect(choices(visitor)).to_have_count(0)


async def at_home(visitors, houses, *names):
    """The first at hs1 and friends of hers at hs1 and hs2 in turn, each in a page that shows the friends."""
    visiting = [await visitors.at(houses[at % 2], name) for at, name in enumerate(names)]
    for other in visiting[1:]:
        await befriend(visiting[0].person, other.person)
    for visitor in visiting:
        await visitor.goes("#/friends")
    return visiting


async def test_friends_come_and_go_on_both_homeservers(visitors, houses):
    alice = await visitors.at(houses[0], "alice")
    friends = [await houses[0].person("bob"), await houses[1].person("carol")]
    await alice.goes("#/friends")
    for other in friends:
        await befriend(alice.person, other)
        # Who has never been here has not been seen.
        await sees(alice, other, "Offline")
        await other.connects()
        await sees(alice, other, "Online")
        await other.sends("hello", alice.person)
        await other.socket.close()
    for other in friends:
        dot = alice.entry(other).locator("home-presence")
        await sees(alice, other, SEEN)
        await expect(dot).to_have_text("Offline")
        await other.connects()
        await sees(alice, other, "Online")
        await expect(dot).to_have_text("Online")
        await alice.opens(other)
        head = alice.page.locator(".conversation-header")
        await expect(head).to_contain_text(f"Online{other.user_id}")
        await other.socket.close()
        await expect(head.locator("home-last-seen")).to_have_text(SEEN, timeout=GONE_WITHIN * 1000)
        await expect(dot).to_have_text("Offline")
        await alice.goes("#/friends")
    await expect(alice.page.get_by_role("heading", name="Friends 2", exact=True)).to_be_visible()
    await friends[0].connects()
    await expect(alice.page.get_by_role("heading", name="Friends 2 · 1 online", exact=True)).to_be_visible()
    await friends[0].socket.close()
    assert await alice.navigations() == 0


async def test_invisible_looks_like_offline_to_friends_on_both_homeservers(visitors, houses):
    mara = await visitors.at(houses[0], "mara")
    # Somebody who really goes, at the same homeserver: what is seen of him is what has to be seen of mara.
    zoe = await houses[0].person("zoe")
    await zoe.connects()
    watchers = []
    for house, name in zip(houses, ("bob", "carol")):
        watcher, trace = await traced(visitors, house, name)
        await befriend(mara.person, watcher.person)
        await befriend(zoe, watcher.person)
        await watcher.goes("#/friends")
        watchers.append((watcher, trace))
    for watcher, _ in watchers:
        for other in (mara, zoe):
            await sees(watcher, other, "Online")
    await chooses(mara, "Invisible")
    await zoe.socket.close()
    await expect(own_status(mara)).to_contain_text("Invisible")
    for watcher, _ in watchers:
        for other in (mara, zoe):
            await sees(watcher, other, SEEN)
        assert "nvisible" not in await watcher.page.locator("home-friends").inner_text()

    def told(trace, other):
        frames = [it for it in trace.received if it["type"] == "friend-status-changed" and it["user_id"] == other.user_id]
        return [{key: value for key, value in it.items() if key not in ("user_id", "username", "last_seen")} | {"keys": sorted(it)} for it in frames]

    for _, trace in watchers:
        assert told(trace, mara)[-1] == told(trace, zoe)[-1]
        assert not [it for it in trace.received if "invisible" in str(it.get("status"))]

    # She is there all the same, and stays invisible: for who comes anew, and in a browser of hers that comes anew.
    bob, carol = (watcher for watcher, _ in watchers)
    for watcher in (bob, carol):
        await watcher.opens(mara)
        await watcher.writes(f"hello from {watcher.person.name}")
        await mara.opens(watcher)
        await mara.sees(f"hello from {watcher.person.name}")
        await watcher.page.reload()
        await expect(watcher.page.locator(".conversation-header home-last-seen")).to_have_text(re.compile("^Last seen"))
    await mara.page.reload()
    await expect(own_status(mara)).to_contain_text("Invisible")
    other = await visitors.again(mara)
    await expect(own_status(other)).to_contain_text("Invisible")
    await own_status(other).click()
    await expect(choices(other).get_by_role("menuitemradio", name="Invisible")).to_be_checked()
    await other.page.keyboard.press("Escape")
    for watcher in (bob, carol):
        await watcher.goes("#/friends")
        await sees(watcher, mara, re.compile("^Last seen"))

    await chooses(other, "Online")
    await expect(own_status(mara)).to_contain_text("Online")
    for watcher in (bob, carol):
        await sees(watcher, mara, "Online")


async def test_nobody_sees_when_one_was_here_who_does_not_show_it(visitors, houses):
    alice, bob, carol = await at_home(visitors, houses, "alice", "bob", "carol")
    await alice.goes("#/settings")
    switch = alice.page.get_by_role("switch", name="Show when I was last seen")
    await expect(switch).to_be_checked()
    await switch.click()
    await expect(switch).not_to_be_checked()
    await chooses(alice, "Invisible")
    for watcher in (bob, carol):
        await sees(watcher, alice, "Offline")
        await watcher.page.reload()
        await sees(watcher, alice, "Offline")
    # The same in another browser of hers, and after a reload.
    other = await visitors.again(alice)
    await other.goes("#/settings")
    await expect(other.page.get_by_role("switch", name="Show when I was last seen")).not_to_be_checked()
    await alice.page.reload()
    await expect(switch).not_to_be_checked()
    await other.page.get_by_role("switch", name="Show when I was last seen").click()
    await expect(switch).to_be_checked()


@pytest.fixture
def mortal():
    """A way to start a browser that can be killed: its process is found by a word in its arguments."""
    marks = []

    async def launch(playwright):
        marks.append(f"--home-mortal={uuid.uuid4()}")
        return await launched(playwright, marks[-1])

    def kill():
        for mark in marks:
            for process in Path("/proc").glob("[0-9]*"):
                try:
                    words = (process / "cmdline").read_bytes().decode(errors="replace")
                except OSError:
                    continue
                if mark in words:
                    os.kill(int(process.name), signal.SIGKILL)

    launch.kill = kill
    yield launch
    kill()


async def test_who_is_killed_or_stalled_is_gone_in_time(visitors, houses, mortal):
    alice = await visitors.at(houses[0], "alice")
    stalled = [await visitors.at(house, name) for house, name in zip(houses, ("stalled", "far-stalled"))]
    async with async_playwright() as playwright:
        browser = await mortal(playwright)
        killed = []
        for house, name in zip(houses, ("killed", "far-killed")):
            person = await house.person(name)
            killed.append(await Visitor(browser, house, person.name).comes("/client.json"))
            killed[-1].person.token = person.token
            await killed[-1].signs_in()
        for other in (*stalled, *killed):
            other.allows(*BROKEN)
            await befriend(alice.person, other.person)
        await alice.goes("#/friends")
        for other in (*stalled, *killed):
            await sees(alice, other, "Online")
        for other in stalled:
            other.door.stall()
        mortal.kill()
        try:
            await asyncio.gather(
                *(sees(alice, other, SEEN, within=GONE_WITHIN) for other in killed),
                *(sees(alice, other, re.compile("^Last seen"), within=STALLED_WITHIN) for other in stalled),
            )
        finally:
            for other in stalled:
                other.door.flow()
        for other in stalled:
            await sees(alice, other, "Online", within=60)


async def test_without_a_connection_nobody_is_said_to_be_online(visitors, houses):
    alice, bob = await visitors.at(houses[0], "alice"), await houses[1].person("bob")
    alice.allows(*BROKEN)
    await befriend(alice.person, bob)
    await bob.connects()
    await bob.sends("hello", alice.person)
    await alice.goes("#/friends")
    await sees(alice, bob, "Online")
    dots = alice.page.locator("home-presence")
    await expect(dots.filter(visible=True)).to_have_count(3)
    alice.door.refuse()
    alice.door.cut()
    try:
        await expect(dots.filter(visible=True)).to_have_count(0)
        await sees(alice, bob, "")
        # What one is oneself nobody can change now.
        await chooses(alice, "Invisible")
        await expect(alice.page.get_by_role("alert").filter(has_text="The homeserver cannot be reached.")).to_be_visible()
        await bob.socket.close()
    finally:
        alice.door.accept()
    await tries_now(alice.page)
    # What happened meanwhile comes with the connection.
    await sees(alice, bob, SEEN)
    await expect(own_status(alice)).to_contain_text("Online")


@pytest_asyncio.fixture
async def strict(state):
    """A homeserver with limits: the others have none."""
    async with one_house(state, "hs5.localhost", limits="on") as house:
        yield house


async def test_a_status_that_is_refused_says_so_and_stays(visitors, strict):
    alice = await visitors.at(strict, "alice")
    # Another program of hers has used up what one may change in a while.
    program = await alice.person.connects()
    for _ in range(5):
        await program.socket.send("status-update", status="online")
    await chooses(alice, "Invisible")
    await expect(alice.page.get_by_role("alert").filter(has_text="That was too much at once.")).to_be_visible()
    await expect(own_status(alice)).to_contain_text("Online")
    assert (await alice.person.http("GET", "/me")).json["status"] == "online"


async def test_the_status_is_chosen_without_a_mouse(visitors, houses):
    alice = await visitors.at(houses[0], "alice")
    keys = alice.page.keyboard
    await own_status(alice).focus()
    await keys.press("Enter")
    online, invisible = (choices(alice).get_by_role("menuitemradio", name=name) for name in ("Online", "Invisible"))
    await expect(online).to_be_focused()
    await expect(online).to_be_checked()
    await keys.press("ArrowDown")
    await expect(invisible).to_be_focused()
    await keys.press("Enter")
    await expect(own_status(alice)).to_contain_text("Invisible")
    await expect(own_status(alice)).to_be_focused()


async def test_a_homeserver_from_before_statuses_has_a_page_without_them(visitors, houses):
    def change(frame):
        if frame["type"] != "ready":
            return [frame]
        frame = {key: value for key, value in frame.items() if key != "blocks"}
        for person in (frame["user"], *frame["friends"]):
            for key in ("status", "last_seen", "show_last_seen"):
                person.pop(key, None)
        return [frame]

    alice, _ = await traced(visitors, houses[0], "alice", lambda visitor: changes_frames(visitor, change))
    bob = await houses[0].person("bob")
    await befriend(alice.person, bob)
    await alice.opens(bob)
    await alice.writes("hello")
    await expect(alice.row("hello")).to_have_attribute("data-state", "sent")
    await expect(own_status(alice)).to_have_count(0)
    await expect(alice.page.locator(".column footer")).to_contain_text(alice.person.name)
    await alice.page.get_by_role("button", name="More about this conversation").click()
    await expect(alice.page.get_by_role("menuitem", name="Copy address")).to_be_visible()
    await expect(alice.page.get_by_role("menuitem", name="Block")).to_have_count(0)
    await alice.page.keyboard.press("Escape")
    await alice.goes("#/settings")
    await expect(alice.page.get_by_role("heading", name="Notifications")).to_be_visible()
    await expect(alice.page.get_by_role("heading", name="Privacy")).to_be_hidden()
