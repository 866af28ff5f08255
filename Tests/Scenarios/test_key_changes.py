"""Keys with a life, over real links: rotation under load, revocation, and what a peer shows that breaks what is pinned."""

import asyncio
import base64
import json
import re
import time

from harness.certificates import server_tls
from harness.impostors import Impostor, answer
from harness.link import read_body
from harness.node import befriend
from harness.ports import ports
from harness.proxy import Proxy
from harness.signing import SigningKey
from harness.stage import Stage
from harness.waiting import eventually

# What the log says when a request over a link has failed on the side that sent it.
FAILED = "a peer could not be reached or refused"


async def keys(node, *arguments, **options):
    return await node.command("keys", *arguments, **options)


async def status(node):
    return json.loads((await keys(node, "status", "--json", expect=None))[1])


async def pinned_version(node, peer):
    return (await node.query("SELECT keyset_version FROM peers WHERE name = %s", peer.name))[0][0]


def pushed(peer, version):
    """The keyset of that version, if it was sent to the peer."""
    keysets = [json.loads(base64.b64decode(it["keyset"]["payload"])) for it in peer.pushed]
    return next((it for it in keysets if it["version"] == version), None)


async def peer_line(node, name):
    out = (await node.command("peer", "list", "--json"))[1]
    return next(line for line in map(json.loads, out.splitlines()) if line["name"] == name)


