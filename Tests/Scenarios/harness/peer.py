"""A foreign homeserver, written from docs/federation.md alone: its own root and keys, real TLS, real signatures."""

import asyncio
import base64
import hashlib
import json
import time
import uuid
from datetime import UTC, datetime, timedelta

from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from .link import exchange
from .signing import Signed, SigningKey, answer_base, b64, digest, sign_answer
from .waiting import Changes


def instant(moment=None):
    moment = moment or datetime.now(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def envelope(kind, payload, *keys):
    signed = b"home-doc-v1\0" + kind.encode() + b"\0" + payload
    return {"payload": b64(payload), "signatures": [{"key": key.id, "sig": b64(key.sign(signed))} for key in keys]}


class ForeignPeer:
    """A peer named `name`: answers what a homeserver sends it, and signs what a scenario sends to the homeserver."""

    def __init__(self, name, server_tls, client_tls, port):
        self.name = name
        self.port = port
        self.root = SigningKey()
        self.key = SigningKey()
        self.version = 1
        self.previous = None
        self.epoch = f"E{uuid.uuid4().hex[:8]}"
        self.next_seq = 1
        self.events = []  # what was sent to us and acknowledged, in order
        self.inbound = {}  # epoch → last
        self.reject = lambda event: None  # event → code
        self.sign_answers = True
        self.hangs = False  # whether an echo is never answered
        self.refuse_with = None  # a status for every transaction
        self.key_fetches = 0
        self.captured = []  # the last requests with events: (method, target, headers, body)
        self.items = []  # of the ephemeral lane, in order
        self.snapshots = 0  # how many were complete
        self.rosters = []  # what was asked about rosters
        self.calls = []  # what was carried to us for users, in order
        self.answer_call = lambda call: (404, {"code": "not_found", "message": "there is nothing"})  # call → status, body
        self.lane_ahead = 0  # how many events of ours an answer to a call says are still to come
        self.calls_under_way, self.most_calls = 0, 0
        self.holds_calls = False  # whether calls are not answered for now
        self.questions = []  # who of ours is online, as it was asked, in order
        self.online = []  # who of ours is
        self.holds_statuses = False  # whether that is not answered for now
        self.gen, self.n = int(time.time() * 1000), 0
        self.other_keys = []  # (key, state) beside the active one, as the keyset lists them
        self.pushed = []  # keys documents that came by themselves
        self._keysets = {}
        self.changes = Changes()
        self._server_tls = server_tls
        self._client_tls = client_tls
        self._runner = None

    @property
    def url(self):
        return f"https://{self.name}:{self.port}"

    def user(self, name):
        return f"{name}@{self.name}"

    # Its listener

    async def starts(self):
        app = web.Application(client_max_size=2 << 20)
        app.router.add_get("/federation/v1/keys", self._keys)
        app.router.add_post("/federation/v1/keys", self._takes_keys)
        app.router.add_put("/federation/v1/transactions/{epoch}/{first}", self._transaction)
        app.router.add_post("/federation/v1/hello", self._hello)
        app.router.add_post("/federation/v1/echo", self._echo)
        app.router.add_post("/federation/v1/ephemeral", self._ephemeral)
        app.router.add_post("/federation/v1/rosters", self._rosters)
        app.router.add_post("/federation/v1/calls", self._calls)
        app.router.add_post("/federation/v1/statuses", self._statuses)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=self._server_tls).start()
        return self

    async def stops(self):
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    def listed_keys(self, now):
        """The entries of the keyset."""
        return [self.entry(self.key, now, "active")] + [self.listed(key, now, state) for key, state in self.other_keys]

    def listed(self, key, now, state):
        """One that does not sign any more, or not yet."""
        match state:
            case "retired":
                return self.entry(key, now, state, not_after=instant(now - timedelta(days=1) + timedelta(minutes=5)))
            case "revoked":
                return self.entry(key, now, state, revoked_at=instant(now))
        return self.entry(key, now, state)

    @staticmethod
    def entry(key, now, state, **fields):
        return {
            "id": key.id,
            "public": b64(key.public),
            "not_before": instant(now - timedelta(days=1)),
            "not_after": instant(now + timedelta(days=80)),
            "state": state,
            **fields,
        }

    def keys_document(self):
        now = datetime.now(UTC)
        keyset = {
            "server": self.name,
            "version": self.version,
            "issued": instant(now - timedelta(days=1)),
            "expires": instant(now + timedelta(days=300)),
            "root": b64(self.root.public),
            "keys": self.listed_keys(now),
        }
        if self.previous:
            keyset["prev_sha256"] = self.previous
        # A version is made once: the same one with other bytes would be a second history.
        payload = self._keysets.setdefault((self.version, self.root.id), json.dumps(keyset).encode())
        freshness = json.dumps({"keyset_sha256": hashlib.sha256(payload).hexdigest(), "at": instant()}).encode()
        return {
            "v": 1,
            "keyset": envelope("keyset", payload, self.root),
            "freshness": envelope("freshness", freshness, self.key),
        }

    def keyset_payload(self, version):
        """The bytes of a version that was shown before; the next one names their hash."""
        return self._keysets[(version, self.root.id)]

    def next_keyset(self, key, *others):
        """Another version, in which `key` signs; `others` are (key, state)."""
        payload = base64.b64decode(self.keys_document()["keyset"]["payload"])
        self.version, self.previous = self.version + 1, hashlib.sha256(payload).hexdigest()
        self.key, self.other_keys = key, list(others)

    async def pushes_keys(self, node, document=None):
        """Sends its keys, or the document given, by itself."""
        body = json.dumps(document or self.keys_document()).encode()
        headers = [("Content-Type", "application/json")]
        return await exchange(node.federation_port, self._client_tls, "POST", "/federation/v1/keys", headers, body=body)

    async def _takes_keys(self, request):
        self.pushed.append(json.loads(await request.read()))
        self.changes.happened()
        return web.Response(status=204)

    async def _keys(self, _):
        self.key_fetches += 1
        return web.Response(body=json.dumps(self.keys_document()).encode(), content_type="application/json")

    def _answer(self, request, status, value):
        body = json.dumps(value).encode()
        headers = {}
        if self.sign_answers:
            signature = request.headers["Signature"].removeprefix("fed=:").removesuffix(":")
            headers = sign_answer(self.key, status, body, "application/json", signature)
        response = web.Response(status=status, body=body, headers=headers)
        response.headers["Content-Type"] = "application/json"
        return response

    async def _transaction(self, request):
        body = await request.read()
        assert request.headers["Content-Digest"] == digest(body)
        headers = [(name.decode(), value.decode()) for name, value in request.raw_headers]
        self.captured = [*self.captured[-9:], (request.method, request.raw_path, headers, body)]
        if self.refuse_with:
            return web.Response(status=self.refuse_with, body=b"{}", content_type="application/json")
        epoch = request.match_info["epoch"]
        if epoch not in self.inbound:
            return self._answer(request, 409, {"code": "epoch_unknown", "last": 0})
        events = json.loads(body)["events"]
        rejected = []
        for event in events:
            if event["seq"] <= self.inbound[epoch]:
                continue
            if event["seq"] != self.inbound[epoch] + 1:
                return self._answer(request, 409, {"code": "gap", "expected": self.inbound[epoch] + 1})
            code = self.reject(event)
            if code:
                rejected.append({"seq": event["seq"], "code": code})
            self.events.append(event)
            self.inbound[epoch] = event["seq"]
        self.changes.happened()
        return self._answer(
            request, 200, {"epoch": epoch, "ack": self.inbound[epoch], "rejected": rejected, "window": 100}
        )

    async def _hello(self, request):
        hello = json.loads(await request.read())
        self.inbound.setdefault(hello["epoch"], hello["first_seq"] - 1)
        return self._answer(request, 200, {"epoch": hello["epoch"], "last": self.inbound[hello["epoch"]]})

    async def _echo(self, request):
        while self.hangs:
            await asyncio.sleep(0.1)
        return self._answer(request, 200, {"text": json.loads(await request.read())["text"]})

    async def _ephemeral(self, request):
        said = json.loads(await request.read())
        self.items += said["items"]
        self.snapshots += said.get("snapshot", {}).get("last", False)
        self.changes.happened()
        return self._answer(request, 200, {"taken": True, "snapshot": False, "rosters": False})

    async def _rosters(self, request):
        self.rosters.append(json.loads(await request.read()))
        self.changes.happened()
        return self._answer(request, 200, {"state": "agree"})

    async def _calls(self, request):
        call = json.loads(await request.read())
        self.calls.append(call)
        self.calls_under_way += 1
        self.most_calls = max(self.most_calls, self.calls_under_way)
        self.changes.happened()
        while self.holds_calls:
            await asyncio.sleep(0.05)
        self.calls_under_way -= 1
        status, body = self.answer_call(call)
        answer = {"status": status, "lane": {"epoch": self.epoch, "seq": self.next_seq - 1 + self.lane_ahead}}
        if body is not None:
            answer["body"] = body
        return self._answer(request, 200, answer)

    async def _statuses(self, request):
        question = json.loads(await request.read())
        self.questions.append(question)
        self.changes.happened()
        while self.holds_statuses:
            await asyncio.sleep(0.05)
        return self._answer(request, 200, {"online": self.online})

    async def asks_who_is_online(self, node, community_id, viewer, users, **fields):
        """As the home of a community asks it when somebody looks at its members."""
        question = {"v": 1, "community_id": community_id, "viewer": viewer, "users": users, **fields}
        return await self.send(node, self.request(node, "POST", "/federation/v1/statuses", question))

    async def carries(self, node, user, method, path="", body=None, **fields):
        """Asks a homeserver something for a user of ours; the answer is the link's, and holds the client's."""
        call = {"v": 1, "user": user, "method": method, "target": "/api/v1" + path, **fields}
        if body is not None:
            call["body"] = body
        return await self.send(node, self.request(node, "POST", "/federation/v1/calls", call))

    async def says(self, node, *items, **fields):
        """A request of the ephemeral lane."""
        self.n += 1
        body = {"v": 1, "gen": self.gen, "n": self.n, "items": list(items), **fields}
        return await self.send(node, self.request(node, "POST", "/federation/v1/ephemeral", body))

    async def hears(self, type, within=20, **data):
        """The first event of this type, and with these data, that the homeserver has sent."""
        return await self.changes.until(
            lambda: next(
                (e for e in self.events if e["type"] == type and all(e["data"].get(k) == v for k, v in data.items())), None
            ),
            f"{self.name} hears {type} {data}",
            within,
        )

    # What it sends

    def request(self, node, method, path, body=b"", **fields):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Signed(method, path, self.name, node.name, body, **fields)

    async def send(self, node, request, headers=None, key=None, **options):
        """Sends a request as signed, or with the headers given in place of its own."""
        headers = headers if headers is not None else request.headers(key or self.key)
        options.setdefault("body", request.body)
        options.setdefault("method", request.method)
        options.setdefault("target", request.path + (f"?{request.query}" if request.query else ""))
        method, target = options.pop("method"), options.pop("target")
        answer = await exchange(node.federation_port, self._client_tls, method, target, headers, **options)
        answer.request_signature = dict(headers).get("Signature", "").removeprefix("fed=:").removesuffix(":")
        return answer

    async def says_hello(self, node, **fields):
        body = {"v": 1, "epoch": self.epoch, "first_seq": self.next_seq, **fields}
        return await self.send(node, self.request(node, "POST", "/federation/v1/hello", body))

    def event(self, type, sender, to=None, seq=None, id=None, **data):
        """`to` None is for the homeserver and none of its users."""
        return {
            "seq": seq if seq is not None else self.next_seq,
            "id": id or str(uuid7()),
            "type": type,
            "ts": instant(),
            "sender": sender,
            **({"to": to} if to is not None else {}),
            "data": data,
        }

    def transaction(self, node, events, first=None, epoch=None, **fields):
        first = first if first is not None else (events[0]["seq"] if events else self.next_seq)
        path = f"/federation/v1/transactions/{epoch or self.epoch}/{first}"
        return self.request(node, "PUT", path, {"v": 1, "events": events}, **fields)

    async def delivers(self, node, *events):
        """Numbers the events, sends them in one transaction, and expects that they are acknowledged; {seq: code} of rejections."""
        events = [{**event, "seq": self.next_seq + index} for index, event in enumerate(events)]
        answer = await self.send(node, self.transaction(node, events))
        answer.expect(200)
        assert answer.json["ack"] == events[-1]["seq"], answer.body
        self.next_seq = events[-1]["seq"] + 1
        return {it["seq"] - events[0]["seq"]: it["code"] for it in answer.json["rejected"]}

    # What it checks

    async def keys_of(self, node):
        """The homeserver's keys, with every signature checked: {key id: public key}, and the root."""
        answer = await exchange(node.federation_port, self._client_tls, "GET", "/federation/v1/keys", [])
        document = answer.expect(200).json
        keyset_bytes = base64.b64decode(document["keyset"]["payload"])
        keyset = json.loads(keyset_bytes)
        root = base64.b64decode(keyset["root"])
        verify_envelope(document["keyset"], "keyset", root)
        assert keyset["server"] == node.name
        keys = {key["id"]: base64.b64decode(key["public"]) for key in keyset["keys"]}
        for id, public in keys.items():
            assert id == hashlib.sha256(public).hexdigest()[:16]
        active = next(key for key in keyset["keys"] if key["state"] == "active")
        verify_envelope(document["freshness"], "freshness", keys[active["id"]])
        freshness = json.loads(base64.b64decode(document["freshness"]["payload"]))
        assert freshness["keyset_sha256"] == hashlib.sha256(keyset_bytes).hexdigest()
        return keys, root

    async def checks_signature(self, node, answer):
        """The answer is the homeserver's, and to this request."""
        keys, _ = await self.keys_of(node)
        assert answer.header("Content-Digest") == digest(answer.body)
        parameters = answer.header("Signature-Input").removeprefix("fed=")
        key_id = parameters.split('keyid="')[1].split('"')[0]
        signature = base64.b64decode(answer.header("Signature").removeprefix("fed=:").removesuffix(":"))
        base = answer_base(
            answer.status, digest(answer.body), answer.header("Content-Type"), answer.request_signature, parameters
        )
        Ed25519PublicKey.from_public_bytes(keys[key_id]).verify(signature, base)


def verify_envelope(value, kind, public):
    id = hashlib.sha256(public).hexdigest()[:16]
    signature = next(base64.b64decode(it["sig"]) for it in value["signatures"] if it["key"] == id)
    signed = b"home-doc-v1\0" + kind.encode() + b"\0" + base64.b64decode(value["payload"])
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, signed)
    except InvalidSignature:
        raise AssertionError(f"the signature of the {kind} does not hold") from None


def uuid7():
    milliseconds = int(time.time() * 1000)
    value = (milliseconds & (1 << 48) - 1) << 80 | 7 << 76 | (uuid.uuid4().int & ((1 << 76) - 1))
    return uuid.UUID(int=value & ~(3 << 62) | 2 << 62)
