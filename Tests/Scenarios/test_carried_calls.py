"""Requests about what another homeserver hosts: a user's own homeserver carries them there, and they are answered as at home."""

import asyncio
import time

import pytest

from harness.waiting import eventually

CODE = "AAAAAAAAAAAAAAAAAAAAAA"


# Two homeservers of ours


async def test_a_link_of_another_homeserver_shows_what_it_leads_to(two):
    alpha, beta = two
    community, alice = await alpha.community("alice")
    code = await alice.makes_link(community)
    bob = await beta.person("bob")
    shown = (await bob.http("GET", f"/invite-links/{code}@{alpha.name}")).expect(200).json
    assert shown == {
        "code": f"{code}@{alpha.name}", "server_id": community.id, "name": "Gardeners", "host": alpha.name,
        "member_count": 1, "state": "open",
    }  # fmt: skip
    # Here nobody knows it by that code alone, and there it is the same with the name or without.
    (await bob.http("GET", f"/invite-links/{code}")).expect(404, "not_found")
    (await alice.http("GET", f"/invite-links/{code}@{alpha.name}")).expect(200)


async def test_every_code_that_lets_nobody_in_looks_the_same_from_elsewhere(two):
    alpha, beta = two
    community, alice = await alpha.community("alice")
    revoked = await alice.makes_link(community)
    (await alice.http("DELETE", f"{community.path}/invite-links/{revoked}")).expect(204)
    bob = await beta.person("bob")
    at_home = (await alice.http("GET", f"/invite-links/{CODE}")).expect(404, "not_found")
    for code in (CODE, revoked, "x" * 12, "a%20b", "%2e%2e"):
        for method, what in (("GET", ""), ("POST", "/join")):
            answer = await bob.http(method, f"/invite-links/{code}@{alpha.name}{what}")
            assert answer.expect(404, "not_found").json == at_home.json, code


async def test_who_joins_by_a_link_of_another_homeserver_is_in_and_may_what_members_may(two):
    alpha, beta = two
    community, alice = await alpha.community("alice")
    code = await alice.makes_link(community)
    bob = await (await beta.person("bob")).connects()
    answer = (await bob.http("POST", f"/invite-links/{code}@{alpha.name}/join")).expect(200).json
    # What the host has told is here before he is answered.
    assert answer == {"server_id": community.id, "state": "joined"}
    seen = (await bob.http("GET", community.path)).expect(200).json
    assert (seen["host"], seen["member_count"]) == (alpha.name, 2)
    (channel,) = seen["channels"]
    await alice.receives("member-changed", server_id=community.id, user_id=bob.user_id, state="member")
    assert (await bob.http("GET", f"/invite-links/{code}@{alpha.name}")).expect(200).json["state"] == "joined"
    again = (await bob.http("POST", f"/invite-links/{code}@{alpha.name}/join")).expect(200).json
    assert again == answer

    # What he may not he is told by the host; what he may is done there and is here before he is answered.
    (await bob.http("PATCH", community.path, json={"name": "Mine"})).expect(403, "forbidden")
    (await bob.http("PATCH", community.path, json={"name": 5})).expect(400, "invalid")
    role = (await alice.http("POST", f"{community.path}/roles", json={"name": "head", "permissions": ["administrator"]})).expect(201).json
    (await alice.http("PUT", f"{community.path}/members/{bob.user_id}/roles/{role['role_id']}")).expect(200)
    await bob.receives("member-changed", server_id=community.id, user_id=bob.user_id, reason="role")
    renamed = (await bob.http("PATCH", community.path, json={"name": "Growers"})).expect(200).json
    assert renamed["name"] == "Growers"
    assert (await bob.http("GET", community.path)).expect(200).json["name"] == "Growers"
    made = (await bob.http("POST", f"{community.path}/channels", json={"name": "tools"})).expect(201).json
    assert (made["read_seq"], made["unread"], made["mentions"]) == (0, 0, 0)
    # A short name is one of his own homeserver's, wherever he is answered.
    members = (await bob.http("GET", f"{community.path}/members")).expect(200).json["members"]
    assert {it["user_id"]: it["status"] for it in members} == {alice.user_id: "online", bob.user_id: "online"}
    assert (await bob.http("GET", f"{community.path}/members/{bob.name}")).expect(200).json["user_id"] == bob.user_id
    (await bob.http("GET", f"{community.path}/members/{alice.name}")).expect(404, "not_found")
    # What is unread only his own homeserver knows, also in what the host answers.
    await alice.writes("first", channel["channel_id"])
    await bob.hears("first", channel["channel_id"], alice)
    edited = (await bob.http("PATCH", f"/channels/{channel['channel_id']}", json={"topic": "seeds"})).expect(200).json
    assert (edited["topic"], edited["last_seq"], edited["read_seq"], edited["unread"]) == ("seeds", 1, 0, 1)


