"""Friends across homeservers: asked by address, told on the other side without a reload, accepted, written to, removed."""

from harness.node import befriend, incoming
from harness.waiting import eventually
from playwright.async_api import expect


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def part(page, name):
    """A part of the friends' view, by its heading."""
    return page.locator("home-friends").get_by_role("region", name=name)


async def test_from_a_request_to_a_message_to_the_end(visitors, houses):
    alice, bob = await visitors.at(houses[0], "alice"), await visitors.at(houses[1], "bob")
    await alice.goes("#/friends")
    await alice.page.get_by_role("textbox", name="Address", exact=True).fill(bob.user_id)
    await button(alice.page, "Send request").click()
    await expect(part(alice.page, "Sent requests")).to_contain_text(bob.person.name)

    # The other side hears of it where it is.
    await expect(bob.page.get_by_role("status").get_by_text(f"{alice.user_id} wants to be your friend.")).to_be_visible()
    await expect(bob.page.get_by_role("link", name="Friends")).to_contain_text("1")
    await button(bob.page, "Look").click()
    await button(part(bob.page, "Requests").first, "Accept").click()
    await expect(part(bob.page, "Friends")).to_contain_text(alice.person.name)
    await expect(alice.page.get_by_role("status").get_by_text(f"{bob.user_id} accepted your friend request.")).to_be_visible()
    await expect(part(alice.page, "Sent requests")).to_be_hidden()

    await button(part(alice.page, "Friends"), "Message").click()
    await alice.writes("we are friends now")
    await bob.opens(alice)
    await bob.sees("we are friends now")

    await bob.goes("#/friends")
    await button(bob.page, f"More about {alice.person.name}").click()
    await bob.page.get_by_role("menuitem", name="Remove friend").click()
    sure = bob.page.get_by_role("alertdialog", name=f"Remove {alice.person.name}?")
    await button(sure, "Remove friend").click()
    await expect(bob.page.get_by_role("heading", name="No friends here yet")).to_be_visible()
    closed = f"You and {bob.person.name} are not friends at the moment"
    await expect(alice.page.get_by_text(closed)).to_be_visible()
    for person in (alice, bob):
        assert await person.navigations() == 0
    assert await alice.person.friends() == await bob.person.friends() == set()


def toast(visitor, text, page=None):
    """What is told in the corner, with what one can do about it."""
    return (page or visitor.page).locator("home-toasts .toast", has_text=text)


async def waiting(visitor, requests):
    """What stands at the link to the friends."""
    name = f"Friends {requests}" if requests else "Friends"
    await expect(visitor.page.get_by_role("link", name=name, exact=True)).to_be_visible()


async def asked(visitors, houses):
    """alice at one homeserver was asked by bob at the other, and has been told."""
    alice, bob = await visitors.at(houses[0], "alice"), await visitors.at(houses[1], "bob")
    await bob.goes("#/friends")
    await bob.page.get_by_role("textbox", name="Address", exact=True).fill(alice.user_id)
    await button(bob.page, "Send request").click()
    told = toast(alice, f"{bob.user_id} wants to be your friend.")
    await expect(told).to_be_visible()
    await waiting(alice, "1 friend request")
    return alice, bob, told


async def test_a_request_is_accepted_in_its_toast(visitors, houses):
    alice, bob, told = await asked(visitors, houses)
    await alice.page.get_by_role("link", name="Settings", exact=True).focus()
    await button(told, "Accept").focus()
    await alice.page.keyboard.press("Enter")
    await expect(told).to_have_count(0)
    friends = toast(alice, f"You and {bob.user_id} are friends now.")
    await expect(friends).to_be_visible()
    await waiting(alice, "")
    await expect(part(bob.page, "Friends")).to_contain_text(alice.person.name)
    await button(friends, "Write").click()
    await alice.writes("nice to meet you")
    await button(toast(bob, "nice to meet you"), "Open").click()
    await bob.sees("nice to meet you")
    await expect(alice.row("nice to meet you")).to_have_attribute("data-state", "delivered")


async def test_a_toast_goes_with_its_request_wherever_that_is_answered(visitors, houses):
    alice, bob, told = await asked(visitors, houses)
    # Nothing goes because its time is over.
    await told.hover()
    other = await visitors.again(alice)
    await other.goes("#/friends")
    await button(part(other.page, "Requests").first, "Decline").click()
    await expect(told).to_have_count(0)
    await waiting(alice, "")
    await expect(part(other.page, "Requests").first).to_be_hidden()
    # Whoever is declined is told nothing but that he may ask again.
    await expect(part(bob.page, "Sent requests")).to_be_hidden()
    await expect(toast(bob, alice.user_id)).to_have_count(0)
    assert await alice.person.friends() == set()


async def test_a_request_is_withdrawn_and_its_toast_goes_with_it(visitors, houses):
    alice, bob, told = await asked(visitors, houses)
    await told.hover()
    await button(part(bob.page, "Sent requests"), "Withdraw").click()
    await expect(part(bob.page, "Sent requests")).to_be_hidden()
    await expect(told).to_have_count(0)
    await waiting(alice, "")
    assert await alice.person.requests() == {}


async def test_a_message_read_elsewhere_takes_its_toast_along(visitors, houses):
    alice, bob = await visitors.at(houses[0], "alice"), await houses[0].person("bob")
    await befriend(alice.person, bob)
    await bob.connects()
    await bob.sends("read me", alice.person)
    told = toast(alice, f"{bob.name}: read me")
    await expect(told).to_be_visible()
    await told.hover()
    other = await visitors.again(alice)
    await other.opens(bob)
    await other.sees("read me")
    await expect(told).to_have_count(0)


async def test_a_request_that_waits_for_its_homeserver_says_so_until_it_has_arrived(visitors, houses):
    alice, bob = await visitors.at(houses[0], "alice"), await houses[1].person("bob")
    await alice.goes("#/friends")
    await houses[1].stops()
    try:
        await alice.page.get_by_role("textbox", name="Address", exact=True).fill(bob.user_id)
        await button(alice.page, "Send request").click()
        await expect(alice.page.get_by_text(f"The request to {bob.user_id} is on its way to {houses[1].name}.")).to_be_visible()
        await expect(part(alice.page, "Sent requests")).to_contain_text(f"waiting for {houses[1].name}")
    finally:
        await houses[1].starts()
    await eventually(lambda: incoming(bob, alice), "it has arrived", within=30)
    await expect(part(alice.page, "Sent requests")).to_contain_text("waiting for an answer", timeout=30_000)
    assert await alice.navigations() == 0


async def test_what_is_no_address_is_refused_beside_the_field(visitors, houses):
    alice = await visitors.at(houses[0], "alice")
    await alice.goes("#/friends")
    address = alice.page.get_by_role("textbox", name="Address", exact=True)
    for text, problem in (
        ("bob@@hs2", "What stands behind the @ is no server’s name."),
        ("bob builder@hs2.localhost", "A name has only small letters"),
        ("bob@", "The server behind the @ is missing."),
        ("", "The name before the @ is missing."),
        (alice.user_id, "This is your own address."),
    ):
        await address.fill(text)
        await button(alice.page, "Send request").click()
        await expect(address).to_be_focused()
        await expect(alice.page.locator("home-friends").get_by_text(problem)).to_be_visible()
        assert problem in await address.evaluate(
            "input => input.getAttribute('aria-describedby').split(' ').map(id => document.getElementById(id)?.innerText).join(' ')"
        )
    assert await alice.person.requests() == {}
