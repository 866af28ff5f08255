"""A person with an account: what a screenplay calls alice and bob."""

import uuid

from .communities import InCommunities
from .socket import Socket

PASSWORD = "a pass phrase of four words"


class Person(InCommunities):
    """A signed-in user on one device. `socket` is the connection of the last `connects`.

    Every command is one sentence of a screenplay; commands of HTTP raise unless the homeserver agrees.
    """

    def __init__(self, node, name, password=PASSWORD):
        self.node = node
        self.name = name
        self.password = password
        self.user_id = f"{name}@{node.name}"
        self.token = None
        self.socket = None
        # Across homeservers: waits until what he did has arrived on the other one.
        self.settles = None

    def __repr__(self):
        return self.user_id

    # Account

    async def registers(self, registration_token=None):
        body = {"username": self.name, "password": self.password}
        if registration_token is not None:
            body["registration_token"] = registration_token
        answer = await self.node.web.call("POST", "/api/v1/register", json=body)
        if answer.status == 201:
            assert answer.json["user_id"] == self.user_id
            self.token = answer.json["token"]
        return answer

    async def logs_in(self, password=None):
        body = {"username": self.name, "password": password or self.password}
        answer = await self.node.web.call("POST", "/api/v1/login", json=body)
        if answer.status == 200:
            self.token = answer.json["token"]
        return answer

    async def on_another_device(self):
        """The same account, signed in once more."""
        other = Person(self.node, self.name, self.password)
        other.settles = self.settles
        (await other.logs_in()).expect(200)
        return other

    def in_another_tab(self):
        """The same login session, with a socket of its own."""
        other = Person(self.node, self.name, self.password)
        other.settles = self.settles
        other.token = self.token
        return other

    async def http(self, method, path, **options):
        answer = await self.node.web.call(method, "/api/v1" + path, token=self.token, **options)
        if method not in ("GET", "HEAD"):
            await self.has_arrived()
        return answer

    async def has_arrived(self):
        """What he did, and what others did at the same time, is everywhere."""
        if self.settles:
            await self.settles()

    # Socket

    async def connects(self, resume=False, url=None, token=None, **options):
        """Opens a socket and waits for `hello` and, unless it is going to resume, for `ready`."""
        address = f"{url or self.node.ws_url}/ws?token={token or self.token}" + ("&resume=1" if resume else "")
        self.socket = await Socket.open(address, self.user_id, **options)
        self.hello = await self.socket.receives("hello")
        if not resume:
            self.ready = await self.socket.receives("ready")
        return self

    async def sends(self, text, to, nonce=None, **fields):
        """Sends a private message and waits for its ack, which it returns."""
        nonce = nonce or str(uuid.uuid4())
        receiver = to if isinstance(to, str) else to.user_id
        await self.socket.send("private-message", receiver_id=receiver, message=text, nonce=nonce, **fields)
        return await self.socket.receives("ack", nonce=nonce)

    async def receives(self, type, **options):
        return await self.socket.receives(type, **options)

    async def receives_message(self, text, from_, **options):
        frame = await self.socket.receives("new-private-message", message=text, **options)
        assert frame["from_user_id"] == from_.user_id, frame
        assert frame["from_username"] == from_.name, frame
        return frame

    # Friends

    async def asks(self, other):
        """Sends a friend request and returns the answer's body."""
        body = {"user_id": other if isinstance(other, str) else other.user_id}
        return (await self.http("POST", "/friend-requests", json=body)).expect(201).json

    async def accepts(self, request_id):
        return (await self.http("POST", f"/friend-requests/{request_id}/accept")).expect_success()

    async def declines(self, request_id):
        return (await self.http("POST", f"/friend-requests/{request_id}/decline")).expect_success()

    async def withdraws(self, request_id):
        return (await self.http("DELETE", f"/friend-requests/{request_id}")).expect_success()

    async def removes(self, other):
        return (await self.http("DELETE", f"/friends/{other.user_id}")).expect_success()

    async def friends(self):
        """The user ids of all friends, page by page."""
        found, after = set(), ""
        while True:
            page = (await self.http("GET", f"/friends{after}")).expect(200).json
            found.update(it["user_id"] for it in page["friends"])
            if "next" not in page:
                return found
            after = f"?after={page['next']}"

    async def requests(self):
        """Open requests as {user_id: (direction, state)}."""
        answer = (await self.http("GET", "/friend-requests")).expect(200).json
        return {it["user_id"]: (it["direction"], it["state"]) for it in answer["friend_requests"]}

    async def last_seq_with(self, other):
        """How far the conversation is, without reading it."""
        return (await self.http("GET", f"/direct/{other.user_id}/messages?limit=1")).expect(200).json["last_seq"]

    async def history_with(self, other):
        """Every message of the conversation, page by page, oldest first; and `last_seq`."""
        address = other if isinstance(other, str) else other.user_id
        messages, after = [], 0
        while True:
            page = (await self.http("GET", f"/direct/{address}/messages?after={after}&limit=100")).expect(200).json
            if not page["messages"]:
                return messages, page["last_seq"]
            messages += page["messages"]
            assert page["messages"][-1]["seq"] > after, "a page did not go on"
            after = page["messages"][-1]["seq"]
