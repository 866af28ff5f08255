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
        """Those of another homeserver name the community's with the code."""
        code = await self.link()
        for person in people:
            where = code if person.node is self.owner.node else f"{code}@{self.owner.node.name}"
            answer = (await person.http("POST", f"/invite-links/{where}/join")).expect(200).json
            assert answer == {"server_id": self.id, "state": "joined"}, f"{person} by {where}: {answer}"
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


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def region(page, name):
    return page.locator("home-community-settings").get_by_role("region", name=name, exact=True)


async def answers(page, title, label, **fields):
    """The question that stands before a deed: fills what is given, and does it."""
    dialog = page.get_by_role("dialog", name=title).locator("form")
    for name, value in fields.items():
        await dialog.get_by_label(name.replace("_", " "), exact=True).fill(value)
    await button(dialog, label).click()
    await expect(dialog).to_have_count(0)


async def confirms(page, title, label):
    await button(page.get_by_role("alertdialog", name=title), label).click()


async def member_menu(visitor, person, item):
    await visitor.page.locator("home-member-list button.member", has_text=person.name).click()
    await visitor.page.get_by_role("menuitem", name=item, exact=True).click()


async def message_menu(visitor, text, item):
    await visitor.row(text).hover()
    await button(visitor.row(text), "More to do with this message").click()
    await visitor.page.get_by_role("menuitem", name=item, exact=True).click()


# When (ms) both the channel and its community show this many mentions; '' for none.
WAITS_FOR_BADGES = """count => {
    const shows = (selector) => {
        const badge = document.querySelector(`${selector} .badge`);
        return (badge.hidden ? '' : badge.firstElementChild.textContent) === count;
    };
    globalThis.badgesShown = new Promise((resolve) => {
        const look = () => (shows('a.channel-entry') && shows('[data-community]') ? resolve(Date.now()) : setTimeout(look, 5));
        look();
    });
    return null;
}"""
