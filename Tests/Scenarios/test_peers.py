"""The operator's commands over peers, live within a second, with an audit log: `homeserver peer` and ops/peer."""

import asyncio
import json
import time

import pytest

from harness.delegations import well_knowns
from harness.islands import Island, missing
from harness.node import ROOT, are_friends, befriend, incoming, merged, run
from harness.waiting import eventually

OPS_PEER = ROOT / "ops" / "peer"
ROOT_FINGERPRINT = "ab" * 32


async def listed(node, name=None):
    """`peer list` as {name: line}, or one line of it."""
    _, out, _ = await node.command("peer", "list", "--json")
    lines = {line["name"]: line for line in map(json.loads, out.splitlines())}
    return lines.get(name) if name else lines


async def audit(node):
    _, out, _ = await node.command("audit", "--json")
    changes = [(line["action"], line["subject"]) for line in map(json.loads, out.splitlines())]
    # Where a homeserver was made by ops, its keys were made first.
    return [change for change in changes if change[0] != "keys init"]


async def befriended(alpha, beta):
    alice, bob = await alpha.person("alice"), await beta.person("bob")
    await befriend(alice, bob)
    await alice.connects()
    await bob.connects()
    return alice, bob


async def test_block_and_allow_take_effect_within_a_second(homes):
    alpha, beta = await homes.two(fast=True)
    alice, bob = await befriended(alpha, beta)
    await beta.stops()
    ack = await alice.sends("waits", to=bob)
    queue = json.loads((await alpha.command("peer", "queue", beta.name, "--json"))[1])
    assert (queue["events"], [it["type"] for it in queue["types"]]) == (1, ["direct.message"])
    await alpha.command("peer", "block", beta.name)
    failed = await alice.receives("delivery", message_id=ack["message_id"], state="failed", within=1)
    assert failed["reason"] == "blocked"
    await alice.socket.send("private-message", receiver_id=bob.user_id, message="not any more", nonce="n")
    assert (await alice.receives("error", nonce="n"))["code"] == "blocked"
    await beta.starts()
    await bob.connects()
    refused = await bob.sends("from a blocked peer", to=alice)
    await eventually(lambda: is_refused(beta, alpha), "beta is refused", within=10)
    assert (await listed(alpha, beta.name))["policy"] == "blocked"
    assert (await listed(alpha, beta.name))["waiting"] == 0
    await alpha.command("peer", "allow", beta.name)
    await bob.receives("delivery", message_id=refused["message_id"], state="delivered", within=10)
    await alice.receives_message("from a blocked peer", from_=bob)
    await alice.sends("welcome back", to=bob)
    await bob.receives_message("welcome back", from_=alice)
    letters = [json.loads(line) for line in (await alpha.command("peer", "deadletters", "--json"))[1].splitlines()]
    assert [(it["direction"], it["code"], it["event"]) for it in letters] == [("out", "blocked", ack["message_id"])]
    assert await audit(alpha) == [("peer allow", beta.name), ("peer block", beta.name)]
    assert "waits" not in (await alpha.command("peer", "deadletters"))[1]


async def is_refused(node, other):
    return (await listed(node, other.name)).get("failed_attempts")


async def test_limit_stops_new_requests_only(homes):
    alpha, beta = await homes.two(fast=True)
    alice, bob = await befriended(alpha, beta)
    carl = await beta.person("carl")
    await alpha.command("peer", "limit", beta.name)
    await carl.asks(alice)

    async def is_gone():
        return not (await carl.requests())

    await eventually(is_gone, "carl's request is refused")
    assert await alice.requests() == {}
    answer = await alice.http("POST", "/friend-requests", json={"user_id": carl.user_id})
    assert (answer.status, answer.json["code"]) == (403, "forbidden"), answer.json
    await alice.sends("we go on", to=bob)
    await bob.receives_message("we go on", from_=alice)
    assert (await listed(alpha, beta.name))["policy"] == "limited"


async def test_an_invitation_is_taken_once_by_the_first_hello(homes):
    alpha, beta = await homes.two(fast=True)
    _, code, _ = await alpha.command("peer", "invite")
    await beta.command("peer", "add", "--invite", "-", stdin=code.encode())

    async def is_allowed():
        return (await listed(alpha, beta.name) or {}).get("policy") == "allowed"

    await eventually(is_allowed, "the invitation is taken", within=5)
    line = await listed(beta, alpha.name)
    assert (line["policy"], line["root_fingerprint"].replace("-", "")) == ("allowed", code.split(":")[2])
    await eventually(lambda: is_forgotten(beta, alpha), "the token is forgotten")
    assert (await audit(alpha))[0] == ("peer allow", beta.name)
    assert await alpha.query("SELECT used_by FROM peer_invites") == [(beta.name,)]
    token = code.strip().split(":")[3]
    assert token not in alpha.log() + beta.log()
    # A second homeserver that has seen the code gets nothing for it.
    await alpha.query("UPDATE peers SET policy = 'pending'")
    await beta.command("peer", "add", "--invite", code.strip())
    await eventually(lambda: is_forgotten(beta, alpha), "it was shown again")
    assert (await listed(alpha, beta.name))["policy"] == "pending"


