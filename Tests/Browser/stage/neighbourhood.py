"""Two streets with a homeserver each, and what their people have said to each other: what pictures and looks are taken of."""

import asyncio
from datetime import UTC, datetime, timedelta

from harness.client import Client
from harness.node import befriend
from harness.waiting import eventually

from .garden import Garden

NAMES = ("elmstreet.localhost", "harbour.localhost")
LONG_NAME = "wilhelmine.von-der-hohen-strasse"

DAY = 24 * 60

# (minutes before now, who, text, what it replies to): mara at elmstreet, tomasz at harbour.
CARGO_BIKE = [
    (2 * DAY + 95, "tomasz", "Hi Mara! Your tool library has cargo bikes, right?", None),
    (2 * DAY + 91, "mara", "It does 🚲 Two of them. Whoever brings one back last locks the shed.", None),
    (2 * DAY + 90, "tomasz", "Perfect. Could I have one on Saturday? I promised to move the seedlings from the allotments.", None),
    (DAY + 70, "mara", "Saturday is free until two. For the lock:\n\n1. the code is inside the shed’s door\n2. turn it **left** first\n3. mind the brake of the *red* one", None),
    (DAY + 66, "tomasz", "Left first, got it. How do I book?", "Saturday is free"),
    (DAY + 64, "mara", "Write to me, or ask the script:\n\n```sh\nbook --bike red --from 10:00 --to 14:00\n```", None),
    (DAY + 60, "tomasz", "`book` is lovely, thank you", None),
    (48, "tomasz", "> Whoever brings one back last locks the shed.\n\nThat will be me. I would take https://www.openstreetmap.org/relation/8649 along the canal", None),
    (44, "mara", "The towpath is closed at the lock, but the ferry takes bikes.", "That will be me"),
    (43, "mara", "It leaves on the hour.", None),
    (9, "tomasz", "🎉", None),
]

# What stands in the column beside it: (minutes before now, from, to, text).
OTHERS = [
    (3 * DAY + 20, "mara", "okan", "The ladder is back in the shed."),
    (DAY + 300, LONG_NAME, "mara", "Would you mind if the choir rehearsed in the courtyard on Thursday evening, as it did last year?"),
    (205, "mara", "noor", "See you at the harbour fair!"),
    (64, "aylin", "mara", "I found the recipe, it is my grandmother’s"),
    (31, "theo", "mara", "Soup is on the stove"),
    (27, "theo", "mara", "Bring bread if you pass the bakery 🥖"),
]

PARAGRAPH = (
    "The minutes of our meeting, for all who could not come: we talked about the roof of the shed first, which leaks where "
    "the ivy lifts the tiles. Okan offers to mend it in spring if two people hold the ladder."
)
LONG_MESSAGE = "\n\n".join([PARAGRAPH] * 9)
WITHOUT_BLANKS = "https://archive.example.org/" + "meeting-of-the-street-" * 16 + "end"


