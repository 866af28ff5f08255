"""A community and who is in it, made by its members' API: what a test of the page finds there already."""

import uuid

from playwright.async_api import expect


class Garden:
    """A community of `owner`. `says` and the like are done over sockets, as any client does it."""

    def __init__(self, owner, answer):
        self.owner = owner
        self.id = answer["server_id"]
        self.name = answer["name"]
        self.channels = {it["name"]: it["channel_id"] for it in answer["channels"]}
        self.roles = {it["name"]: it["role_id"] for it in answer["roles"]}

    @classmethod
    async def of(cls, owner, name="Garden", **fields):
        return cls(owner, (await owner.http("POST", "/servers", json={"name": name, **fields})).expect(201).json)

    async def link(self, **fields):
        return (await self.owner.http("POST", f"/servers/{self.id}/invite-links", json=fields)).expect(201).json["code"]

    async def joined_by(self, *people):
        code = await self.link()
        for person in people:
            answer = (await person.http("POST", f"/invite-links/{code}/join")).expect(200).json
            assert answer == {"server_id": self.id, "state": "joined"}
        return self

    async def channel(self, name, **fields):
        answer = (await self.owner.http("POST", f"/servers/{self.id}/channels", json={"name": name, **fields})).expect(201).json
        self.channels[name] = answer["channel_id"]
        return answer["channel_id"]

    async def role(self, name, permissions=(), **fields):
        answer = (await self.owner.http("POST", f"/servers/{self.id}/roles", json={"name": name, "permissions": [*permissions], **fields})).expect(201).json
        self.roles[name] = answer["role_id"]
        return answer["role_id"]

    async def gives(self, person, role):
        (await self.owner.http("PUT", f"/servers/{self.id}/members/{person.user_id}/roles/{self.roles[role]}")).expect(200)

    async def says(self, person, text, channel="general", **fields):
        """Whoever speaks is connected for as long as it takes. Returns the ack."""
        own = person.socket is None or person.socket.task.done()
        if own:
            await person.connects()
        nonce = str(uuid.uuid4())
        await person.socket.send("channel-message", channel_id=self.channels[channel], message=text, nonce=nonce, **fields)
        ack = await person.socket.receives("ack", nonce=nonce)
        if own:
            await person.socket.close()
        return ack

    def place(self, channel=None):
        """Its fragment, or that of one of its channels."""
        return f"#/community/{self.id}" + (f"/channel/{self.channels[channel]}" if channel else "")

    def settings(self, part):
        return f"#/community/{self.id}/settings/{part}"


def entry(page, name):
    """A channel's line in the column."""
    return page.get_by_role("navigation", name="Channels").get_by_role("link", name=name)


def rail(page, name):
    """A community beside the column, by its name and what is unread in it."""
    return page.get_by_role("navigation", name="Communities").get_by_role("link", name=name)


async def enters(visitor, garden, channel="general", page=None):
    """One of its channels, where one may write."""
    await visitor.goes(garden.place(channel), page)
    await expect((page or visitor.page).get_by_role("textbox", name=f"Message to #{channel}", exact=True)).to_be_visible()
    return visitor
