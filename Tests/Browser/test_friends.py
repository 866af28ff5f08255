"""Friends across homeservers: asked by address, told on the other side without a reload, accepted, written to, removed."""

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
