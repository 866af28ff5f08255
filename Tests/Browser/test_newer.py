"""A homeserver that is newer than the page: what the page does not know it leaves alone, and what it cannot speak it says."""

from harness.node import befriend
from harness.waiting import eventually
from playwright.async_api import expect
from stage.frames import changes_frames, traced

NEWER = "There is a newer version of Home. Drafts and unsent messages are kept."


async def test_a_newer_protocol_asks_for_a_reload_and_keeps_what_was_written(visitors, houses):
    is_newer = False

    def change(frame):
        if frame["type"] != "hello" or not is_newer:
            return [frame]
        # What else a later protocol says in its hello, this page cannot know.
        return [{"type": "hello", "protocol": 2, "server": {"name": frame["server"]}, "heartbeat": "PT30S"}]

    async def prepared(visitor):
        await visitor.context.clock.install()
        await changes_frames(visitor, change)

    alice, trace = await traced(visitors, houses[0], "alice", prepared)
    bob = await visitors.at(houses[0], "bob")
    await befriend(alice.person, bob.person)
    await alice.opens(bob)
    await bob.opens(alice)
    is_newer = True
    alice.door.cut()
    notice = alice.page.get_by_role("status").filter(has_text=NEWER)
    await expect(notice).to_be_visible()
    # That and nothing else: it is not the sign-in that is wrong, and waiting does not help.
    await expect(alice.page.get_by_text("Sign in again")).to_have_count(0)
    await expect(alice.page.get_by_text("No connection")).to_have_count(0)
    opened = trace.sockets
    await alice.page.evaluate("dispatchEvent(new Event('online'))")
    await alice.page.clock.run_for(600_000)
    assert trace.sockets == opened
    assert await alice.navigations() == 0
    await alice.writes("written to a newer homeserver")
    await expect(alice.row("written to a newer homeserver")).to_have_attribute("data-state", "pending")
    is_newer = False
    await notice.get_by_role("button", name="Reload").click()
    await bob.sees("written to a newer homeserver")
    await expect(alice.row("written to a newer homeserver")).to_have_attribute("data-state", "sent")
    await expect(alice.page.get_by_text(NEWER)).to_have_count(0)


def with_more(value):
    """The same with a field more in every object of it, but where the names are data."""
    if isinstance(value, list):
        return [with_more(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {**{key: one if key == "limits" else with_more(one) for key, one in value.items()}, "later": {"type": "of", "a": ["later", "time"]}}


async def test_frames_and_fields_that_are_not_known_are_left_alone(visitors, houses):
    renamed = []

    def change(frame):
        if frame["type"] == "unread-changed":
            # One of the stream: its number counts although nobody knows what it is.
            renamed.append(frame["s"])
            return [{**frame, "type": "unread-changed-v2"}]
        return [{"type": "weather", "from_user_id": 5, "message": None}, with_more(frame)]

    alice, trace = await traced(visitors, houses[0], "alice", lambda visitor: changes_frames(visitor, change))
    bob = await visitors.at(houses[0], "bob")
    await befriend(alice.person, bob.person)
    await alice.opens(bob)
    await bob.opens(alice)
    written = []
    for number in range(5):
        for person, other in ((alice, bob), (bob, alice)):
            text = f"{'alice' if person is alice else 'bob'} says {number}"
            await person.writes(text)
            await other.sees(text)
            written.append(text)
    # What alice has read she has told, and was told by a frame of an unknown type.
    await eventually(lambda: renamed, "a frame of an unknown type is in the stream")
    alice.door.cut()
    await eventually(lambda: "resumed" in trace.types(), "the page is connected again", within=30)
    assert trace.types().count("ready") == 1
    await bob.writes("after it")
    await alice.sees("after it")
    assert await alice.texts() == [*written, "after it"]
    await expect(alice.row("alice says 4")).to_have_attribute("data-state", "sent")
    assert await alice.navigations() == 0
