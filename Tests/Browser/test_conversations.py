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
    await expect(bob.page).to_have_title("(3) Friends · Home")
    # One's own never count.
    await expect(alice.page).to_have_title(f"{bob.person.name} · Home")
    await bob.page.reload()
    await expect(bob.page).to_have_title("(3) Friends · Home")
    await bob.opens(alice)
    await bob.sees("unread 2")
    await expect(bob.page).to_have_title(f"{alice.person.name} · Home")


async def test_two_tabs_of_one_person_agree(visitors, places):
    alice, bob = await friends(visitors, places)
    await bob.goes("#/friends")
    tab = await bob.another_tab("/#/friends")
    await alice.writes("to both tabs")
    await expect(tab).to_have_title("(1) Friends · Home")
    await expect(bob.page).to_have_title("(1) Friends · Home")
    await tab.bring_to_front()
    await bob.opens(alice, tab)
    await bob.writes("from the second tab", tab)
    await expect(bob.page).to_have_title("Friends · Home")
    await bob.page.bring_to_front()
    await bob.opens(alice)
    await bob.sees("from the second tab")
    await alice.sees("from the second tab")
    assert await bob.texts() == await bob.texts(tab) == ["to both tabs", "from the second tab"]


async def test_drafts_stay_with_their_conversation_until_they_are_sent(visitors, houses):
    alice, bob, carol = await visitors.at(houses[0], "alice"), *await houses[0].people("bob", "carol")
    for other in (bob, carol):
        await befriend(alice.person, other)
    await alice.opens(bob)
    await alice.composer().press_sequentially("half a word to b")
    await alice.opens(carol)
    await expect(alice.composer()).to_have_value("")
    await alice.composer().press_sequentially("one")
    await alice.composer().press("Shift+Enter")
    await alice.composer().press_sequentially("two")
    await expect(alice.entry(bob)).to_contain_text("Draft: half a word to b")
    await alice.opens(bob)
    await expect(alice.composer()).to_have_value("half a word to b")
    # Straight after the last key: nothing waits for a pause.
    await alice.composer().press_sequentially("ob")
    await alice.page.reload()
    await expect(alice.composer()).to_have_value("half a word to bob")
    await alice.composer().press("Enter")
    await expect(alice.row("half a word to bob")).to_have_attribute("data-state", "sent")
    await expect(alice.composer()).to_have_value("")
    await alice.opens(carol)
    await expect(alice.composer()).to_have_value("one\ntwo")
    await alice.page.reload()
    await expect(alice.composer()).to_have_value("one\ntwo")
    await alice.opens(bob)
    await expect(alice.composer()).to_have_value("")


async def test_a_draft_goes_on_in_another_tab_and_is_gone_in_both_once_it_is_sent(visitors, houses):
    alice, bob = await visitors.at(houses[0], "alice"), await houses[0].person("bob")
    await befriend(alice.person, bob)
    await alice.opens(bob)
    tab = await alice.another_tab(f"/#/direct/{bob.user_id}")
    await alice.composer(tab).fill("begun here")
    await expect(alice.composer()).to_have_value("begun here")
    await alice.page.bring_to_front()
    await alice.composer().press("End")
    await alice.composer().press_sequentially(", sent there")
    await expect(alice.composer(tab)).to_have_value("begun here, sent there")
    await tab.bring_to_front()
    await alice.composer(tab).press("Enter")
    await expect(alice.composer()).to_have_value("")
    await alice.sees("begun here, sent there")
    await alice.page.reload()
    await expect(alice.composer()).to_have_value("")
    messages, _ = await bob.history_with(alice.person)
    assert [it["message"] for it in messages] == ["begun here, sent there"]


async def test_a_colon_and_letters_become_an_emoji(visitors, houses):
    alice, bob = await visitors.at(houses[0], "alice"), await houses[0].person("bob")
    await befriend(alice.person, bob)
    await alice.opens(bob)
    box = alice.composer()
    emoji = alice.page.get_by_role("listbox", name="Emoji")
    chosen = emoji.get_by_role("option", selected=True)
    await box.press_sequentially("good :grinning f")
    await expect(emoji).to_be_hidden()
    await box.fill("")
    await box.press_sequentially("good :grinn")
    await expect(chosen).to_have_text("😀grinning face")
    assert await box.get_attribute("aria-activedescendant") == await chosen.get_attribute("id")
    await expect(alice.page.get_by_role("combobox", name=f"Message to {bob.name}")).to_be_focused()
    await box.press("ArrowDown")
    await expect(chosen).not_to_have_text("😀grinning face")
    await box.press("ArrowUp")
    await box.press("Enter")
    await expect(box).to_have_value("good 😀 ")
    await expect(emoji).to_be_hidden()
    await expect(alice.page.get_by_role("textbox", name=f"Message to {bob.name}")).to_be_focused()
    # German words find them too; Escape leaves the words alone, and Enter sends again then.
    await box.press_sequentially("and :regenbo")
    await expect(chosen).to_contain_text("🌈")
    await box.press("Escape")
    await expect(emoji).to_be_hidden()
    await expect(box).to_be_focused()
    await box.press("Enter")
    await alice.sees("good 😀 and :regenbo")
    await box.press_sequentially(":heart")
    await emoji.get_by_role("option").nth(1).click()
    await expect(box).to_be_focused()
    await expect(box).not_to_have_value(":heart")
    await box.press_sequentially(":notanemoji")
    await expect(emoji).to_be_hidden()


async def test_without_emoji_words_stay_words(visitors, houses):
    alice, bob = await visitors.at(houses[0], "alice"), await houses[0].person("bob")
    alice.allows("404 (Not Found)")
    await befriend(alice.person, bob)
    await alice.opens(bob)
    # As a homeserver answers to which nobody has given them.
    missing = {"code": "not_found", "message": "this homeserver has no emoji"}
    await alice.page.context.route("**/emoji.json", lambda route: route.fulfill(status=404, json=missing))
    async with alice.page.expect_response("**/emoji.json"):
        await alice.composer().press_sequentially(":smile")
    await alice.composer().press("Enter")
    await alice.sees(":smile")
