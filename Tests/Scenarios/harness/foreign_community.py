"""A community that a foreign homeserver hosts, and what it says of it over the link; honest or not as a scenario wants it."""

import re
import uuid

from .communities import NOBODY
from .peer import instant, uuid7

# What a new community lets everyone do.
USUAL = ["create_invites", "view_channel", "send_messages", "read_history"]
LATER = "2099-01-01T00:00:00.000Z"


class ForeignCommunity:
    """One of gamma's. Each method makes an event of it; `fields` are put over its data."""

    def __init__(self, gamma, name="Foreigners", owner="carol"):
        self.gamma = gamma
        self.name = name
        self.owner = gamma.user(owner)
        self.id = str(uuid7())
        self.incarnation = str(uuid.uuid4())
        self.version = 1
        self.everyone = self.role(everyone=True)
        self.general = self.channel()

    @property
    def path(self):
        return f"/servers/{self.id}"

    # What it consists of

    def role(self, name="everyone", **fields):
        return {
            "role_id": str(uuid7()), "name": name, "permissions": USUAL, "position": 0, "everyone": False, **fields
        }  # fmt: skip

    def channel(self, name="general", **fields):
        return {
            "channel_id": str(uuid7()), "kind": "text", "name": name, "position": 0, "slow_mode_seconds": 0,
            "overrides": [], "last_seq": 0, "last_n": 0, **fields,
        }  # fmt: skip

    @staticmethod
    def member(user, state="member", **fields):
        return {
            "user_id": getattr(user, "user_id", user), "state": state, "joined_at": instant(), "role_ids": [], **fields
        }  # fmt: skip

    @property
    def head(self):
        return {"name": self.name, "owner": self.owner, "created_at": instant()}

    # What is said of it

    def says(self, type, *, sender=None, to=None, id=None, **data):
        event = self.gamma.event(type, sender or self.owner, to, id=id)
        return {**event, "data": {"community_id": self.id, **data}}

    def invite(self, to, **fields):
        data = {"invite_id": str(uuid7()), "name": self.name, "expires_at": LATER, **fields}
        return self.says("community.invite", to=getattr(to, "user_id", to), **data)

    def state(self, **fields):
        """A change; its version is the next one."""
        self.version += 1
        counted = {"version": self.version, "incarnation": self.incarnation, "member_count": 2}
        return self.says("community.state", **{**counted, **fields})

    def snapshot(self, *members, **fields):
        """Everything, in one part: the role everyone, general, and these members."""
        return self.state(
            **{
                "snapshot": "last", "community": self.head, "roles": [self.everyone],
                "only_roles": [self.everyone["role_id"]], "channels": [self.general],
                "only_channels": [self.general["channel_id"]], "members": [self.member(it) for it in members],
                "member_range": {}, **fields,
            }
        )  # fmt: skip

    def message(self, text, seq, **fields):
        data = {
            "channel_id": self.general["channel_id"], "incarnation": self.incarnation, "seq": seq, "n": seq, "message": text
        }  # fmt: skip
        return self.says("community.message", **{**data, **fields})

    def deletion(self, seq, of=None, **fields):
        """`of` is the event of the message that is deleted."""
        data = {
            "channel_id": self.general["channel_id"], "incarnation": self.incarnation, "seq": seq,
            "message_id": of["id"] if of else NOBODY, "message_seq": of["data"]["seq"] if of else 1,
        }  # fmt: skip
        return self.says("community.message_deleted", **{**data, **fields})

    def gone(self, reason="deleted"):
        return self.says("community.gone", reason=reason)

    # What happens

    async def invites(self, alpha, person):
        """The person hears of it; returns the invitation's id."""
        event = self.invite(person)
        assert await self.gamma.delivers(alpha, event) == {}
        invite = event["data"]["invite_id"]
        await person.receives("new-server-invite", invite_id=invite, server_id=self.id, from_user_id=self.owner)
        return invite

    async def is_accepted(self, alpha, person):
        """The person says yes, and the community's home hears of it."""
        invite = await self.invites(alpha, person)
        assert await person.takes_invite(invite) == {"server_id": self.id, "state": "joining"}
        accept = await self.gamma.hears("community.accept", invite_id=invite)
        assert (accept["sender"], accept["data"]["community_id"]) == (person.user_id, self.id)
        assert "to" not in accept
        return invite

    async def takes_in(self, alpha, person, **fields):
        """He is invited, accepts, and is in; its home has told the whole of it."""
        await self.is_accepted(alpha, person)
        assert await self.gamma.delivers(alpha, self.snapshot(person, **fields)) == {}
        await person.receives("community-changed", server_id=self.id, state="member", reason="joined")
        return self


async def shown(person):
    """All that a person is shown of communities: lists, channels with their histories, invitations, and a fresh `ready`."""
    answers = []
    servers = (await person.http("GET", "/servers")).expect(200).json["servers"]
    for server in servers:
        seen = (await person.http("GET", f"/servers/{server['server_id']}")).expect(200).json
        answers.append(seen)
        for channel in seen["channels"]:
            answers.append(await person.channel_history(channel["channel_id"]))
    tab = await person.in_another_tab().connects()
    await tab.socket.close()
    ready = [tab.ready[list] for list in ("servers", "channels", "server_invites", "direct")]
    return [servers, answers, ready, await person.own_invites()]


def tells(gamma, community, events, last=None):
    """gamma answers for a channel's events as every homeserver does; everything else is not there."""
    path = re.compile(f"/api/v1/channels/{community.general['channel_id']}/events\\?(?:limit=[0-9]+&)?after=([0-9]+)(?:&limit=[0-9]+)?")

    def answer(call):
        asked = path.fullmatch(call["target"])
        if not asked:
            return 404, {"code": "not_found", "message": "there is nothing of that kind"}
        found = [
            {
                "type": "new-channel-message", "server_id": community.id, "channel_id": it["data"]["channel_id"],
                "message_id": it["id"], "from_user_id": it["sender"], "from_username": it["sender"].split("@")[0],
                "message": it["data"]["message"], "seq": it["data"]["seq"], "n": it["data"]["n"], "timestamp": it["ts"],
            }
            for it in events
            if it["data"]["seq"] > int(asked[1])
        ]  # fmt: skip
        number = last or max(it["data"]["seq"] for it in events)
        return 200, {"conversation_id": community.general["channel_id"], "events": found, "last_seq": number}

    gamma.answer_call = answer


def asked_for(gamma, community):
    """The calls for what is missing in its channel."""
    return [it for it in gamma.calls if f"/channels/{community.general['channel_id']}/events" in it["target"]]