async def test_keys_rotate_under_load_and_no_request_fails(homes, long):
    """Of hard test 6. `--long` sends 100,000 messages."""
    count = 100_000 if long else 600
    alpha, beta = await homes.two(fast=True)
    alice, bob = await (await alpha.person("alice")).connects(), await (await beta.person("bob")).connects()
    await befriend(alice, bob)
    mark = {node: len(node.log()) for node in (alpha, beta)}
    done = asyncio.Event()

    async def rotate():
        rotations = 0
        while not done.is_set() or rotations < 2:
            for node in (alpha, beta):
                await keys(node, "stage")
                await keys(node, "activate")  # at once: nobody has to wait for caches
            rotations += 1
            await eventually(lambda: knows(alpha, beta), "beta's keys have reached alpha", within=20)
            await eventually(lambda: knows(beta, alpha), "alpha's keys have reached beta", within=20)
        return rotations

    async def knows(node, peer):
        return await pinned_version(node, peer) == (await status(peer))["keyset"]["version"]

    async def talk(one, other):
        for first in range(0, count // 2, 20):
            await asyncio.gather(*(one.sends(f"{first + it}", to=other) for it in range(20)))
            one.socket.forgets()

    rotating = asyncio.create_task(rotate())
    await asyncio.gather(talk(alice, bob), talk(bob, alice))
    done.set()
    rotations = await rotating
    for one, other in ((alice, bob), (bob, alice)):
        sent = sorted(str(it) for it in range(count // 2))

        async def everything_is_there(person=other, sender=one, sent=sent):
            rows = await person.node.query(
                "SELECT body FROM messages m JOIN users u ON u.key = m.author WHERE u.address = %s", sender.user_id
            )
            return sorted(row[0] for row in rows) == sent

        await eventually(everything_is_there, f"{other} has all that {one} has written", within=120)
    for node in (alpha, beta):
        fresh = node.log()[mark[node] :]
        assert FAILED not in fresh, fresh
        followed = [int(it) for it in re.findall(r'"the signing keys have changed".* keyset-version=(\d+)', fresh)]
        # What is staged and activated between two looks is followed in one step; every activated keyset was in use.
        assert followed == sorted(set(followed)) and set(range(3, 2 * rotations + 2, 2)) <= set(followed), followed
        assert (await status(node))["keyset"]["version"] == 1 + 2 * rotations


async def test_what_is_revoked_is_pushed_to_peers_that_run(homes):
    """Of hard test 6: within 60 s, here in seconds; also to one whose lane is in a back-off."""
    stage = await Stage().set(homes)
    alpha, gamma = stage.alpha, stage.gamma
    stolen = (await status(alpha))["key"]["id"]
    began = time.monotonic()
    await keys(alpha, "revoke", "--all")
    keyset = await gamma.changes.until(lambda: pushed(gamma, 2), "gamma is told", 60)
    assert time.monotonic() - began < 10
    assert {key["id"]: key["state"] for key in keyset["keys"]}[stolen] == "revoked"
    await gamma.keys_of(alpha)  # what it serves is signed by the new key
    ack = await stage.alice.sends("under the new key", to=stage.carol)
    await stage.alice.receives("delivery", message_id=ack["message_id"], state="delivered")
    answer = await gamma.says_hello(alpha)
    await gamma.checks_signature(alpha, answer.expect(200))
    entries = await alpha.query("SELECT action, detail FROM audit_log ORDER BY key")
    assert entries[0][0] == "keys init" and entries[-1][0] == "keys revoke"
    assert f"revoked={stolen}" in entries[-1][1]
    await gamma.stops()


async def test_what_was_revoked_while_it_was_stopped_is_pushed_at_the_start(homes):
    stage = await Stage().set(homes)
    alpha, gamma = stage.alpha, stage.gamma
    await alpha.stops()
    await keys(alpha, "revoke", "--all")
    await alpha.starts()
    await gamma.changes.until(lambda: pushed(gamma, 2), "gamma is told", 60)
    await gamma.stops()


async def test_a_revoked_key_of_a_peer_is_refused_at_once(homes):
    stage = await Stage().set(homes)
    alpha, gamma = stage.alpha, stage.gamma
    old, new = gamma.key, SigningKey()
    before = gamma.keys_document()
    gamma.next_keyset(new, (old, "revoked"))
    (await gamma.pushes_keys(alpha)).expect(204)
    fetches = gamma.key_fetches
    forged = gamma.transaction(alpha, [stage.message("trust me")])
    (await gamma.send(alpha, forged, key=old)).expect(401, "unknown_key")
    assert await gamma.delivers(alpha, stage.message("it is really me")) == {}
    assert gamma.key_fetches == fetches, "nobody had to ask"
    (await gamma.pushes_keys(alpha)).expect(204)
    assert "rollback" in (await gamma.pushes_keys(alpha, before)).expect(400, "invalid").json["problem"]
    await gamma.stops()


async def test_only_keys_of_a_pinned_root_are_taken(homes):
    stage = await Stage().set(homes)
    alpha, gamma = stage.alpha, stage.gamma
    root = gamma.root
    gamma.root = SigningKey()
    gamma.next_keyset(SigningKey())
    assert "root_changed" in (await gamma.pushes_keys(alpha)).expect(400, "invalid").json["problem"]
    gamma.name = "delta.localhost"
    gamma.next_keyset(SigningKey())
    (await gamma.pushes_keys(alpha)).expect(403, "not_allowed")
    gamma.name, gamma.root = "gamma.localhost", root
    for body in ({}, [], {"v": 1}, {"v": 1, "keyset": "x" * 200_000}):
        answer = await gamma.pushes_keys(alpha, body or {"v": 9})
        assert answer.status in (400, 413), answer.body
    assert "alarm" not in await peer_line(alpha, gamma.name), "anybody may send anything: that is no alarm"
    await gamma.stops()


async def test_a_peer_that_was_away_refuses_a_revoked_key_at_its_first_contact(homes):
    stage = await Stage().set(homes)
    alpha, gamma = stage.alpha, stage.gamma
    await alpha.stops()
    stolen, earlier = gamma.key, gamma.keys_document()
    gamma.next_keyset(SigningKey(), (stolen, "revoked"))
    await alpha.starts()
    # The thief comes first, and shows the old keyset besides, which he has recorded.
    await gamma.pushes_keys(alpha, earlier)

    async def is_refused():
        answer = await gamma.send(alpha, gamma.transaction(alpha, [stage.message("trust me")]), key=stolen)
        assert answer.status in (401, 503), answer.body
        return answer.json["code"] == "unknown_key"

    await eventually(is_refused, "the stolen key is refused as unknown", within=30, pause=0.5)

    async def is_heard():
        return (await gamma.says_hello(alpha)).status == 200

    await eventually(is_heard, "the new key is believed", within=30, pause=0.5)
    await gamma.stops()


async def test_an_older_keyset_is_a_rollback_that_the_operator_sees(homes):
    stage = await Stage().set(homes)
    alpha, gamma = stage.alpha, stage.gamma
    first = gamma.key
    gamma.next_keyset(SigningKey(), (first, "revoked"))
    second = (gamma.version, gamma.previous, gamma.key, gamma.other_keys)
    (await gamma.pushes_keys(alpha)).expect(204)
    gamma.version, gamma.previous, gamma.key, gamma.other_keys = 1, None, first, []
    await the_alarm_is_kept(stage, "rollback")
    gamma.version, gamma.previous, gamma.key, gamma.other_keys = second
    await the_alarm_ends(stage)
    await gamma.stops()


async def test_two_histories_of_a_peer_are_an_alarm(homes):
    stage = await Stage().set(homes)
    alpha, gamma = stage.alpha, stage.gamma
    first = gamma.key
    gamma.next_keyset(SigningKey(), (first, "retired"))
    true_one = (gamma.version, gamma.previous, gamma.key, gamma.other_keys)
    (await gamma.pushes_keys(alpha)).expect(204)
    kept = dict(gamma._keysets)
    gamma._keysets.clear()
    gamma.key, gamma.other_keys = SigningKey(), []
    await the_alarm_is_kept(stage, "equivocation")
    gamma._keysets = kept
    gamma.version, gamma.previous, gamma.key, gamma.other_keys = true_one
    await the_alarm_ends(stage)
    await gamma.stops()


async def test_a_hijacked_name_is_an_alarm_that_ends_by_itself(homes):
    """Hard test 7: DNS and TLS of a peer are somebody else's, with keys that the pinned root did not sign."""
    stage = await Stage().set(homes)
    alpha, gamma = stage.alpha, stage.gamma
    true_keys = (gamma.root, gamma.key, gamma.version, gamma.previous)
    gamma.root, gamma.key, gamma.version, gamma.previous = SigningKey(), SigningKey(), 2, "0" * 64
    await the_alarm_is_kept(stage, "root_changed")
    gamma.root, gamma.key, gamma.version, gamma.previous = true_keys
    await the_alarm_ends(stage)
    await gamma.stops()


async def test_whoever_takes_over_a_link_that_runs_is_sent_no_event(homes):
    """Of hard test 7: with a certificate for the name, while the homeserver has been speaking with the real one."""
    authority, port = homes.state / "authority", ports.one()
    alpha = homes.new("alpha.localhost", fast=True)
    asked = []

    async def behave(reader, writer, head):
        asked.append(head[0])
        await read_body(reader, head[1])
        if len(asked) % 2:
            writer.write(answer("503 Service Unavailable"))
            await writer.drain()
        else:
            raise ConnectionResetError  # it has read everything, and hangs up

    async with Proxy(port) as door:
        await alpha.made([("gamma.localhost", f"https://gamma.localhost:{door.port}")])
        stage = await Stage().set(homes, alpha, port)
        await stage.alice.sends("over the link", to=stage.carol)
        await stage.gamma.hears("direct.message", message="over the link")
        await asyncio.sleep(5.5)  # for so long a proof holds on a new connection too
        async with Impostor(await server_tls(authority, homes.state / "taken", "gamma.localhost"), behave) as impostor:
            door.target_port = impostor.port
            door.cut()
            ack = await stage.alice.sends("for the real one", to=stage.carol)
            await eventually(lambda: sum("/hello" in it for it in asked) >= 3, "it is asked who it is", within=60, pause=0.2)
            assert not [it for it in asked if "/transactions/" in it or "/ephemeral" in it], asked
        door.target_port = port
        door.cut()
        await stage.gamma.hears("direct.message", message="for the real one", within=60)
        await stage.alice.receives("delivery", message_id=ack["message_id"], state="delivered", within=60)
        await stage.gamma.stops()


async def the_alarm_is_kept(stage, word):
    """After a start nothing is believed of such a peer and nothing sent to it; the operator sees why, after another start too."""
    alpha, gamma = stage.alpha, stage.gamma
    await alpha.restarts()
    await stage.alice.connects()
    stage.ack = await stage.alice.sends("for the real one", to=stage.carol)

    async def is_seen():
        return (await peer_line(alpha, gamma.name)).get("alarm") == word

    await eventually(is_seen, f"the operator sees {word}", within=60, pause=0.5)
    answer = await gamma.send(alpha, gamma.transaction(alpha, [stage.message("trust me")]))
    assert answer.status in (401, 503), answer.body
    since = (await peer_line(alpha, gamma.name))["alarm_since"]
    await alpha.restarts()
    await stage.alice.connects()
    line = await peer_line(alpha, gamma.name)
    assert (line["alarm"], line["alarm_since"]) == (word, since)
    assert line["waiting"] >= 1, "the queue is kept"
    assert f"alarm={word}" in (await alpha.command("peer", "list"))[1]
    await stage.alice.socket.has_received_no("new-private-message")
    await stage.nothing_is_delivered(stage.ack)
    assert not any(it["data"].get("message") == "for the real one" for it in gamma.events), "nothing is sent to it"
    assert "level=critical" in alpha.log()


async def the_alarm_ends(stage):
    """The pinned keys are shown again: what waited is delivered, and the alarm is gone, without anybody's doing."""
    alpha, gamma = stage.alpha, stage.gamma

    async def is_heard():
        return (await gamma.says_hello(alpha)).status == 200

    await eventually(is_heard, "the real gamma is believed", within=60, pause=1)
    await gamma.hears("direct.message", message="for the real one", within=60)
    await stage.alice.receives("delivery", message_id=stage.ack["message_id"], state="delivered", within=60)
    assert "alarm" not in await peer_line(alpha, gamma.name)


async def test_what_is_broken_on_disk_is_refused_and_the_keys_in_use_stay(homes):
    stage = await Stage().set(homes)
    alpha, gamma = stage.alpha, stage.gamma
    path = alpha.directory / "keys" / "keyset.json"
    good = path.read_bytes()
    before = (await status(alpha))["key"]["id"]
    said = "the signing keys on disk are not used"
    forged = json.loads(good)
    forged["signatures"][0]["sig"] = base64.b64encode(bytes(64)).decode()
    for bad, why in ((good[:100], "keyset.json"), (b"{}", "payload"), (json.dumps(forged).encode(), "signatures")):
        mark = len(alpha.log())
        path.write_bytes(bad)
        await eventually(lambda mark=mark: said in alpha.log()[mark:], "the log says it", within=10)
        assert why in alpha.log()[mark:]
    path.write_bytes(good)
    path.chmod(0o644)
    await eventually(lambda: "0644" in alpha.log(), "a loose mode is named", within=15)
    path.chmod(0o600)
    # Without its database too: the files alone say what the keys are.
    await alpha.postgres_stops()
    code, out, err = await keys(alpha, "renew", "--json", expect=None)
    assert code == 0 and "not in the audit log" in err, err
    await eventually(lambda: "the signing keys have changed" in alpha.log(), "it follows", within=10)
    known, _ = await gamma.keys_of(alpha)
    assert before in known
    await alpha.postgres_starts()
    await alpha.serves()
    await gamma.stops()