HERE = "192.0.2.80"


@pytest.mark.skipif(missing() is not None, reason=missing() or "-")
async def test_in_mode_allowlist_a_stranger_comes_in_by_an_invitation_only(homes):
    """In a network of their own, where neither stands in the other's configuration and each finds the other by its name."""
    settings = {"federation": {"host": "0.0.0.0", "exceptions": [f"{HERE}/32"]}}
    alpha = homes.new("alpha.test", fast=True, settings=merged(settings, {"federation": {"mode": "allowlist"}}))
    beta = homes.new("beta.test", fast=True, settings=settings)
    for node in (alpha, beta):
        await node.made()
    authority = homes.state / "authority"
    async with Island({node.name: HERE for node in (alpha, beta)}, authority) as island:
        await island.has_address(f"{HERE}/32")
        for node in (alpha, beta):
            await island.inhabited_by(node)
        there = {node.name: {"v": 1, "host": f"{node.name}:{node.federation_port}"} for node in (alpha, beta)}
        try:
            async with well_knowns(island, authority, HERE, there):
                await alpha.starts()
                await beta.starts()
                alice, bob = await alpha.person("alice"), await beta.person("bob")
                await bob.asks(alice)

                def is_refused(times):
                    return beta.log().count('reason="refused: not_allowed"') >= times

                await eventually(lambda: is_refused(1), "alpha refuses", within=10)
                assert await listed(alpha) == {}, "before anything of it was checked or kept"
                _, code, _ = await alpha.command("peer", "invite")
                await asyncio.sleep(1.2)  # what an operator says is obeyed within a second
                await beta.command("peer", "retry", alpha.name)
                await eventually(lambda: is_refused(2), "an invitation that is not shown opens nothing", within=10)
                assert (await listed(alpha, beta.name))["policy"] == "pending" and await alice.requests() == {}
                await beta.command("peer", "add", "--invite", "-", stdin=code.encode())
                await befriend_asked(alice, bob)
                assert (await listed(alpha, beta.name))["policy"] == "allowed"
                assert [action for action, _ in await audit(alpha)] == ["peer allow", "peer invite"]
        finally:
            for node in (alpha, beta):
                await node.web.close()
                await node.stops()


async def befriend_asked(one, other):
    """`other` has asked already."""
    await one.accepts(await eventually(lambda: incoming(one, other), "the request has arrived", within=20))
    await eventually(lambda: are_friends(one, other), "they are friends", within=20)


async def is_forgotten(node, other):
    return not (await listed(node, other.name))["invitation_unused"]


@pytest.mark.parametrize("program", ["homeserver", "ops/peer"])
async def test_wrong_usage_is_named_and_changes_nothing(home, program):
    async def peer(*arguments):
        if program == "homeserver":
            return await home.command("peer", *arguments, expect=None)
        return await run(OPS_PEER, *arguments, "--config", home.directory / "config.json", expect=None)

    before = await audit(home), await listed(home)
    code = f"home1:gamma.example:{ROOT_FINGERPRINT}:hmp_{'x' * 43}"
    wrong = [
        ([], 3, ""),
        (["nonsense"], 3, "nonsense"),
        (["list", "--nonsense"], 3, "--nonsense"),
        (["list", "too-much"], 3, "too-much"),
        (["add"], 3, "--invite"),
        (["add", "gamma.example"], 3, "--root-fingerprint is missing"),
        (["add", "Not A Name", "--root-fingerprint", ROOT_FINGERPRINT], 3, "name"),
        (["add", "gamma.example", "--root-fingerprint", "12"], 3, "64 hex digits"),
        (["add", "gamma.example", "--root-fingerprint", ROOT_FINGERPRINT, "--invite", code], 3, "one of the two"),
        (["add", "--root-fingerprint", ROOT_FINGERPRINT], 3, "name"),
        (["add", "--invite", "home1:half"], 3, "home1:NAME:ROOT:TOKEN"),
        (["add", "delta.example", "--invite", code], 3, "of gamma.example"),
        (["add", "--invite", code.replace("hmp_", "hmr_")], 2, "token"),
        (["add", home.name, "--root-fingerprint", ROOT_FINGERPRINT], 2, "own"),
        (["allow"], 3, "name"),
        (["allow", "no:port"], 3, "no:port"),
        (["block", home.name], 2, "own"),
        (["limit", home.name], 2, "own"),
        (["remove", "nobody.example"], 2, "nobody.example"),
        (["repin", "nobody.example", "--root-fingerprint", ROOT_FINGERPRINT], 2, "nobody.example"),
        (["repin", "nobody.example"], 3, "--root-fingerprint"),
        (["repin", "nobody.example", "--root-fingerprint", "x"], 3, "64 hex digits"),
        (["queue", "nobody.example"], 2, "nobody.example"),
        (["queue"], 3, "name"),
        (["retry", "nobody.example"], 2, "nobody.example"),
        (["deadletters", "nobody.example"], 2, "nobody.example"),
        (["deadletters", "--limit", "0"], 3, "--limit"),
        (["deadletters", "--limit", "many"], 3, "many"),
        (["invite", "Not A Name"], 3, "name"),
        (["invite", "--expires", "soon"], 3, "soon"),
        (["invite", "--expires", "31d"], 2, "30 days"),
        (["invite", home.name], 2, "own"),
    ]
    if program == "homeserver":
        wrong = wrong[::3] + [(["add", "gamma.example", "--invite"], 3, "--invite")]
    for arguments, expected, word in wrong:
        if not arguments and program == "homeserver":
            continue  # without a command it shows its help
        status, out, err = await peer(*arguments)
        assert status == expected, (arguments, status, out, err)
        assert word in err, (arguments, err)
        assert not out.strip(), (arguments, out)
    assert (await audit(home), await listed(home)) == before
    status, _, err = await home.command("audit", "--limit", "0", expect=None)
    assert status == 3 and "--limit" in err


