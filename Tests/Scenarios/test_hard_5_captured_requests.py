"""Hard test 5: captured requests, replayed, re-targeted and mutated, byte by byte; the named mutations are in test_foreign_peer.py."""

import asyncio
import hashlib
import random
import time

from harness.link import exchange
from harness.peer import uuid7
from harness.signing import SigningKey
from harness.stage import Stage
from harness.waiting import eventually


async def test_what_was_captured_on_its_way_is_taken_nowhere_else(stage):
    """A request that alpha itself has signed, for gamma: sent to alpha, as it is and with the names put in that it wants."""
    await stage.alice.sends("for carol alone", to=stage.carol)
    await stage.gamma.hears("direct.message", message="for carol alone")
    method, target, headers, body = stage.gamma.captured[-1]
    names = {"fed-origin": stage.gamma.name, "fed-destination": stage.alpha.name}
    for changed, status, code in (
        ({}, 400, "invalid"),
        ({"fed-destination": stage.alpha.name}, 400, "invalid"),
        (names, 401, "unknown_key"),
    ):
        replayed = [(name, changed.get(name.lower(), value)) for name, value in headers if name.lower() != "host"]
        replayed = [(name, value) for name, value in replayed if name.lower() != "content-length"]
        answer = await exchange(stage.alpha.federation_port, stage.tls, method, target, replayed, body)
        if answer.status == 403:  # our own name is nobody's to speak with
            status, code = 403, answer.json["code"]
        await stage.refused(answer, status, code)


async def test_no_byte_of_a_request_can_be_changed(stage, long, seed):
    """Each time one bit of the path, of a header's value or of the body: never taken, never an internal error."""
    chance = random.Random(seed)
    gamma = stage.gamma

    def fresh():
        request = gamma.transaction(stage.alpha, [stage.message("one bit")])
        return request, request.headers(gamma.key)

    request, headers = fresh()
    places = [("path", 0, index) for index in range(1, len(request.path))]
    places += [("header", which, index) for which, (_, value) in enumerate(headers) for index in range(len(value))]
    places += [("body", 0, index) for index in range(len(request.body))]
    if not long:
        places = chance.sample(places, 60)
    before = (await stage.alice.history_with(stage.carol))[1]
    for part, which, index in places:
        request, headers = fresh()

        def flipped(data, index=index):
            index = min(index, len(data) - 1)
            return data[:index] + bytes([data[index] ^ 1 << chance.randrange(7)]) + data[index + 1 :]

        options = {"target": request.path, "body": request.body}
        if part == "header":
            name, value = headers[which]
            headers[which] = (name, flipped(value.encode()).decode("latin-1"))
        elif part == "path":
            options["target"] = flipped(request.path.encode()).decode("latin-1")
        else:
            options["body"] = flipped(request.body)
        try:
            answer = await gamma.send(stage.alpha, request, headers, **options)
        except (AssertionError, OSError, ValueError, asyncio.IncompleteReadError):
            continue  # no HTTP any more: the connection ended without an answer
        assert 400 <= answer.status < 500 or answer.json["code"] == "keys_unavailable", (part, which, index, answer)
    assert (await stage.alice.history_with(stage.carol))[1] == before
    event = stage.message(f"unchanged {uuid7()}")
    assert await gamma.delivers(stage.alpha, event) == {}
    await stage.alice.receives("new-private-message", message=event["data"]["message"])


async def test_nothing_is_read_before_the_signature_holds(stage):
    """What is no JSON is `bad_signature` until its signature and its digest hold, and a body that never comes is not waited for."""
    gamma = stage.gamma
    for body in (b"{", b"[" * 10_000, b'{"v":1,"v":1}', b"\xff\xfe"):
        request = gamma.transaction(stage.alpha, [stage.message("x")])
        request.body = body
        request.__post_init__()
        request.digest = "sha-256=:" + "A" * 43 + "=:"
        request.key_id = gamma.key.id
        forged = request.headers(SigningKey())
        await stage.refused(await gamma.send(stage.alpha, request, forged), 401, "bad_signature")
        request.nonce = gamma.request(stage.alpha, "GET", "/").nonce
        honest = request.headers(gamma.key)
        await stage.refused(await gamma.send(stage.alpha, request, honest), 401, "bad_signature")
    request = gamma.transaction(stage.alpha, [stage.message("x")])
    request.key_id = gamma.key.id
    started = time.monotonic()
    answer = await gamma.send(stage.alpha, request, request.headers(SigningKey()), body=b"", content_length=900_000)
    await stage.refused(answer, 401, "bad_signature")
    assert time.monotonic() - started < 10


class SmallOrderKey(SigningKey):
    """The neutral element: who checks carelessly finds one signature good for everything."""

    def __init__(self):
        super().__init__()
        self.public = bytes([1]) + bytes(31)
        self.id = hashlib.sha256(self.public).hexdigest()[:16]

    def sign(self, data):
        return bytes([1]) + bytes(63)


async def test_a_keyset_with_a_key_of_small_order_is_not_believed(homes):
    stage = await Stage().set(homes)
    gamma, honest = stage.gamma, stage.gamma.key
    try:
        gamma.key, gamma.version = SmallOrderKey(), 2
        gamma.previous = hashlib.sha256(gamma.keyset_payload(1)).hexdigest()
        await stage.alpha.restarts()  # after a start keys are fetched anew

        async def is_refused():
            answer = await gamma.send(stage.alpha, gamma.transaction(stage.alpha, [stage.message("good for everything")]))
            assert answer.status in (401, 503), answer.body
            return answer.json["code"] == "keys_unavailable"

        await eventually(is_refused, "the keys are not believed", within=20, pause=0.3)
        assert "the keys of a peer are not believed" in stage.alpha.log()
        gamma.key, gamma.version, gamma.previous = honest, 1, None
        await eventually(lambda: says_hello(stage), "the honest key is believed again", within=60, pause=1)
        assert (await stage.alice.history_with(stage.carol))[1] == 0
    finally:
        await gamma.stops()


async def says_hello(stage):
    return (await stage.gamma.says_hello(stage.alpha)).status == 200