async def test_what_was_said_before_one_came_is_asked_for_where_it_is(two):
    """However much it is: in one page for a client, in parts between the homeservers."""
    alpha, beta = two
    community, alice = await alpha.community("alice")
    for number in range(1, 121):
        # The longest there are, which take the most bytes.
        await alice.writes(f"{number} " + "\U0001f331" * 3990, community.general)
    bob = await (await beta.person("bob")).connects()
    code = await alice.makes_link(community)
    (await bob.http("POST", f"/invite-links/{code}@{alpha.name}/join")).expect(200)
    path = f"/channels/{community.general}"

    async def numbers(target, list):
        page = (await bob.http("GET", f"{path}/{target}")).expect(200).json
        assert page["last_seq"] == 120 and "stale" not in page
        return [int(it["message"].split()[0]) for it in page[list]]

    assert await numbers("messages?limit=110", "messages") == [*range(11, 121)]
    assert await numbers("messages?before=101&limit=90", "messages") == [*range(11, 101)]
    assert await numbers("messages?after=0&limit=200", "messages") == [*range(1, 121)]
    assert await numbers("events?after=5&limit=70", "events") == [*range(6, 76)]


async def test_a_host_that_is_not_there(two):
    _, beta = two
    bob = await beta.person("bob")
    for method, what in (("GET", ""), ("POST", "/join")):
        answer = await bob.http(method, f"/invite-links/{CODE}@nowhere.localhost{what}")
        answer.expect(502, "remote_unreachable")


async def test_a_request_is_carried_while_the_lane_is_in_back_off(homes):
    alpha, beta = await homes.two(fast=True)
    community, alice = await alpha.community("alice")
    code = await alice.makes_link(community)
    bob = await (await beta.person("bob")).connects()
    path = f"/invite-links/{code}@{alpha.name}"
    (await bob.http("GET", path)).expect(200)
    await alpha.stops()
    await bob.asks(alice.user_id)
    (await bob.http("GET", path)).expect(502, "remote_unreachable")
    await eventually(lambda: "a peer could not be reached" in beta.log(), "beta backs off", within=30)
    await alpha.starts()

    async def shown():
        answer = await bob.http("GET", path)
        return answer.status == 200

    await eventually(shown, "beta asks alpha again", within=20)
    # Who answers a call is there: what waited for him goes.
    await alice.connects()
    await eventually(lambda: _asked(alice, bob), "the request arrives", within=20)


async def _asked(alice, bob):
    requests = (await alice.http("GET", "/friend-requests")).expect(200).json["friend_requests"]
    return [it for it in requests if it["user_id"] == bob.user_id]


# Somebody else's homeserver asks


@pytest.fixture
async def garden(stage):
    """A community of alice's, and a link to it."""
    community = await stage.alice.founds("Garden")
    return community, await stage.alice.makes_link(community)


def said(answer, status, code=None):
    """What the client's answer in a call's is."""
    body = answer.expect(200).json
    assert body["status"] == status, body
    assert body["lane"]["epoch"] and body["lane"]["seq"] >= 0, body
    if code:
        assert body["body"]["code"] == code, body
    return body.get("body")


async def test_a_foreign_homeserver_asks_for_its_user(stage, garden):
    community, code = garden
    answer = await stage.gamma.carries(stage.alpha, stage.carol, "GET", f"/invite-links/{code}")
    shown = said(answer, 200)
    assert shown == {
        "code": code, "server_id": community.id, "name": "Garden", "host": stage.alpha.name, "member_count": 1, "state": "open",
    }  # fmt: skip
    await stage.gamma.checks_signature(stage.alpha, answer)
    stranger = stage.gamma.user("nobody.has.met.me")
    assert said(await stage.gamma.carries(stage.alpha, stranger, "GET", f"/invite-links/{code}"), 200) == shown
    said(await stage.gamma.carries(stage.alpha, stranger, "GET", f"/invite-links/{CODE}"), 404, "not_found")
    said(await stage.gamma.carries(stage.alpha, stranger, "POST", f"/invite-links/{CODE}/join"), 404, "not_found")


