"""What a screenplay says of communities: alice founds one, bob joins, carol writes in a channel."""

import json
import uuid
from urllib.parse import quote

PERMISSIONS = [
    "administrator", "manage_community", "manage_roles", "manage_channels", "create_invites", "manage_invites", "kick_members",
    "ban_members", "time_out_members", "view_audit_log", "handle_reports", "view_channel", "send_messages", "read_history",
    "manage_messages", "mention_everyone", "bypass_slow_mode", "attach_files", "add_reactions", "connect", "speak", "mute_members",
]  # fmt: skip
# What an override of a channel can hold.
OF_CHANNELS = [
    "manage_channels", "view_channel", "send_messages", "read_history", "manage_messages", "mention_everyone",
    "bypass_slow_mode", "attach_files", "add_reactions", "connect", "speak", "mute_members",
]  # fmt: skip
WHILE_TIMED_OUT = ["view_channel", "read_history"]
NOBODY = "00000000-0000-7000-8000-000000000000"


class Community:
    """One that somebody has founded: its id, and the ids of what it began with and of what was made since."""

    def __init__(self, owner, answer, address=""):
        self.owner = owner
        self.id = answer["server_id"]
        self.name = answer["name"]
        self.channels = {it["name"]: it["channel_id"] for it in answer["channels"]}
        self.roles = {it["name"]: it["role_id"] for it in answer["roles"]}
        self.everyone = next(it["role_id"] for it in answer["roles"] if it["everyone"])
        # What stands behind the code of a link for whoever lives elsewhere.
        self.address = address

    def __repr__(self):
        return f"{self.name} ({self.id})"

    @property
    def path(self):
        return f"/servers/{self.id}"

    @property
    def general(self):
        return self.channels["general"]


