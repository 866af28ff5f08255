"""Whatever happens in a community, and however often connections are cut: what clients know by frames is what is there."""

import asyncio
import contextlib
import random

import pytest

from harness.across import Across
from harness.communities import OF_CHANNELS
from harness.mirror import Mirror
from harness.proxy import Proxy
from harness.waiting import eventually

ACROSS = True
OPERATIONS = 300


class Play:
    """Random acts of several people in two communities, each by somebody who may or may not do it."""

    def __init__(self, chance, communities, owner, people):
        self.chance = chance
        self.communities = communities
        self.owner = owner
        self.people = people
        self.done = {}
        self.messages = []

    async def act(self):
        name = self.chance.choices(list(ACTS), weights=[ACTS[it] for it in ACTS])[0]
        community = self.chance.choice(self.communities)
        # Mostly who may; sometimes somebody who may not, which changes nothing.
        actor = self.owner if self.chance.random() < 0.7 else self.chance.choice(self.people)
        answer = await getattr(self, name)(community, actor)
        granted = answer is None or answer.status < 300
        if not granted:
            assert answer.status in (403, 404, 409), (name, answer)
        self.done[name, granted] = self.done.get((name, granted), 0) + 1

    async def channel(self, community, actor):
        answer = await actor.http("GET", f"{community.path}/channels")
        channels = [it for it in answer.json["channels"] if it["kind"] == "text"] if answer.status == 200 else []
        return self.chance.choice(channels)["channel_id"] if channels else community.general

    async def role(self, community):
        roles = (await self.owner.sees(community))["roles"]
        return self.chance.choice([it["role_id"] for it in roles if not it["everyone"]])

    def other(self):
        return self.chance.choice(self.people[1:])

    async def writes(self, community, _):
        actor = self.chance.choice(self.people)
        channel = await self.channel(community, actor)
        mentions = self.chance.sample([it.user_id for it in self.people], self.chance.randrange(3))
        if actor is self.owner and self.chance.random() < 0.3:
            mentions.append("everyone")
        nonce = f"{len(self.messages)} {self.chance.random()}"
        await actor.socket.send("channel-message", channel_id=channel, message="text", nonce=nonce, mentions=mentions or None)
        answer = await actor.socket.receives_either(("ack", "error"), nonce=nonce)
        if answer["type"] == "ack":
            # What is numbered elsewhere has no number yet.
            self.messages.append((channel, answer["message_id"], answer["seq"] or 1))
        else:
            assert answer["code"] in ("forbidden", "not_found"), answer

    async def reads(self, community, _):
        actor = self.chance.choice(self.people)
        if self.messages:
            channel, _, seq = self.chance.choice(self.messages[-20:])
            await actor.marks_read(channel, self.chance.choice((seq, seq + 1, max(0, seq - 1))))

    async def deletes(self, _, actor):
        if self.messages:
            channel, message, _ = self.chance.choice(self.messages[-20:])
            return await actor.http("DELETE", f"/channels/{channel}/messages/{message}")

    async def renames(self, community, actor):
        body = {"name": f"name {self.chance.random()}", "description": self.chance.choice((None, "text"))}
        return await actor.http("PATCH", community.path, json=body)

    async def makes_a_channel(self, community, actor):
        body = {"name": "channel", "private": self.chance.random() < 0.4, "kind": self.chance.choice(("text", "text", "voice"))}
        return await actor.http("POST", f"{community.path}/channels", json=body)

    async def changes_a_channel(self, community, actor):
        channel = await self.channel(community, self.owner)
        body = self.chance.choice(({"name": "other"}, {"topic": "topic"}, {"position": self.chance.randrange(4)}))
        return await actor.http("PATCH", f"/channels/{channel}", json=body)

    async def deletes_a_channel(self, community, actor):
        channel = await self.channel(community, self.owner)
        if channel != community.general:
            return await actor.http("DELETE", f"/channels/{channel}")

    async def overrides(self, community, actor):
        channel = await self.channel(community, self.owner)
        target = self.chance.choice(["everyone", await self.role(community), self.other().user_id])
        # Not read_history: what one cannot read one cannot compare.
        names = [it for it in OF_CHANNELS if it != "read_history"]
        allow = self.chance.choice(([], ["view_channel"], self.chance.sample(names, 3)))
        deny = [it for it in self.chance.choice(([], ["view_channel"], self.chance.sample(names, 3))) if it not in allow]
        if self.chance.random() < 0.4:
            return await actor.http("DELETE", f"/channels/{channel}/overrides/{target}")
        return await actor.http("PUT", f"/channels/{channel}/overrides/{target}", json={"allow": allow, "deny": deny})

    async def makes_a_role(self, community, actor):
        body = {"name": "role", "permissions": self.chance.sample(["kick_members", "manage_channels", "view_channel"], 2)}
        return await actor.http("POST", f"{community.path}/roles", json=body)

    async def changes_a_role(self, community, actor):
        body = self.chance.choice(
            (
                {"name": "other"}, {"position": self.chance.randint(1, 2)}, {"color": "#00ff00"},
                {"permissions": ["view_channel", "administrator"]}, {"permissions": ["manage_messages"]},
            )
        )  # fmt: skip
        return await actor.http("PATCH", f"{community.path}/roles/{await self.role(community)}", json=body)

    async def changes_everyone(self, community, actor):
        names = ["read_history", "send_messages", "add_reactions"] + (["view_channel"] if self.chance.random() < 0.8 else [])
        return await actor.http("PATCH", f"{community.path}/roles/{community.everyone}", json={"permissions": names})

    async def deletes_a_role(self, community, actor):
        if len((await self.owner.sees(community))["roles"]) > 3:
            return await actor.http("DELETE", f"{community.path}/roles/{await self.role(community)}")

    async def gives_or_takes(self, community, actor):
        path = f"{community.path}/members/{self.other().user_id}/roles/{await self.role(community)}"
        return await actor.http(self.chance.choice(("PUT", "PUT", "DELETE")), path)

    async def kicks(self, community, actor):
        return await actor.http("DELETE", f"{community.path}/members/{self.other().user_id}")

    async def bans_and_unbans(self, community, actor):
        other = self.other()
        body = {"purge_seconds": self.chance.choice((0, 3600))}
        answer = await actor.http("PUT", f"{community.path}/bans/{other.user_id}", json=body)
        if answer.status < 300:
            await self.owner.http("DELETE", f"{community.path}/bans/{other.user_id}")
        return answer

    async def times_out(self, community, actor):
        path = f"{community.path}/members/{self.other().user_id}/time-out"
        if self.chance.random() < 0.6:
            return await actor.http("DELETE", path)
        return await actor.http("PUT", path, json={"seconds": 3600})

    async def leaves(self, community, _):
        return await self.other().http("POST", f"{community.path}/leave")

    async def joins(self, community, _):
        return await self.other().http("POST", f"/invite-links/{community.code}/join")

    async def invites(self, community, actor):
        return await actor.http("POST", f"{community.path}/invites", json={"user_id": self.other().user_id})

    async def answers(self, *_):
        other = self.other()
        invites = list(await other.own_invites())
        if invites:
            what = self.chance.choice(("accept", "accept", "decline"))
            return await other.http("POST", f"/server-invites/{self.chance.choice(invites)}/{what}")


