"""Two people in two browsers, on one homeserver and on two: what one writes the other reads, in order, and both see how it fares."""

import pytest
from harness.node import befriend
from playwright.async_api import expect


@pytest.fixture(params=["one homeserver", "two homeservers"])
def places(request, houses):
    first, second = houses
    return (first, first) if request.param == "one homeserver" else (first, second)


async def friends(visitors, places):
    alice, bob = await visitors.at(places[0], "alice"), await visitors.at(places[1], "bob")
    await befriend(alice.person, bob.person)
    await alice.opens(bob)
    await bob.opens(alice)
    return alice, bob


async def test_twenty_messages_each_way_arrive_in_order_without_a_navigation(visitors, places):
    alice, bob = await friends(visitors, places)
    written = []
    for number in range(20):
        for person, other in ((alice, bob), (bob, alice)):
            text = f"{person.person.name} says {number}"
            await person.writes(text)
            await other.sees(text)
            written.append(text)
    for person in (alice, bob):
        assert await person.texts() == written
        assert await person.page.evaluate("performance.getEntriesByType('navigation').length") == 1
        assert await person.navigations() == 0


async def test_rows_say_how_far_they_are(visitors, places):
    alice, bob = await friends(visitors, places)
    await alice.writes("on its way")
    row = alice.row("on its way")
    await expect(row).to_have_attribute("data-state", "sent" if places[0] is places[1] else "delivered")
    await bob.sees("on its way")
    assert len(await alice.texts()) == 1


async def test_what_is_unread_is_counted_until_it_is_read(visitors, places):
    alice, bob = await friends(visitors, places)
    await bob.goes("#/friends")
    for number in range(3):
        await alice.writes(f"unread {number}")
    await expect(bob.entry(alice).get_by_text("3", exact=True)).to_be_visible()
    await expect(bob.page).to_have_title("(3) Home")
    # One's own never count.
    await expect(alice.page).to_have_title("Home")
    await bob.page.reload()
    await expect(bob.page).to_have_title("(3) Home")
    await bob.opens(alice)
    await bob.sees("unread 2")
    await expect(bob.page).to_have_title("Home")


async def test_two_tabs_of_one_person_agree(visitors, places):
    alice, bob = await friends(visitors, places)
    await bob.goes("#/friends")
    tab = await bob.another_tab("/#/friends")
    await alice.writes("to both tabs")
    await expect(tab).to_have_title("(1) Home")
    await expect(bob.page).to_have_title("(1) Home")
    await tab.bring_to_front()
    await bob.opens(alice, tab)
    await bob.writes("from the second tab", tab)
    await expect(bob.page).to_have_title("Home")
    await bob.page.bring_to_front()
    await bob.opens(alice)
    await bob.sees("from the second tab")
    await alice.sees("from the second tab")
    assert await bob.texts() == await bob.texts(tab) == ["to both tabs", "from the second tab"]
