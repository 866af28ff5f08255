"""What a client knows of its communities, kept as docs/client-api.md says, through cuts and resumes; and whether it is true."""

import asyncio

import aiohttp

from .client import Client

# What a community tells by frames, beside its members and channels.
COMMUNITY = ("name", "description", "owner_user_id")
ABOUT_COMMUNITIES = ("community-changed", "channel-changed", "member-changed")


class Known:
    """A community as one client knows it: what its last reading said, and the frames since."""

    def __init__(self):
        self.read_version = 0
        self.about = {}
        self.roles = {}
        self.channels = {}
        self.members = {}
        self.own = {}


class Mirror(Client):
    """A good client of communities. `differences` compares what it knows with a fresh `ready` and with what HTTP says."""

    def __init__(self, person, url=None):
        super().__init__(person, url)
        self.communities = {}
        # channel → [last_seq, read_seq, unread, mentions], or None until the next reading tells.
        self.counters = {}
        # channel → {seq: event}, of what was heard or filled in since it came into sight.
        self.events = {}
        self.invites = {}
        self.readings = 0
        # How often it was told everything anew.
        self.begun = 0
        self.compared = 0
        self._is_forgetful = False
        self._filling = set()
        # channel → community, of every channel that was ever heard of.
        self._places = {}
        self._heard = []
        self._dirty = {}
        self._reader = None

    async def __aenter__(self):
        self._reader = asyncio.create_task(self._keep_reading(), name=f"reader of {self.person}")
        return await super().__aenter__()

    async def leaves(self):
        await super().leaves()
        # As in `Client`: a cancellation may be lost.
        while not self._reader.done():
            self._reader.cancel()
            await asyncio.wait([self._reader], timeout=1)
        if not self._reader.cancelled() and self._reader.exception():
            raise self._reader.exception()

    def forgets_its_stream(self):
        """The next connection begins with a `ready`, as after a restart of the client."""
        self._is_forgetful = True

    async def _one_connection(self):
        if self._is_forgetful:
            self._stream, self._is_forgetful = None, False
        await super()._one_connection()

    # Frames

    def _hear(self, frame):
        super()._hear(frame)
        kind = frame["type"]
        if kind == "ready":
            self._begin(frame)
        elif kind in ABOUT_COMMUNITIES:
            self._heard.append(frame)
            self._apply(frame)
        elif kind in ("new-channel-message", "message-deleted"):
            self._happens({key: value for key, value in frame.items() if key != "s"}, live=True)
        elif kind == "unread-changed" and "channel_id" in frame:
            if frame["channel_id"] in self.counters:
                self.counters[frame["channel_id"]] = [frame[it] for it in COUNTERS]
        elif kind == "new-server-invite":
            self.invites[frame["invite_id"]] = frame["server_id"]
        elif kind == "server-invite-changed":
            self.invites.pop(frame["invite_id"], None)

    def _begin(self, ready):
        self.begun += 1
        there = {it["server_id"]: it["version"] for it in ready["servers"]}
        for server in [it for it in self.communities if it not in there]:
            self._forget(server)
        for server in there:
            self.communities.setdefault(server, Known())
            self._is_dirty(server)
        self.counters = {it["id"]: [it[name] for name in COUNTERS] for it in ready["channels"]}
        self._places.update({it["id"]: it["server_id"] for it in ready["channels"]})
        self.events = {channel: self.events.get(channel, {}) for channel in self.counters}
        for channel, (last_seq, *_) in self.counters.items():
            reached = gapless(self.events[channel])
            if reached and reached < last_seq:
                self._filling.add(channel)
                self._start(self._fill(channel, reached, last_seq))
        self.invites = {it["invite_id"]: it["server_id"] for it in ready["server_invites"]}

    def _is_dirty(self, server):
        self._dirty[server] = True
        self.changes.happened()

    def _forget(self, server):
        self.communities.pop(server, None)
        for channel, place in self._places.items():
            if place == server:
                self.counters.pop(channel, None)
                self.events.pop(channel, None)
        self._dirty.pop(server, None)

    def _apply(self, frame):
        server = frame["server_id"]
        kind, gone = frame["type"], frame["state"] == "gone"
        if kind == "community-changed" and gone:
            return self._forget(server)
        if server not in self.communities:
            if kind != "community-changed":
                return  # of the time before one came in, or after one went
            self.communities[server] = Known()
        known = self.communities[server]
        if kind != "member-changed" and frame.get("reason") != "resynced" and frame["version"] <= known.read_version:
            return  # old news
        if kind == "community-changed":
            known.about = {it: frame[it] for it in COMMUNITY if it in frame}
            if "role" in frame:
                known.roles[frame["role"]["role_id"]] = frame["role"]
            known.roles.pop(frame.get("removed_role_id"), None)
            self._is_dirty(server)
        elif kind == "channel-changed":
            channel = frame["channel_id"]
            self._places[channel] = server
            if gone:
                known.channels.pop(channel, None)
                self.counters.pop(channel, None)
                self.events.pop(channel, None)
            else:
                if channel not in known.channels and frame["channel"]["kind"] == "text":
                    self.counters.setdefault(channel, None)
                    self.events.setdefault(channel, {})
                known.channels[channel] = without(frame["channel"], *COUNTERS)
            self._is_dirty(server)
        else:
            user = frame["user_id"]
            if gone:
                known.members.pop(user, None)
            else:
                known.members[user] = {k: frame[k] for k in MEMBER if k in frame}
            # What was denied to somebody in a channel holds again when he comes back.
            if user == self.person.user_id or frame.get("reason") == "joined":
                self._is_dirty(server)

    def _happens(self, event, live):
        channel, seq = event["channel_id"], event["seq"]
        self._places[channel] = event["server_id"]
        if channel not in self.events:
            if not live:
                return
            # A message may come before the reading that tells of its channel: of a community that one has just joined.
            self.events[channel] = {}
            self.counters[channel] = None
        events = self.events[channel]
        if seq in events:
            return
        if live and events and seq > max(events) + 1 and channel not in self._filling:
            self.problems.append(f"{channel}: {seq} after {max(events)}")
        events[seq] = event
        self._count(channel, event)

    def _count(self, channel, event):
        counters, events = self.counters.get(channel), self.events[channel]
        if counters is None or event["seq"] <= counters[0]:
            return
        counters[0] = event["seq"]
        if event["type"] == "new-channel-message":
            if event["from_user_id"] != self.person.user_id and not event.get("deleted"):
                counters[2] += 1
                counters[3] += self._is_meant(event)
            return
        message = events.get(event["message_seq"])
        if event["message_seq"] <= counters[1]:
            return
        if message is None:
            self.counters[channel] = None
            self._is_dirty(event["server_id"])
        elif message["from_user_id"] != self.person.user_id and not message.get("deleted"):
            counters[2] -= 1
            counters[3] -= self._is_meant(message)

    def _is_meant(self, message):
        return bool({"everyone", self.person.user_id} & set(message.get("mentions", [])))

    # Readings

    async def _fill(self, channel, after, through):
        """The hole behind a number; frames that come meanwhile stand behind it."""
        try:
            while after < through and self.events.get(channel):
                answer = await self.person.http("GET", f"/channels/{channel}/events?after={after}&limit=100")
                if answer.status != 200 or not answer.json["events"]:
                    return
                for event in answer.json["events"]:
                    after = event["seq"]
                    # What is behind it comes as a frame, which counts.
                    if after <= through and self.events.get(channel):
                        self.events[channel].setdefault(after, event)
        except (OSError, aiohttp.ClientError, TimeoutError):
            pass  # a homeserver that is away tells with its next `ready` how far channels are
        finally:
            self._filling.discard(channel)
            self.changes.happened()

    async def _keep_reading(self):
        while not self._stopping:
            await self.changes.until(lambda: self._dirty, "something to read again", 3600)
            server = next(iter(self._dirty))
            del self._dirty[server]
            try:
                await self._read(server)
            except (OSError, aiohttp.ClientError, TimeoutError):
                pass  # a homeserver that is away; its next `ready` has everything read again
            self.changes.happened()

    async def _read(self, server):
        begun = len(self._heard)
        answer = await self.person.http("GET", f"/servers/{server}")
        listed = await self.person.http("GET", f"/servers/{server}/members")
        if server not in self.communities:
            return
        if listed.status == 502:
            # The community's home is away: it is asked again, as a person would.
            listed.expect(502, "remote_unreachable")
            await asyncio.sleep(0.3)
            return self._is_dirty(server)
        if answer.status != 200 or listed.status != 200:
            # One is out, and the frame that says so is on its way.
            assert {answer.status, listed.status} <= {200, 404}, (answer, listed)
            return
        self.readings += 1
        seen = answer.json
        known = self.communities[server]
        if seen["version"] < known.read_version:
            return
        known.read_version = seen["version"]
        known.about = {it: seen[it] for it in COMMUNITY if it in seen}
        known.roles = {it["role_id"]: it for it in seen["roles"]}
        known.own = own(seen)
        channels = {it["channel_id"]: without(it, "permissions", *COUNTERS) for it in seen["channels"]}
        for channel in set(known.channels) - set(channels):
            self.counters.pop(channel, None)
            self.events.pop(channel, None)
        for channel, it in channels.items():
            self._places[channel] = server
            if it["kind"] == "text":
                events = self.events.setdefault(channel, {})
                if self.counters.get(channel) is None:
                    self.counters[channel] = [next(c for c in seen["channels"] if c["channel_id"] == channel)[n] for n in COUNTERS]
                    for seq in sorted(events):
                        self._count(channel, events[seq])
        known.channels = channels
        known.members = {it["user_id"]: {k: it[k] for k in MEMBER if k in it} for it in listed.json["members"]}
        for frame in self._heard[begun:]:
            if frame["server_id"] == server and server in self.communities:
                self._apply(frame)

    # Judgement

    async def differences(self):
        """Between what it knows and what a fresh `ready` and HTTP say; empty when it is right. How much was compared is in `compared`."""
        if self._task.done():
            self._task.result()
        if self._dirty or self._filling or not self.person.socket.is_open:
            return [f"{self.person} is still reading {self._dirty}, or is not connected: {self.problems}"]
        tab = await self.person.in_another_tab().connects()
        await tab.socket.close()
        ready, found = tab.ready, []

        def compare(what, mine, true):
            if mine != true:
                found.append(f"{self.person}: {what}: knows {mine}, is {true}")

        compare("communities", sorted(self.communities), sorted(it["server_id"] for it in ready["servers"]))
        compare("invitations", self.invites, {it["invite_id"]: it["server_id"] for it in ready["server_invites"]})
        counters = {it["id"]: [it[name] for name in COUNTERS] for it in ready["channels"]}
        compare("text channels", sorted(self.counters), sorted(counters))
        self.compared = 0
        for channel, mine in self.counters.items():
            compare(f"counters of {channel}", mine, counters.get(channel))
            self.compared += 1
        for server, known in list(self.communities.items()):
            answer = await self.person.http("GET", f"/servers/{server}")
            listed = await self.person.http("GET", f"/servers/{server}/members")
            if answer.status != 200 or listed.status != 200:
                found.append(f"{self.person}: {server} is not there")
                continue
            seen = answer.json
            compare("the community", known.about, {it: seen[it] for it in COMMUNITY if it in seen})
            compare("roles", known.roles, {it["role_id"]: it for it in seen["roles"]})
            true = {it["channel_id"]: without(it, "permissions", *COUNTERS) for it in seen["channels"]}
            compare("channels", known.channels, true)
            compare("one's own", known.own, own(seen))
            members = {it["user_id"]: {k: it[k] for k in MEMBER if k in it} for it in listed.json["members"]}
            compare("members", known.members, members)
            compare("how many", len(known.members), seen["member_count"])
        for channel, events in list(self.events.items()):
            if events and channel in counters:
                found += await self._false_events(channel, events)
                self.compared += len(events)
        return found

    async def _false_events(self, channel, events):
        true = {it["seq"]: it for it in await self.person.channel_events(channel, min(events) - 1)}
        if set(true) != set(events):
            return [f"{self.person}: {channel}: has {sorted(events)}, is {sorted(true)}"]
        deleted = {it["message_id"] for it in true.values() if it["type"] == "message-deleted"}
        found = []
        for seq, event in events.items():
            if event["message_id"] in deleted and event["type"] == "new-channel-message":
                event = {**without(event, "mentions"), "message": "", "deleted": True}
            if event != true[seq]:
                found.append(f"{self.person}: {channel}: heard {event}, is {true[seq]}")
        return found


COUNTERS = ("last_seq", "read_seq", "unread", "mentions")
MEMBER = ("user_id", "username", "role_ids", "joined_at", "timed_out_until")


def without(value, *names):
    return {key: it for key, it in value.items() if key not in names}


def gapless(numbers):
    """How far numbers go on from the least of them without a gap; 0 when there are none."""
    reached = min(numbers, default=0)
    while reached + 1 in numbers:
        reached += 1
    return reached


def own(seen):
    channels = {it["channel_id"]: it["permissions"] for it in seen["channels"]}
    return {"permissions": seen["permissions"], "position": seen["position"], "role_ids": seen["role_ids"], "channels": channels}
