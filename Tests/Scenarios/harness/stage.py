"""A homeserver of ours and one by somebody else, with a friendship between them: where scenarios of foreign peers play."""

from .certificates import client_tls, server_tls
from .peer import ForeignPeer, uuid7
from .ports import ports
from .waiting import eventually


class Stage:
    """alpha, with alice on it, and the foreign gamma, whose carol is alice's friend."""

    async def set(self, homes, alpha=None, port=None):
        """`alpha`, if it is there already, has been made with a gamma at `port`."""
        port = port or ports.one()
        self.alpha = alpha or homes.new("alpha.localhost", fast=True)
        if alpha is None:
            await self.alpha.made([("gamma.localhost", f"https://gamma.localhost:{port}")])
        authority = homes.state / "authority"
        self.tls = client_tls(authority)
        self.gamma = ForeignPeer(
            "gamma.localhost", await server_tls(authority, homes.state / f"gamma-{port}", "gamma.localhost"), self.tls, port
        )
        await self.gamma.starts()
        await self.alpha.starts()
        self.alice = await self.alpha.person("alice")
        self.carol = self.gamma.user("carol")
        answer = await self.gamma_is_heard()
        assert answer.json == {"epoch": self.gamma.epoch, "last": 0}
        await self.gamma.checks_signature(self.alpha, answer)
        await self.befriended("carol")
        await self.alice.connects()
        return self

    async def gamma_is_heard(self):
        """Says hello until alpha, which has just started, believes it."""

        # Signed in the second of alpha's start a request is `stale`: the sender waits and signs again.
        async def is_heard():
            answer = await self.gamma.says_hello(self.alpha)
            if answer.status != 200:
                assert answer.json["code"] in ("stale", "keys_unavailable"), answer.body
                return None
            return answer

        return await eventually(is_heard, "alpha answers a hello", within=20, pause=0.3)

    async def befriended(self, name):
        request = str(uuid7())
        user = self.gamma.user(name)
        event = self.gamma.event("friend.request", user, self.alice.user_id, request_id=request)
        assert await self.gamma.delivers(self.alpha, event) == {}
        await self.alice.accepts(request)
        accept = await self.gamma.hears("friend.accept", request_id=request)
        assert (accept["sender"], accept["to"]) == (self.alice.user_id, user)
        assert user in await self.alice.friends()
        return user

    def message(self, text, **fields):
        """An event with a message of carol's to alice."""
        fields = {"sender": self.carol, "to": self.alice.user_id, **fields}
        return self.gamma.event(fields.pop("type", "direct.message"), message=text, **fields)

    async def refused(self, answer, status, code):
        """Refused with this code; and nothing came of it, then or later: the next honest message has the next number."""
        answer.expect(status, code)
        before = (await self.alice.history_with(self.carol))[1]
        position = self.gamma.next_seq
        text = f"honest {uuid7()}"
        assert await self.gamma.delivers(self.alpha, self.message(text)) == {}
        heard = await self.alice.receives("new-private-message", message=text)
        assert heard["seq"] == before + 1
        assert self.gamma.next_seq == position + 1
        assert not self.alice.socket.unread("new-private-message")

    async def nothing_is_delivered(self, ack):
        """So far."""
        await self.alice.socket.position()
        assert not [f for f in self.alice.socket.unread("delivery") if f["message_id"] == ack["message_id"]]