class Neighbourhood:
    """mara and theo, aylin, okan on elmstreet; tomasz, noor and somebody with a long name on harbour. All but the strangers are mara's friends."""

    def __init__(self, houses, now=None):
        self.elmstreet, self.harbour = houses
        self.now = now or datetime.now(UTC)
        self.people = {}
        self.clients = []

    def __getitem__(self, name):
        return self.people[name]

    async def gathers(self):
        """Everybody moves in, becomes friends, and says what there is to say."""
        for house, names in ((self.elmstreet, ("mara", "theo", "aylin", "okan", "nils")), (self.harbour, ("tomasz", "noor", LONG_NAME, "paula"))):
            for person in await house.people(*names):
                self.people[person.name] = person
        mara = self["mara"]
        friends = ("theo", "aylin", "okan", "tomasz", "noor", LONG_NAME)
        await asyncio.gather(*(befriend(mara, self[name]) for name in friends))
        for name in ("mara", *friends):
            await self[name].connects()
        for before, who, text, replied in CARGO_BIKE:
            await self.says(before, who, "tomasz" if who == "mara" else "mara", text, replied)
        for said in OTHERS:
            await self.says(*said)
        await self["nils"].asks(mara)
        await mara.asks(self["paula"])
        await self._is_dated()
        await self._is_read()
        for person in self.people.values():
            if person.socket:
                await person.socket.close()
        return self

    async def says(self, before, who, to, text, replied=None):
        one, other = self[who], self[to]
        fields = {}
        if replied:
            messages, _ = await one.history_with(other)
            fields["reply_to"] = next(it["message_id"] for it in messages if replied in it["message"])
        await one.sends(text, other, **fields)
        # Across homeservers the order is one only if each waits for the other.
        await other.receives_message(text, one)

    async def _is_dated(self):
        """Nobody can wait two days for a picture: the times are set behind the API's back."""
        said = [(before, text) for before, _, text, _ in CARGO_BIKE] + [(before, text) for before, _, _, text in OTHERS]
        for house in (self.elmstreet, self.harbour):
            async with house.database() as connection:
                for before, text in said:
                    await connection.execute("UPDATE messages SET sent_at = %s WHERE body = %s", (self.now - timedelta(minutes=before), text))

    async def _is_read(self):
        """By both, except what theo said last."""
        for reader, writers in (("mara", ("tomasz", "noor", "aylin", "okan", LONG_NAME)), ("tomasz", ("mara",))):
            await self[reader].socket.close()
            person = await self[reader].connects()
            for conversation in person.ready["direct"]:
                if any(conversation["user_id"] == self[it].user_id for it in writers) and conversation["last_seq"]:
                    await person.socket.send("mark-read", conversation_id=conversation["conversation_id"], seq=conversation["last_seq"])
                    await person.receives("unread-changed", conversation_id=conversation["conversation_id"])

    async def some_stay(self, *names):
        """These are online from now on; whoever else of mara's friends was is seen to have gone."""
        for name in names:
            self.clients.append(await Client(self[name]).__aenter__())
        online = {self[name].user_id for name in names} - {self["mara"].user_id}
        await eventually(lambda: self._are_online(online), f"{online} are online, and nobody else", within=40)

    async def _are_online(self, online):
        friends = (await self["mara"].http("GET", "/friends")).expect(200).json["friends"]
        return {it["user_id"] for it in friends if it["status"] == "online"} == online

    async def ends(self):
        for client in self.clients:
            await client.leaves()

    async def a_garden_is_planted(self):
        """mara's community, in which her neighbours have spoken, with all that its settings may show."""
        mara, theo, aylin, okan = (self[name] for name in ("mara", "theo", "aylin", "okan"))
        self.garden = garden = await Garden.of(mara, "Allotments of the long street", description="Seeds, tools and bees.\nBehind the railway, left of the bridge.")
        await garden.joined_by(theo, aylin, okan)
        await garden.channel("tools-and-sheds", topic="Who has what, and who brings it back")
        await garden.channel("W" * 64)
        await garden.channel("board", private=True, role_ids=[garden.roles["Moderator"]])
        await garden.channel("talk", kind="voice")
        await garden.role("Bee keepers", ["manage_messages"], color="#e0a020")
        await garden.gives(aylin, "Bee keepers")
        await garden.says(theo, "Who waters the beans on Sunday?")
        await garden.says(aylin, "I can, if @mara brings the **long** hose", mentions=[mara.user_id])
        spam = await garden.says(okan, "Buy my tulips")
        await garden.says(mara, "The hose is in the shed, @Bee keepers", mentions=[garden.roles["Bee keepers"]])
        await garden.says(theo, "Then it is settled. Thank you @everyone!")
        await garden.says(theo, "The ladder is back", "tools-and-sheds")
        reports = f"/channels/{garden.channels['general']}/messages/{spam['message_id']}/reports"
        (await theo.http("POST", reports, json={"reason": "An advertisement, and he was told before"})).expect(201)
        (await mara.http("PUT", f"/servers/{garden.id}/members/{okan.user_id}/time-out", json={"seconds": 86_400, "reason": "tulips"})).expect(200)
        (await mara.http("POST", f"/servers/{garden.id}/invites", json={"user_id": self["nils"].user_id})).expect(201)
        await garden.link(max_uses=10)
        pest = await self.elmstreet.person("hedgehog-hater")
        (await mara.http("PUT", f"/servers/{garden.id}/bans/{pest.user_id}", json={"reason": "hedgehogs"})).expect(204)
        orchard = await Garden.of(theo, "Orchard", description="Apples and pears")
        self.code = await orchard.link()
        (await theo.http("POST", f"/servers/{orchard.id}/invites", json={"user_id": mara.user_id})).expect(201)

    async def somebody_is_blocked(self):
        """With whom mara has spoken, and a stranger."""
        mara = self["mara"]
        for house, name in ((self.elmstreet, "gero"), (self.harbour, "pest")):
            self.people[name] = await house.person(name)
        gero = await self["gero"].connects()
        await befriend(mara, gero)
        await gero.sends("Answer me, will you", mara)
        await gero.socket.close()
        for name in ("gero", "pest"):
            (await mara.http("PUT", f"/blocks/{self[name].user_id}")).expect(204)

    async def harbour_goes_down(self):
        """From now on what mara writes there waits, and what has waited is delayed."""
        mara = await self["mara"].connects()
        await self.harbour.is_killed()
        await mara.sends("Is the ferry running today?", self["noor"])
        await self.elmstreet.query("UPDATE outbox SET created_at = created_at - interval '1 minute'")
        await mara.receives("delivery", state="delayed", within=30)
        await mara.sends("And does it take the dog?", self["noor"])
        await mara.asks(f"freya@{self.harbour.name}")
        await mara.socket.close()

    async def long_things_are_said(self):
        """What tries a layout: a page of text, and a word as long as one."""
        aylin = await self["aylin"].connects()
        for text in (WITHOUT_BLANKS, LONG_MESSAGE, "**مرحبا** يا مارا، كيف حالك؟ `shed --open`"):
            await aylin.sends(text, self["mara"])
        await aylin.socket.close()

