"""The homeserver of a community is away while a member elsewhere is at it: his page says so, goes on, and makes up for it once it is back."""

import pytest_asyncio
from harness.waiting import eventually
from playwright.async_api import expect
from stage.garden import Garden, button, enters, entry, rail, region
from stage.house import two_houses


@pytest_asyncio.fixture(scope="module")
async def both(state):
    made = await two_houses(state, ("hs6.localhost", "hs7.localhost"))
    yield made
    for house in made:
        await house.ends()


@pytest_asyncio.fixture
async def pair(both):
    """Two homeservers of which the first may go away; a test that failed meanwhile leaves it running, too."""
    yield both
    if both[0].pid is None:
        await both[0].starts()


def notice(page):
    return page.locator("home-community-column .community-stale")


async def says(row, state, words=None):
    await expect(row).to_have_attribute("data-state", state, timeout=30_000)
    if words:
        await expect(row.locator(".message-state")).to_contain_text(words)


async def written(person, garden):
    """The texts of the channel as the homeserver has them, in its order."""
    messages, _ = await person.channel_history(garden.channels["general"])
    return [it["message"] for it in messages]


async def test_what_is_written_waits_for_the_host_and_is_sent_when_it_is_back(visitors, pair):
    host, there = pair
    alice, bob = await host.person("alice"), await visitors.at(there, "bob")
    # Who is in the community his page asks for all the same.
    bob.allows("502 (Bad Gateway)")
    garden = await (await Garden.of(alice)).joined_by(bob.person)
    await garden.says(alice, "before")
    await enters(bob, garden)
    tab = await bob.another_tab("/" + garden.place("general"))
    await bob.sees("before", tab)
    await expect(notice(bob.page)).to_be_hidden()

    await host.is_killed()
    await bob.writes("is anybody there?")
    await says(bob.row("is anybody there?"), "queued", "On its way to the community’s homeserver")
    for page in bob.page, tab:
        await expect(notice(page)).to_contain_text(f"{host.name}, where this community lives, cannot be reached.", timeout=30_000)
        await expect(rail(page, "Garden, its homeserver is away")).to_be_visible()
    await says(bob.row("is anybody there?", tab), "queued")
    # As if half a minute had passed: the homeserver looks every few seconds for what is late.
    await there.query("UPDATE outbox SET created_at = created_at - interval '1 minute'")
    for page in bob.page, tab:
        await says(bob.row("is anybody there?", page), "delayed", f"{host.name} cannot be reached at the moment. It will be delivered later.")
    await expect(bob.composer()).to_be_enabled()
    await bob.writes("I go on all the same")
    await says(bob.row("I go on"), "queued")

    # A reload takes nothing away, and says the same.
    await bob.page.reload()
    await bob.sees("before")
    await expect(notice(bob.page)).to_contain_text(f"{host.name}, where this community lives, cannot be reached.")
    await says(bob.row("is anybody there?"), "delayed", host.name)
    await says(bob.row("I go on"), "queued")
    await bob.page.evaluate("globalThis.isTheSamePage = true")

    await host.starts()
    texts = ["before", "is anybody there?", "I go on all the same"]
    for page in bob.page, tab:
        for text in texts[1:]:
            await says(bob.row(text, page), "sent")
        await expect(notice(page)).to_be_hidden()
        await expect(rail(page, "Garden")).to_have_accessible_name("Garden")
        assert await bob.texts(page) == texts
        assert await bob.navigations(page) == 0
    assert await written(alice, garden) == await written(bob.person, garden) == texts


