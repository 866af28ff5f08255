"""For those who do without a mouse, and those who listen: a whole visit by keyboard, a focus that is seen everywhere, a log that does not
read history aloud. What axe finds on each view stands in test_looks.py."""

from harness.node import befriend
from harness.person import PASSWORD
from harness.waiting import eventually
from playwright.async_api import expect
from stage.page import becomes


async def test_a_visit_without_a_mouse(visitors, houses):
    house = houses[0]
    alice, bob = await house.people("alice", "bob")
    await befriend(alice, bob)
    visitor = await visitors.stranger(house, alice.name)
    page = visitor.page
    keys = page.keyboard
    name = page.get_by_role("textbox", name="Name", exact=True)
    await expect(name).to_be_visible()
    await tabs_to(page, name)
    await keys.type(alice.name)
    await tabs_to(page, page.get_by_label("Password", exact=True))
    await keys.type(PASSWORD)
    await keys.press("Enter")
    await expect(page.get_by_role("button", name="Find a conversation")).to_be_visible()
    await keys.press("Control+k")
    await expect(page.get_by_role("combobox", name="Name or address")).to_be_focused()
    await keys.type(bob.name)
    await expect(page.get_by_role("option", selected=True)).to_contain_text(bob.name)
    await keys.press("Enter")
    await expect(page.get_by_role("textbox", name=f"Message to {bob.name}")).to_be_focused()
    await keys.type("written without a mouse")
    await keys.press("Enter")
    await expect(visitor.row("written without a mouse")).to_have_attribute("data-state", "sent")
    messages, _ = await bob.history_with(alice)
    assert [it["message"] for it in messages] == ["written without a mouse"]


# Whoever types fast presses the next key before the browser has said that the menu is closed: its `toggle` is a task of its own.
AT_ONCE = """opener => {
    const press = (key) => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    const menu = () => document.querySelector('[role=menu]:popover-open');
    opener.focus();
    press('ArrowDown');
    menu().hidePopover();
    const closed = opener.getAttribute('aria-expanded');
    press('ArrowDown');
    press('End');
    return { closed, open: menu() !== null, chosen: document.activeElement === menu()?.lastElementChild };
}"""


async def test_a_menu_hears_every_key_of_a_fast_hand(visitors, houses):
    alice, bob = await visitors.at(houses[0], "alice"), await houses[0].person("bob")
    await befriend(alice.person, bob)
    await alice.opens(bob)
    opener = alice.page.get_by_role("button", name="More about this conversation")
    assert await opener.evaluate(AT_ONCE) == {"closed": "false", "open": True, "chosen": True}
    # What the browser says of the first one afterwards changes nothing.
    await expect(alice.page.get_by_role("menu")).to_have_count(1)
    await expect(alice.page.get_by_role("menuitem", name="Block", exact=True)).to_be_focused()
    await expect(opener).to_have_attribute("aria-expanded", "true")
    await alice.page.keyboard.press("Escape")
    await expect(alice.page.get_by_role("menu")).to_have_count(0)
    await expect(opener).to_be_focused()
    await expect(opener).to_have_attribute("aria-expanded", "false")


async def tabs_to(page, wanted, most=12):
    """Tab until the focus is there."""
    for _ in range(most):
        if await wanted.evaluate("element => element === document.activeElement"):
            return
        await page.keyboard.press("Tab")
    await expect(wanted).to_be_focused()


# What one has reached, and whether it shows so: on itself or on the box around it.
FOCUSED = """() => {
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    const shows = (one) => {
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(one);
        return (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1) || boxShadow !== 'none';
    };
    const around = element.closest('.control, .composer-box, .switcher-search');
    const beside = element.matches('.choice input') ? element.nextElementSibling : null;
    element.dataset.reached ??= String((globalThis.reachedSoFar = (globalThis.reachedSoFar ?? 0) + 1));
    return {
        name: `<${element.localName} class="${element.className}"> ${element.getAttribute('aria-label') ?? element.textContent.slice(0, 30)}`,
        id: element.dataset.reached,
        isSeen: [element, around, beside].some((one) => one && shows(one)),
    };
}"""


async def reached_by_tab(page, most=60):
    """Everything that Tab comes to, once around."""
    found = {}
    for _ in range(most):
        await page.keyboard.press("Tab")
        focused = await page.evaluate(FOCUSED)
        if focused and focused["id"] in found:
            break
        if focused:
            found[focused["id"]] = focused
    return list(found.values())


async def test_the_focus_is_seen_wherever_tab_comes(visitors, houses):
    house = houses[0]
    visitor = await visitors.at(house, "alice", reduced_motion="reduce")
    page = visitor.page
    bob, carol = await house.people("bob", "carol")
    await befriend(visitor.person, bob)
    await carol.asks(visitor.person)
    await bob.connects()
    await bob.sends("```\na block\n```", visitor.person)
    await bob.socket.close()
    unseen = []
    views = {
        "#/": (".empty h1", 6),
        "#/friends": ("home-friends .rows li", 10),
        "#/settings": ("home-sessions .rows li", 15),
        f"#/direct/{bob.user_id}": ("home-timeline .code", 8),
    }
    for view, (content, least) in views.items():
        await visitor.goes(view)
        await expect(page.locator(content).first).to_be_visible()
        await page.evaluate("document.activeElement.blur()")
        reached = await reached_by_tab(page)
        assert len(reached) >= least, f"{view}: only {[it['name'] for it in reached]}"
        unseen += [f"{view}: {it['name']}" for it in reached if not it["isSeen"]]
    assert not unseen, "\n".join(unseen)


# Everything that is put where a screen reader says by itself what comes.
LISTENS = """() => {
    globalThis.heard = [];
    const isLive = (element) => {
        const region = element?.closest('[aria-live], [role=log], [role=status], [role=alert]');
        return region && region.getAttribute('aria-live') !== 'off' && region.getAttribute('aria-busy') !== 'true';
    };
    new MutationObserver((changes) => {
        for (const { target, addedNodes } of changes) {
            if (isLive(target.nodeType === 1 ? target : target.parentElement)) for (const node of addedNodes) heard.push(node.textContent);
        }
    }).observe(document.body, { childList: true, characterData: true, subtree: true });
}"""


async def test_history_is_not_read_aloud_but_what_comes_is(visitors, houses):
    bob = await visitors.at(houses[0], "bob")
    alice = await houses[0].person("alice")
    await befriend(alice, bob.person)
    await alice.connects()
    for number in range(130):
        await alice.sends(f"earlier {number}", bob.person)
    await bob.page.reload()
    await bob.page.evaluate(LISTENS)
    await bob.opens(alice)

    async def is_at_the_beginning():
        await bob.log().evaluate("log => { log.scrollTop = 0 }")
        return await bob.log().get_by_text("earlier 0", exact=True).is_visible()

    await eventually(is_at_the_beginning, "all of the history is there", within=15, pause=0.1)
    await bob.page.locator(".jump").click()
    await bob.sees("earlier 129")
    await alice.sends("just now", bob.person)
    await bob.sees("just now")
    await becomes(bob.page, "heard.some((text) => text.includes('just now'))")
    heard = await bob.page.evaluate("heard")
    assert [text for text in heard if "earlier" in text] == []