async def test_add_repin_remove(homes):
    home = await homes.one(fast=True)
    name = "gamma.example"
    await home.command("peer", "add", name, "--root-fingerprint", ROOT_FINGERPRINT)
    line = await listed(home, name)
    assert (line["policy"], line["pin"], line["root_fingerprint"].replace("-", "")) == ("allowed", "given", ROOT_FINGERPRINT)
    status, _, err = await home.command("peer", "add", name, "--root-fingerprint", "cd" * 32, expect=2)
    assert "peer repin" in err
    await home.command("peer", "repin", name, "--root-fingerprint", "cd" * 32)
    assert (await listed(home, name))["root_fingerprint"].replace("-", "") == "cd" * 32
    await home.command("peer", "block", name)
    status, _, err = await home.command("peer", "add", name, "--root-fingerprint", "cd" * 32, expect=2)
    assert "blocked" in err
    await home.command("peer", "remove", name)
    assert await listed(home, name) is None
    assert await audit(home) == [(f"peer {it}", name) for it in ("remove", "block", "repin", "add")]
    text = (await home.command("audit"))[1]
    assert "peer repin gamma.example" in text and "root=" in text
    _, out, _ = await run(OPS_PEER, "list", "--config", home.directory / "config.json")
    assert out == ""


async def test_an_invitation_is_one_word_shown_once(homes):
    home = await homes.one(fast=True)
    _, out, err = await home.command("peer", "invite", "gamma.example", "--expires", "2h")
    scheme, name, root, token = out.strip().split(":")
    assert (scheme, name) == ("home1", home.name) and "gamma.example" in err
    _, own, _ = await home.command("keys", "fingerprint")
    assert own.strip().replace("-", "") == root
    stored = await home.query("SELECT token_hash, guest, expires_at - created_at FROM peer_invites")
    assert len(stored) == 1 and token.encode() not in stored[0][0] and stored[0][1] == "gamma.example"
    assert stored[0][2].total_seconds() == 7200
    for text in ((await home.command("audit"))[1], home.log()):
        assert token not in text


async def test_what_waited_for_too_long_or_is_too_much_fails_with_notice(homes):
    alpha, beta = await homes.two(fast=True, settings={"federation": {"quota": {"events": 5}}})
    alice, bob = await befriended(alpha, beta)
    await beta.stops()
    acks = [await alice.sends(f"{number}", to=bob) for number in range(8)]
    for ack in acks[:3]:
        failed = await alice.receives("delivery", message_id=ack["message_id"], state="failed", within=15)
        assert failed["reason"] == "expired"
    started = time.monotonic()
    await beta.starts()
    await bob.connects()
    await alice.receives("delivery", message_id=acks[-1]["message_id"], state="delivered", within=20)
    assert [it["message"] for it in (await bob.history_with(alice))[0]] == ["3", "4", "5", "6", "7"]
    assert time.monotonic() - started < 20
    assert await beta.query("SELECT count(*) FROM dead_letters") == [(0,)]
    assert (await listed(alpha, beta.name))["waiting"] == 0


async def test_retry_tries_at_once_and_starts_a_lane_that_stands_still(homes):
    alpha, beta = await homes.two(fast=True)
    alice, bob = await befriended(alpha, beta)
    await alpha.stops()
    await alpha.query("UPDATE outbound_links SET stopped = 'gap'")
    await alpha.query("UPDATE peers SET alarm = 'stopped', alarm_at = now()")
    await alpha.starts()
    await alice.connects()
    ack = await alice.sends("stands still", to=bob)
    line = await listed(alpha, beta.name)
    assert (line["stopped"], line["alarm"], line["waiting"]) == ("gap", "stopped", 1)
    await alpha.command("peer", "retry", beta.name)
    await alice.receives("delivery", message_id=ack["message_id"], state="delivered", within=2)
    line = await listed(alpha, beta.name)
    assert (line.get("stopped"), line.get("alarm"), line["waiting"]) == (None, None, 0)
    assert line["last_contact_at"]