async def test_who_is_no_member_finds_nothing(stage, garden):
    community, _ = garden
    channel = (await stage.alice.http("GET", f"{community.path}/channels")).expect(200).json["channels"][0]["channel_id"]
    for user in (stage.carol, stage.gamma.user("stranger")):
        for method, path, body in (
            ("GET", community.path, None), ("PATCH", community.path, {"name": "Mine"}), ("DELETE", community.path, None),
            ("GET", f"{community.path}/members", None), ("GET", f"{community.path}/channels", None),
            ("PUT", f"{community.path}/bans/{stage.alice.user_id}", {}), ("POST", f"{community.path}/roles", {"name": "x", "permissions": []}),
            ("GET", f"/channels/{channel}/messages", None), ("GET", f"/channels/{channel}/events?after=0", None),
            ("DELETE", f"/channels/{channel}", None), ("GET", f"/servers/{stage.alpha.name}/members", None),
        ):  # fmt: skip
            answer = (await stage.gamma.carries(stage.alpha, user, method, path, body)).expect(200).json
            assert answer["status"] in (404, 400) and answer["body"]["code"] in ("not_found", "invalid"), (method, path, answer)
    assert set(await stage.alice.members(community)) == {stage.alice.user_id}


async def test_what_is_not_carried(stage, garden):
    community, _ = garden
    # A conversation between the two: what carol said in it is her own homeserver's to tell.
    await stage.gamma.delivers(stage.alpha, stage.message("between us"))
    heard = await stage.alice.receives("new-private-message", message="between us")
    for method, path in (
        ("GET", "/servers"), ("POST", "/servers"), ("GET", "/sessions"), ("DELETE", "/sessions"), ("GET", "/me"),
        ("GET", "/friends"), ("POST", "/friend-requests"), ("GET", "/blocks"), ("PUT", f"/blocks/{stage.alice.user_id}"),
        ("GET", f"/direct/{stage.alice.user_id}/messages"), ("GET", "/server-invites"), ("POST", "/ws-ticket"),
        ("POST", f"{community.path}/leave"), ("POST", "/login"), ("POST", "/register"), ("GET", "/limits"), ("GET", "/nothing"),
        ("GET", f"/channels/{heard['conversation_id']}/events?after=0"),
        # A method that the path does not have, and one that nobody has.
        ("PUT", community.path), ("BREW", community.path), ("", community.path), ("GET /x", community.path),
    ):  # fmt: skip
        answer = await stage.gamma.carries(stage.alpha, stage.carol, method, path, {})
        said(answer, 404, "not_found")
    for target in ("", "/", "/health", "/.well-known/home-server", "https://elsewhere.example/api/v1/servers", "/api/v1/../health"):
        said(await stage.gamma.carries(stage.alpha, stage.carol, "GET", target=target), 404, "not_found")


async def test_a_homeserver_speaks_for_its_own_users_only(stage, garden):
    _, code = garden
    for user in (stage.alice.user_id, "dora@delta.localhost", "carol", "carol@", 7, None):
        answer = await stage.gamma.carries(stage.alpha, user, "GET", f"/invite-links/{code}")
        answer.expect(400, "invalid")


async def test_calls_that_are_none(stage, garden):
    _, code = garden
    good = {"v": 1, "user": stage.carol, "method": "GET", "target": f"/api/v1/invite-links/{code}"}
    for call, status in (
        ({**good, "v": 2}, 426), ({**good, "method": 5}, 400), ({**good, "target": 5}, 400), ({**good, "body": []}, 400),
        ({**good, "body": "text"}, 400), ({**good, "target": "/" + "x" * 9000}, 400), ({**good, "method": "G" * 17}, 400),
        ({k: v for k, v in good.items() if k != "target"}, 400), (b"[]", 400), (b"{", 400), (b"", 400),
        ({**good, "method": "POST", "body": {"x": "y" * 90_000}}, 413),
    ):  # fmt: skip
        answer = await stage.gamma.send(stage.alpha, stage.gamma.request(stage.alpha, "POST", "/federation/v1/calls", call))
        assert answer.status == status, (call if len(str(call)) < 300 else "long", answer.body)
    (await stage.gamma.send(stage.alpha, stage.gamma.request(stage.alpha, "POST", "/federation/v1/calls", {**good, "more": 1}))).expect(200)


# Somebody else's homeserver answers