# What has to have been done with effect.
NEEDED = {"writes", "overrides", "joins"}
# Each act, and how often it comes.
ACTS = {
    "writes": 30, "reads": 10, "deletes": 5, "renames": 2, "makes_a_channel": 4, "changes_a_channel": 3, "deletes_a_channel": 2,
    "overrides": 8, "makes_a_role": 2, "changes_a_role": 4, "changes_everyone": 2, "deletes_a_role": 1, "gives_or_takes": 8,
    "kicks": 2, "bans_and_unbans": 1, "times_out": 3, "leaves": 2, "joins": 8, "invites": 3, "answers": 4,
}  # fmt: skip


async def test_what_clients_know_is_what_is_there(home, seed):
    await clients_know(home, seed, OPERATIONS)


async def test_and_it_still_is_after_the_homeserver_was_killed(homes, seed):
    home = await homes.one()

    async def killed(people):
        await home.is_killed()
        await home.starts()
        for person in people:
            await person.connects()
        return people

    await clients_know(home, seed, OPERATIONS // 3, every=10, interruption=killed)


@pytest.mark.parametrize("whose", ["the community's", "the members'"])
async def test_and_it_still_is_after_one_of_two_homeservers_was_killed(homes, seed, whose):
    across = Across(*await homes.two(fast=True))
    node = across.here if whose == "the community's" else across.there

    async def killed(people):
        await node.is_killed()
        await node.starts()
        for person in people:
            if person.node is node:
                await person.connects()
        # What is asked of the host is answered again, and what was on its way has arrived.
        for person in people:
            for server in await person.communities():
                await eventually(lambda: is_listed(person, server), f"{person} reads the members of {server}", within=60)
        await across.settles(within=60)
        return [it for it in people if it.node is node]

    async def is_listed(person, server):
        return (await person.http("GET", f"/servers/{server}/members")).status == 200

    try:
        await clients_know(across, seed, OPERATIONS // 3, every=10, interruption=killed)
    finally:
        await across.ends()


async def test_what_was_lost_on_the_way_is_made_up_for_in_front_of_who_looks(homes):
    """Nobody is told one by one what happened meanwhile, of members least of all: whoever looks is told to read again."""
    alpha = homes.new("alpha.localhost", fast=True, settings={"federation": {"quota": {"events": 5}}})
    beta = homes.new("beta.localhost", fast=True)
    async with Proxy(beta.federation_port) as to_beta, contextlib.AsyncExitStack() as stack:
        await alpha.made([(beta.name, f"https://{beta.name}:{to_beta.port}")])
        await beta.made([alpha])
        await alpha.starts()
        await beta.starts()
        alice, erin = await alpha.people("alice", "erin")
        bob, carol, dora = await beta.people("bob", "carol", "dora")
        community = await alice.founds()
        code = await alice.makes_link(community)
        for one in erin, bob, carol, dora:
            answer = await one.http("POST", f"/invite-links/{code if one is erin else f'{code}@{alpha.name}'}/join")
            assert answer.expect(200).json["state"] == "joined"
        people = [await one.connects() for one in (alice, bob, carol)]
        mirrors = [await stack.enter_async_context(Mirror(one.in_another_tab())) for one in people]
        for mirror in mirrors:
            await mirror.changes.until(lambda mirror=mirror: mirror.readings, f"{mirror.person} has read")
        to_beta.refuse()
        to_beta.cut()
        await erin.leaves(community)
        await alice.kicks(community, dora)
        await alice.makes_channel(community, "made-meanwhile")
        await alice.gives(community, community.roles["Moderator"], carol)
        await alice.http("PATCH", community.path, json={"name": "Renamed"})
        for number in range(20):
            await alice.writes(f"lost {number}", community.general)

        async def is_lost():
            rows = await alpha.query("SELECT count(*) FROM dead_letters WHERE direction = 'out' AND code = 'expired'")
            return rows[0][0] >= 15

        await eventually(is_lost, "the oldest have failed", within=30)
        to_beta.accept()
        await bob.receives("community-changed", server_id=community.id, reason="resynced", within=60)
        await all_right(mirrors, 0)
        assert {it.person.user_id: len(it.communities[community.id].members) for it in mirrors} == {it.user_id: 3 for it in people}


async def clients_know(home, seed, operations, every=50, interruption=None):
    """`every` so many acts all is compared; the interruption comes once, amid them, and gives those whose homeserver knows no stream any more."""
    print(f"seed {seed}")
    chance = random.Random(seed)
    first, *people = await home.community("alice", "bob", "carol", "dora")
    second = await people[0].founds("Readers")
    for person in people:
        # Here nobody waits for anything to arrive.
        person.settles = None
    for community in (first, second):
        community.code = await people[0].makes_link(community)
    async with contextlib.AsyncExitStack() as stack:
        # Each has a tab whose connection is never cut, for what he does, and a client behind a proxy, which is judged.
        proxies = [await stack.enter_async_context(Proxy(it.node.client_port)) for it in people]
        mirrors = [
            await stack.enter_async_context(Mirror(person.in_another_tab(), url=proxy.ws_url))
            for person, proxy in zip(people, proxies)
        ]
        for mirror in mirrors:
            await mirror.changes.until(lambda mirror=mirror: mirror.readings, f"{mirror.person} has read")
        play = Play(chance, [first, second], people[0], people)
        cutting, acting = asyncio.Event(), asyncio.Event()
        acting.set()

        async def cuts():
            while not cutting.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(cutting.wait(), chance.uniform(0.05, 0.4))  # random, not a wait for anything
                await acting.wait()
                number = chance.randrange(len(people))
                if chance.random() < 0.15:
                    mirrors[number].forgets_its_stream()
                proxies[number].cut()

        interrupted = []

        def granted():
            return {name for name, is_granted in play.done if is_granted}

        def compared():
            return sum(mirror.compared for mirror in mirrors)

        # A generator of its own: what is done depends on the seed alone, not on how fast it is.
        play.chance = random.Random(seed + 1)
        cutter = asyncio.create_task(cuts())
        try:
            # On it goes for as long as too little has happened by chance, or there is little to compare.
            for number in range(3 * operations):
                if number >= operations and number % every == 0 and compared() > 20 and granted() >= NEEDED:
                    break
                await play.act()
                if interruption and number == operations // 2:
                    interrupted = [it.user_id for it in await interruption(people)]
                if number % every == every - 1:
                    # Who is cut off all the time gets to know nothing.
                    acting.clear()
                    await all_right(mirrors, seed)
                    acting.set()
        finally:
            cutting.set()
            acting.set()
            await asyncio.wait([cutter])
        await cutter
        await all_right(mirrors, seed)

        print(f"{play.done}; {compared()} compared; resumed {[it.resumed for it in mirrors]} {[it.connections for it in mirrors]}")
        assert granted() >= NEEDED, play.done
        assert sum(it.resumed for it in mirrors) >= 2 and compared() > 20
        assert bool(interrupted) == bool(interruption)
        assert all(it.begun >= 2 for it in mirrors if it.person.user_id in interrupted)
        for mirror in mirrors:
            assert not mirror.problems, (seed, mirror.problems)


async def all_right(mirrors, seed):
    """Nobody does anything now."""
    found = []

    async def is_right(mirror):
        try:
            found[:] = await mirror.differences()
        except (OSError, AssertionError) as error:
            found[:] = [repr(error)]
        return not found

    for mirror in mirrors:
        try:
            await eventually(lambda mirror=mirror: is_right(mirror), "what the client knows is right", within=30, pause=0.1)
        except AssertionError:
            tail = [str(it)[:300] for it in mirror.person.socket.frames[-4:]]
            what = [f"seed {seed}, {mirror.connections} connections, s {mirror._s}, {mirror.problems}", *found, *tail]
            raise AssertionError("\n".join(what)) from None
