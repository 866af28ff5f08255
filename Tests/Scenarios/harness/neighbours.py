"""A community with members of several homeservers of ours, and whether all of them have the same of it."""

import asyncio
import uuid

import websockets

from .socket import Closed
from .waiting import TimedOut, eventually


async def comes_in(owner, community, guest):
    """The guest, of another homeserver, is invited and accepts; both hear of it."""
    await owner.invites(guest, community)
    invite = await guest.receives("new-server-invite", server_id=community.id, from_user_id=owner.user_id, within=20)
    await guest.takes_invite(invite["invite_id"])
    await guest.receives("community-changed", server_id=community.id, state="member", reason="joined", within=20)
    await owner.receives("member-changed", server_id=community.id, user_id=guest.user_id, state="member", within=20)


async def neighbours(here, *elsewhere):
    """Alice founds a community here, and from each of the other homeservers comes one; returns the community and the people."""
    alice = await (await here.person("alice")).connects()
    community = await alice.founds()
    guests = []
    for number, node in enumerate(elsewhere):
        guest = await (await node.person(("bob", "carol", "dora")[number])).connects()
        await comes_in(alice, community, guest)
        guests.append(guest)
    return community, alice, *guests


def told(history):
    """What all homeservers must have alike."""
    return [(it["seq"], it["n"], it["message_id"], it["from_user_id"], it["message"], it.get("deleted", False)) for it in history]


async def agree(channel, *people, texts=None):
    """Their histories are the same, and of these texts each is in it once; waits until it is so. Returns the history."""

    async def same():
        histories = []
        for person in people:
            messages, last_seq = await person.channel_history(channel)
            histories.append((told(messages), last_seq))
        first = histories[0]
        said = [it[4] for it in first[0]]
        is_whole = texts is None or (sorted(said) == sorted(texts))
        same.seen = [(len(history), last) for history, last in histories]
        return first[0] if is_whole and all(it == first for it in histories) else None

    try:
        history = await eventually(same, f"the histories of {people} are the same", within=60, pause=0.2)
    except TimedOut as error:
        raise TimedOut(f"{error}; messages and last_seq: {same.seen}") from None
    assert [it[0] for it in history] == sorted({it[0] for it in history}), "a number twice or out of order"
    return history


async def writes_whatever_happens(person, channel, texts):
    """As a good client does: connects again, and sends again what has no ack, under the same nonce; returns the acks."""
    acks = []
    for text in texts:
        nonce = str(uuid.uuid4())
        while True:
            try:
                if not person.socket.is_open:
                    await person.connects()
                await person.socket.send("channel-message", channel_id=channel, message=text, nonce=nonce)
                answer = await person.socket.receives_either(("ack", "error"), nonce=nonce, within=20)
                if answer["type"] == "ack":
                    acks.append(answer)
                    break
                assert answer["code"] in ("unavailable", "rate_limited", "internal"), answer
            except (OSError, TimeoutError, websockets.exceptions.WebSocketException, Closed, TimedOut):
                pass  # it is away, or went away
            await asyncio.sleep(0.1)
    return acks


async def is_shown_stale(person, community):
    """Whether the copy is marked as old wherever it is shown; the places agree."""
    one = (await person.sees(community)).get("stale", False)
    servers = (await person.http("GET", "/servers")).expect(200).json["servers"]
    listed = next(it for it in servers if it["server_id"] == community.id).get("stale", False)
    tab = await person.in_another_tab().connects()
    await tab.socket.close()
    ready = next(it for it in tab.ready["servers"] if it["server_id"] == community.id).get("stale", False)
    assert one == listed == ready, (one, listed, ready)
    return one