def preview(**fields):
    return {
        "code": CODE, "server_id": "019aa000-0000-7000-8000-000000000001", "name": "Elsewhere", "host": "gamma.localhost",
        "member_count": 3, "state": "open", **fields,
    }  # fmt: skip


PATH = f"/invite-links/{CODE}@gamma.localhost"


async def test_a_foreign_homeserver_is_asked(stage):
    gamma, alice = stage.gamma, stage.alice
    gamma.calls = []
    gamma.answer_call = lambda call: (200, preview())
    assert (await alice.http("GET", PATH + "?x=%20y")).expect(200).json == preview(code=f"{CODE}@gamma.localhost")
    assert gamma.calls == [{"v": 1, "user": alice.user_id, "method": "GET", "target": f"/api/v1/invite-links/{CODE}?x=%20y"}]


async def test_a_refusal_of_the_host_is_told_as_it_is(stage):
    stage.gamma.answer_call = lambda call: (403, {"code": "forbidden", "message": "not you"})
    answer = (await stage.alice.http("GET", PATH)).expect(403, "forbidden")
    assert answer.json["message"] == "not you"
    stage.gamma.answer_call = lambda call: (429, {"code": "rate_limited", "message": "slowly", "retry_after_ms": 1500})
    answer = (await stage.alice.http("GET", PATH)).expect(429, "rate_limited")
    assert answer.headers["Retry-After"] == "2"


@pytest.mark.parametrize(
    "status, body",
    [
        (401, {"code": "unauthorized", "message": "your session has ended"}), (200, None), (204, {}), (302, {}), (100, None), (200, []),
        ("200", {}), (200, "text"),
    ],
)  # fmt: skip
async def test_an_answer_that_no_client_can_be_given(stage, status, body):
    stage.gamma.answer_call = lambda call: (status, body)
    (await stage.alice.http("GET", PATH)).expect(502, "remote_unreachable")


async def test_an_answer_that_is_not_signed_is_none(stage):
    stage.gamma.answer_call = lambda call: (200, preview())
    stage.gamma.sign_answers = False
    try:
        (await stage.alice.http("GET", PATH)).expect(502, "remote_unreachable")
    finally:
        stage.gamma.sign_answers = True
    (await stage.alice.http("GET", PATH)).expect(200)


async def test_what_is_written_is_read_once_the_lane_has_come_so_far(stage):
    """A change is answered when what it caused is here, at most five seconds later; what is only read does not wait."""
    gamma, alice = stage.gamma, stage.alice
    await gamma.says_hello(stage.alpha)
    joined = {"server_id": "019aa000-0000-7000-8000-000000000001", "state": "joined"}
    gamma.answer_call = lambda call: (200, joined if call["method"] == "POST" else preview())
    gamma.lane_ahead = 1
    try:
        began = time.monotonic()
        (await alice.http("GET", PATH)).expect(200)
        assert time.monotonic() - began < 2
        join = asyncio.create_task(alice.http("POST", PATH + "/join"))
        await asyncio.sleep(0.5)
        assert not join.done()
        # What is to come is one event behind the lane's end; afterwards nothing is.
        await gamma.delivers(stage.alpha, stage.message("this is what was caused"))
        began = time.monotonic()
        # Nothing of the community is here yet.
        assert (await join).expect(200).json == {**joined, "state": "joining"}
        assert time.monotonic() - began < 2
        began = time.monotonic()
        (await alice.http("POST", PATH + "/join")).expect(200)
        assert 4 < time.monotonic() - began < 8
    finally:
        gamma.lane_ahead = 0


async def test_four_calls_at_a_time(stage):
    gamma, alice = stage.gamma, stage.alice
    gamma.answer_call = lambda call: (200, preview())
    gamma.calls, gamma.most_calls, gamma.holds_calls = [], 0, True
    try:
        asked = [asyncio.create_task(alice.http("GET", PATH)) for _ in range(9)]
        await gamma.changes.until(lambda: len(gamma.calls) >= 4, "four calls are under way")
        await asyncio.sleep(0.5)
        assert len(gamma.calls) == 4
    finally:
        gamma.holds_calls = False
    for answer in await asyncio.gather(*asked):
        answer.expect(200)
    assert gamma.most_calls == 4


async def test_a_host_that_does_not_answer_is_given_up(stage):
    gamma = stage.gamma
    gamma.holds_calls = True
    try:
        began = time.monotonic()
        (await stage.alice.http("GET", PATH)).expect(502, "remote_unreachable")
        assert 8 < time.monotonic() - began < 14
    finally:
        gamma.holds_calls = False
