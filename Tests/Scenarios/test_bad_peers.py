"""Peers that answer nonsense, as the serving homeserver meets them: each is given up with a word why, what is for it waits, and
nobody else notices."""

import json

from harness.certificates import client_tls, server_tls
from harness.impostors import Impostor, RewritingProxy, announced, dripping, endless, says, silent
from harness.peer import ForeignPeer
from harness.ports import ports
from harness.waiting import eventually

# Who answers in which way, and the words with which the log gives it up.
KINDS = {
    "redirect": (says("307 Temporary Redirect", Location="https://elsewhere.example/"), "refused with status 307"),
    "endless": (endless, "the answer is too large"),
    "announced": (announced, "the answer is too large"),
    "silent": (silent, "no answer in time"),
    "dripping": (dripping, "no answer in time"),
    "html": (says("200 OK", b"<html>Welcome</html>", Content_Type="text/html"), "the answer is not signed by the peer"),
    "empty": (says("200 OK"), "the answer is not signed by the peer"),
}


async def test_whatever_answers_in_place_of_a_peer_harms_nobody_and_loses_nothing(homes, state):
    alpha = homes.new("alpha.localhost", fast=True)
    at = {kind: ports.one() for kind in [*KINDS, "another"]}
    await alpha.made([(f"{kind}.localhost", f"https://{kind}.localhost:{port}") for kind, port in at.items()])
    authority = state / "authority"
    tls = {kind: await server_tls(authority, state / f"bad-{port}", f"{kind}.localhost") for kind, port in at.items()}
    await alpha.starts()

    other = ForeignPeer("other.localhost", tls["another"], client_tls(authority), ports.one())
    await other.starts()
    impostors = {kind: Impostor(tls[kind], behave) for kind, (behave, _) in KINDS.items()}
    # Another homeserver's answers, signed by it, under this name.
    impostors["another"] = RewritingProxy(other.port, tls["another"], client_tls(authority))
    for kind, impostor in impostors.items():
        impostor.port = at[kind]
        await impostor.__aenter__()
    alice, bob = await alpha.friends("alice", "bob")
    for kind in at:
        await alice.asks(f"carol@{kind}.localhost")

    words = {kind: word for kind, (_, word) in KINDS.items()} | {"another": "the peer's keys"}

    def given_up(*kinds):
        lines = [line for line in alpha.log().splitlines() if "a peer could not be reached or refused" in line]
        is_there = all(any(f"peer={kind}.localhost" in it and words[kind] in it for it in lines) for kind in kinds)
        return lines if is_there else None

    # When the real one is back, what waited arrives, no later than after the second pause, of at most a minute.
    await eventually(lambda: given_up("html"), "it is given up, with the reason", within=20, pause=0.05)
    await impostors["html"].__aexit__()
    real = ForeignPeer("html.localhost", tls["html"], client_tls(authority), at["html"])
    await real.starts()
    try:
        await real.hears("friend.request", within=60)
    finally:
        await real.stops()

    # One byte a second is given up only when the whole time for a request is over.
    lines = await eventually(lambda: given_up(*at), "each is given up, with the reason", within=100, pause=1)
    assert not [line for line in lines if "elsewhere" in line or "Welcome" in line], "what strangers write is not logged"

    # Those that live here do not notice.
    for number in range(20):
        await alice.sends(f"hello {number}", to=bob)
    await bob.receives("new-private-message", message="hello 19")
    assert await alpha.is_healthy()
    tried = json.loads("[" + ",".join((await alpha.command("peer", "list", "--json"))[1].splitlines()) + "]")
    bad = [it for it in tried if it["name"] not in ("html.localhost", "other.localhost")]
    assert {it["name"]: it["waiting"] for it in bad} == {f"{kind}.localhost": 1 for kind in at if kind != "html"}
    assert all(it["failed_attempts"] > 0 and it["pin"] == "none" for it in bad), tried
    for kind, impostor in impostors.items():
        if kind != "html":
            await impostor.__aexit__()
    await other.stops()


async def test_an_echo_back_is_made_once_and_its_end_is_told(stage):
    alpha, gamma = stage.alpha, stage.gamma

    async def echoes(**fields):
        body = {"v": 1, "text": "hello", **fields}
        return await gamma.send(alpha, gamma.request(alpha, "POST", "/federation/v1/echo", body), within=25)

    answer = (await echoes(back=True)).expect(200)
    await gamma.checks_signature(alpha, answer)
    assert answer.json == {"text": "hello", "back": {"ok": True}}
    assert (await echoes(back=True)).json == {"text": "hello", "back": {"code": "rate_limited"}}
    assert (await echoes()).json == {"text": "hello"}
    (await echoes(back="yes")).expect(400, "invalid")

    async def after_the_pause(code, **how):
        async def is_told():
            back = (await echoes(back=True)).expect(200).json["back"]
            return None if back == {"code": "rate_limited"} else back

        assert await eventually(is_told, "there is another echo back", within=30, pause=1) == {"code": code}

    # Who hangs is given up in time for the answer, and who is away is told so.
    gamma.hangs = True
    await after_the_pause("timeout")
    gamma.hangs = False
    gamma.sign_answers = False
    await after_the_pause("unsigned")
    gamma.sign_answers = True
    await gamma.stops()
    await after_the_pause("no_connection")
    await gamma.starts()