class InCommunities:
    """A person's part in communities; `http`, `socket` and `receives` are the person's own."""

    # Communities

    async def founds(self, name="Gardeners", **fields):
        answer = (await self.http("POST", "/servers", json={"name": name, **fields})).expect(201).json
        return Community(self, answer, f"@{self.node.name}" if self.settles else "")

    async def sees(self, community):
        """The community as he sees it."""
        return (await self.http("GET", community.path)).expect(200).json

    async def joins(self, community, code=None):
        """By a link of the owner's, unless he has one. Hears of it on his socket, when he has one."""
        code = code or await community.owner.makes_link(community)
        answer = (await self.http("POST", f"/invite-links/{code}/join")).expect(200).json
        assert answer == {"server_id": community.id, "state": "joined"}, answer
        if self.socket is not None and self.socket.is_open:
            await self.receives("community-changed", server_id=community.id, state="member", reason="joined")

    async def leaves(self, community):
        (await self.http("POST", f"{community.path}/leave")).expect(204)

    async def communities(self):
        return {it["server_id"] for it in (await self.http("GET", "/servers")).expect(200).json["servers"]}

    async def members(self, community, query=""):
        """All of them, page by page, as {user_id: member}."""
        found, after = [], ""
        while True:
            page = (await self.http("GET", f"{community.path}/members?limit=50{query}{after}")).expect(200).json
            found += page["members"]
            if "next" not in page:
                assert len({it["user_id"] for it in found}) == len(found), "a page repeats somebody"
                return {it["user_id"]: it for it in found}
            after = f"&after={page['next']}"

    async def member(self, community, other):
        return (await self.http("GET", f"{community.path}/members/{other.user_id}")).expect(200).json

    # Coming in

    async def makes_link(self, community, **fields):
        code = (await self.http("POST", f"{community.path}/invite-links", json=fields)).expect(201).json["code"]
        return code + community.address

    async def invites(self, other, to, **fields):
        body = {"user_id": other.user_id, **fields}
        return (await self.http("POST", f"{to.path}/invites", json=body)).expect(201).json

    async def takes_invite(self, invite_id):
        """Comes in by an invitation, now or, on another homeserver, when the community's home has heard of it."""
        return (await self.http("POST", f"/server-invites/{invite_id}/accept")).expect(200).json

    async def own_invites(self):
        answer = (await self.http("GET", "/server-invites")).expect(200).json["server_invites"]
        return {it["invite_id"]: it for it in answer}

    # Channels

    async def makes_channel(self, community, name, **fields):
        channel = (await self.http("POST", f"{community.path}/channels", json={"name": name, **fields})).expect(201).json
        community.channels[name] = channel["channel_id"]
        return channel["channel_id"]

    async def changes_channel(self, channel, **fields):
        return (await self.http("PATCH", f"/channels/{channel}", json=fields)).expect(200).json

    async def channel_list(self, community):
        """Those that he sees, as {channel_id: channel}."""
        answer = (await self.http("GET", f"{community.path}/channels")).expect(200).json["channels"]
        return {it["channel_id"]: it for it in answer}

    async def overrides(self, channel, target, allow=(), deny=()):
        target = getattr(target, "user_id", target)
        body = {"allow": list(allow), "deny": list(deny)}
        return (await self.http("PUT", f"/channels/{channel}/overrides/{target}", json=body)).expect(200).json

    async def permissions(self, community, channel=None):
        """His own, as the homeserver tells them: in the community, or in a channel; None when the channel is not there."""
        seen = await self.sees(community)
        if channel is None:
            return seen["permissions"]
        return next((it["permissions"] for it in seen["channels"] if it["channel_id"] == channel), None)

    # Roles

    async def makes_role(self, community, name, permissions=(), **fields):
        body = {"name": name, "permissions": list(permissions), **fields}
        role = (await self.http("POST", f"{community.path}/roles", json=body)).expect(201).json
        community.roles[name] = role["role_id"]
        return role["role_id"]

    async def changes_role(self, community, role, **fields):
        return (await self.http("PATCH", f"{community.path}/roles/{role}", json=fields)).expect(200).json

    async def gives(self, community, role, to):
        return (await self.http("PUT", f"{community.path}/members/{to.user_id}/roles/{role}")).expect(200).json

    async def takes(self, community, role, from_):
        return (await self.http("DELETE", f"{community.path}/members/{from_.user_id}/roles/{role}")).expect(200).json

    # Messages

    async def writes(self, text, channel, nonce=None, **fields):
        """Sends a message to a channel and waits for its ack, which it returns."""
        nonce = nonce or str(uuid.uuid4())
        await self.socket.send("channel-message", channel_id=channel, message=text, nonce=nonce, **fields)
        ack = await self.socket.receives("ack", nonce=nonce)
        if not self.settles:
            return ack
        if ack["state"] == "queued" and not ack["duplicate"]:
            # It has a number once it has come back.
            echo = await self.socket.receives("new-channel-message", nonce=nonce, keep=True)
            ack = {**ack, "seq": echo["seq"], "n": echo["n"], "state": "sent"}
        await self.settles()
        return ack

    async def cannot_write(self, channel, code, text="may I?", **fields):
        """Tries to, and is refused with this code."""
        nonce = str(uuid.uuid4())
        await self.socket.send_wrong(
            json.dumps({"type": "channel-message", "channel_id": channel, "message": text, "nonce": nonce, **fields})
        )
        error = await self.socket.receives("error", nonce=nonce)
        assert error["code"] == code, error
        assert error["ref_type"] == "channel-message"
        return error

    async def hears(self, text, channel, from_=None, **options):
        frame = await self.socket.receives("new-channel-message", message=text, channel_id=channel, **options)
        if from_ is not None:
            assert (frame["from_user_id"], frame["from_username"]) == (from_.user_id, from_.name), frame
        return frame

    async def marks_read(self, channel, seq):
        await self.socket.send("mark-read", channel_id=channel, seq=seq)

    async def deletes(self, channel, message, reason=None):
        query = f"?reason={quote(reason)}" if reason else ""
        return (await self.http("DELETE", f"/channels/{channel}/messages/{message}{query}")).expect(204)

    async def channel_history(self, channel):
        """Every message of the channel, page by page, oldest first; and `last_seq`."""
        messages, after = [], 0
        while True:
            page = (await self.http("GET", f"/channels/{channel}/messages?after={after}&limit=100")).expect(200).json
            assert page["channel_id"] == channel
            if not page["messages"]:
                return messages, page["last_seq"]
            messages += page["messages"]
            assert page["messages"][-1]["seq"] > after, "a page did not go on"
            after = page["messages"][-1]["seq"]

    async def channel_events(self, channel, after=0):
        """Every event of the channel behind a number, page by page; they are without a gap."""
        events = []
        while True:
            page = (await self.http("GET", f"/channels/{channel}/events?after={after}&limit=100")).expect(200).json
            assert page["conversation_id"] == channel
            if not page["events"]:
                assert page["last_seq"] == after, page
                return events
            assert [it["seq"] for it in page["events"]] == list(range(after + 1, after + 1 + len(page["events"])))
            events += page["events"]
            after = events[-1]["seq"]

    async def counters(self, channel=None):
        """What a fresh `ready` says of channels, as {channel_id: (last_seq, read_seq, unread, mentions)}; or of one, or None."""
        tab = await self.in_another_tab().connects()
        await tab.socket.close()
        found = {it["id"]: (it["last_seq"], it["read_seq"], it["unread"], it["mentions"]) for it in tab.ready["channels"]}
        return found if channel is None else found.get(channel)

    # Moderation

    async def kicks(self, community, other, reason=None):
        query = f"?reason={quote(reason)}" if reason else ""
        (await self.http("DELETE", f"{community.path}/members/{other.user_id}{query}")).expect(204)

    async def bans(self, community, other, **fields):
        (await self.http("PUT", f"{community.path}/bans/{other.user_id}", json=fields)).expect(204)

    async def times_out(self, community, other, seconds, **fields):
        body = {"seconds": seconds, **fields}
        return (await self.http("PUT", f"{community.path}/members/{other.user_id}/time-out", json=body)).expect(200).json

    async def reports(self, channel, message, reason):
        body = {"reason": reason}
        answer = await self.http("POST", f"/channels/{channel}/messages/{message}/reports", json=body)
        return answer.expect(201).json["report_id"]

    async def audit_log(self, community):
        """All of it, page by page, the newest first."""
        entries, before = [], ""
        while True:
            page = (await self.http("GET", f"{community.path}/audit-log?limit=50{before}")).expect(200).json
            entries += page["entries"]
            if "next" not in page:
                versions = [it["version"] for it in entries]
                assert versions == sorted(versions, reverse=True), versions
                return entries
            before = f"&before={page['next']}"