async def test_what_only_the_host_knows_says_that_it_is_away_and_comes_with_it(visitors, pair):
    host, there = pair
    alice, bob = await host.person("alice"), await visitors.at(there, "bob")
    bob.allows("502 (Bad Gateway)")
    garden = await Garden.of(alice, "Orchard")
    # More than what comes with joining: it is asked for where it is.
    for number in range(60):
        await garden.says(alice, f"apple {number}")
    await garden.joined_by(bob.person)
    await garden.gives(bob.person, "Administrator")
    code = await garden.link()
    await host.is_killed()
    away = "The homeserver of this community cannot be reached."
    await bob.goes(garden.place("general"))
    await expect(bob.page.get_by_role("textbox", name="Message to #general")).to_be_visible()
    await expect(bob.page.locator("home-member-list").get_by_text(away)).to_be_visible(timeout=30_000)
    await expect(bob.log().get_by_text(away)).to_be_visible(timeout=30_000)
    await expect(bob.log().get_by_text("This is the beginning of #general.")).to_have_count(0)
    await expect(notice(bob.page)).to_contain_text(host.name)
    await bob.goes(garden.settings("general"))
    await region(bob.page, "General").get_by_label("Name", exact=True).fill("Meadow")
    await button(bob.page, "Save").click()
    await expect(bob.page.get_by_role("alert").filter(has_text=away)).to_be_visible(timeout=30_000)
    for part in "audit", "invites", "members":
        await bob.goes(garden.settings(part))
        await expect(bob.page.locator("home-community-settings .view-body").get_by_text(away).first).to_be_visible(timeout=30_000)
    await bob.goes(f"#/join/{code}@{host.name}")
    await expect(bob.page.get_by_text("The other homeserver cannot be reached.")).to_be_visible(timeout=30_000)

    await bob.goes(garden.place("general"))
    await expect(entry(bob.page, "general")).to_be_visible()
    await host.starts()
    # It is noticed without anything that one does.
    await expect(notice(bob.page)).to_be_hidden(timeout=60_000)
    await expect(bob.page.locator("home-member-list button.member")).to_have_count(2)
    await expect(bob.page.locator("home-member-list").get_by_text(away)).to_have_count(0)
    await bob.sees("apple 59")
    assert await bob.navigations() == 0


async def test_an_invitation_that_is_accepted_while_the_host_is_away_waits_for_it(visitors, pair):
    host, there = pair
    alice, bob = await host.person("alice"), await visitors.at(there, "bob")
    orchard, mill = await Garden.of(alice, "Orchard"), await Garden.of(alice, "Mill")
    for garden in orchard, mill:
        (await alice.http("POST", f"/servers/{garden.id}/invites", json={"user_id": bob.user_id})).expect(201)
    await expect(rail(bob.page, "Create or join a community, 2 invitations")).to_be_visible()
    await rail(bob.page, "Create or join a community").click()
    await host.is_killed()
    cards = bob.page.get_by_role("region", name="Invitations").get_by_role("listitem")
    await button(cards.filter(has_text="Mill"), "Decline").click()
    await expect(cards).to_have_count(1)
    await button(cards, "Accept").click()
    await expect(cards).to_contain_text("Waiting for the homeserver of Orchard.")
    await expect(button(cards, "Accept")).to_have_count(0)
    await expect(bob.page.locator(".toast", has_text="invites you to Orchard.")).to_be_hidden()
    await expect(rail(bob.page, "Create or join a community")).to_have_accessible_name("Create or join a community")
    await host.starts()
    await expect(bob.page.get_by_role("heading", name="Orchard", level=1)).to_be_visible(timeout=60_000)
    await expect(rail(bob.page, "Orchard")).to_be_visible()
    await enters(bob, orchard)

    async def has_heard():
        open_ones = (await alice.http("GET", f"/servers/{mill.id}/invites")).expect(200).json["invites"]
        return not open_ones

    await eventually(has_heard, "the invitation that was declined is not waited for")


async def test_an_invitation_that_the_host_does_not_let_count_any_more_says_so(visitors, pair):
    host, there = pair
    alice, bob = await host.person("alice"), await visitors.at(there, "bob")
    garden = await Garden.of(alice, "Orchard")
    (await alice.http("POST", f"/servers/{garden.id}/invites", json={"user_id": bob.user_id})).expect(201)
    await rail(bob.page, "Create or join a community, 1 invitation").click()
    await host.is_killed()
    cards = bob.page.get_by_role("region", name="Invitations").get_by_role("listitem")
    await button(cards, "Accept").click()
    await expect(cards).to_contain_text("Waiting for the homeserver of Orchard.")
    # What it knew of the invitation is not what it was: as if somebody had withdrawn it just before.
    await host.query("UPDATE community_invites SET state = 'withdrawn'")
    await host.starts()
    await expect(bob.page.locator(".toast", has_text="You could not join Orchard: its homeserver refused.")).to_be_visible(timeout=60_000)
    await expect(cards).to_have_count(0)
    await expect(rail(bob.page, "Orchard")).to_have_count(0)
