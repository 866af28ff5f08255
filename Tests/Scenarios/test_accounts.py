"""Who may have an account, who is signed in, and how that ends."""

import re

import pytest
import pytest_asyncio
from websockets.exceptions import InvalidStatus

from harness.person import PASSWORD, Person
from harness.socket import Socket


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def guarded(state):
    """A homeserver with registration by token and with its limits on."""
    from harness.homes import Homes

    homes = Homes(state)
    yield await homes.one(registration="token", limits="on", fast=True)
    await homes.end()


async def sessions_of(person):
    return (await person.http("GET", "/sessions")).expect(200).json["sessions"]


async def test_closed_registration_is_closed(homes):
    home = await homes.one(registration="closed", fast=True)
    alice = Person(home, "alice")
    (await alice.registers()).expect(403, "forbidden")
    (await alice.registers(registration_token="made up")).expect(403, "forbidden")
    # The operator can always add somebody.
    await home.command("user", "add", "alice", "--password-file", "-", stdin=PASSWORD.encode())
    (await alice.logs_in()).expect(200)


async def test_registration_by_token_counts_its_uses(guarded):
    missing = (await Person(guarded, "nobody").registers()).expect(400, "invalid")
    assert missing.json["field"] == "registration_token"
    (await Person(guarded, "nobody").registers(registration_token="made-up")).expect(403, "forbidden")

    _, out, _ = await guarded.command("registration-token", "add", "--uses", "2")
    token = out.split()[0] if out.split() else ""
    assert len(token) >= 16, out
    for name in ("first", "second"):
        (await Person(guarded, name).registers(registration_token=token)).expect(201)
    (await Person(guarded, "third").registers(registration_token=token)).expect(403, "forbidden")


async def test_a_revoked_registration_token_is_worth_nothing(guarded):
    _, out, said = await guarded.command("registration-token", "add")
    token, number = out.split()[0], re.search(r"token (\d+)", said)[1]
    _, listed, _ = await guarded.command("registration-token", "list")
    assert any(line.split()[0] == number for line in listed.splitlines())
    assert token not in listed, "the list shows no secrets"
    await guarded.command("registration-token", "revoke", number)
    (await Person(guarded, "late").registers(registration_token=token)).expect(403, "forbidden")


async def test_open_registration_signs_in(home):
    alice = await home.person("alice")
    me = (await alice.http("GET", "/me")).expect(200).json
    assert me["user_id"] == alice.user_id


async def test_a_name_is_given_once(home):
    alice = await home.person("alice")
    again = Person(home, alice.name, "another pass phrase altogether")
    (await again.registers()).expect(409, "conflict")
    (await alice.logs_in()).expect(200)


@pytest.mark.parametrize("name", ["", "Alice", "al ice", "alice@elsewhere.example", "a" * 33, "al/ice", "älice", "a\u0000"])
async def test_a_name_must_be_a_name(home, name):
    answer = await home.web.call("POST", "/api/v1/register", json={"username": name, "password": PASSWORD})
    answer.expect(400, "invalid")
    assert answer.json["field"] == "username" or name == "a\u0000"


@pytest.mark.parametrize("password", ["", "shört"])
async def test_a_password_must_be_long_enough(home, password):
    answer = await home.web.call("POST", "/api/v1/register", json={"username": "weak", "password": password})
    answer.expect(400, "invalid")
    assert answer.json["field"] == "password"
    assert password not in answer.json["message"] or not password


async def test_a_wrong_password_and_an_unknown_user_get_the_same_answer(home):
    alice = await home.person("alice")
    wrong = await alice.logs_in(password="not the pass phrase")
    unknown = await Person(home, "nobody.at.all").logs_in()
    wrong.expect(401, "unauthorized")
    unknown.expect(401, "unauthorized")
    assert wrong.json == unknown.json


async def test_login_gives_a_session_of_its_own(home):
    alice = await home.person("alice")
    phone = await alice.on_another_device()
    assert phone.token != alice.token
    listed = await sessions_of(alice)
    assert len(listed) == 2
    assert [it["current"] for it in listed].count(True) == 1
    assert all(alice.token not in str(it) and phone.token not in str(it) for it in listed)


async def test_logout_ends_the_session_and_its_sockets(home):
    alice = await home.person("alice")
    phone = await (await alice.on_another_device()).connects()
    await alice.connects()
    (await phone.http("POST", "/logout")).expect(204)
    await phone.socket.closes(4013, within=1)
    (await phone.http("GET", "/me")).expect(401, "unauthorized")
    await alice.socket.position()
    assert alice.socket.is_open


async def test_a_revoked_session_loses_its_sockets_within_a_second(home):
    alice = await home.person("alice")
    phone = await (await alice.on_another_device()).connects()
    tablet = await (await alice.on_another_device()).connects()
    await alice.connects()
    lost = next(it["id"] for it in await sessions_of(phone) if it["current"])
    (await alice.http("DELETE", f"/sessions/{lost}")).expect(204)
    await phone.socket.closes(4013, within=1)
    for other in (alice, tablet):
        await other.socket.position()
        assert other.socket.is_open
    with pytest.raises((InvalidStatus, AssertionError)):
        await phone.connects()


async def test_all_others_can_be_revoked_at_once(home):
    alice = await home.person("alice")
    others = [await (await alice.on_another_device()).connects() for _ in range(3)]
    await alice.connects()
    assert (await alice.http("DELETE", "/sessions")).expect(200).json == {"revoked": 3}
    for other in others:
        await other.socket.closes(4013, within=1)
    await alice.socket.position()
    assert len(await sessions_of(alice)) == 1


async def test_somebody_elses_session_cannot_be_revoked(home):
    alice, mallory = await home.people("alice", "mallory")
    await alice.connects()
    target = (await sessions_of(alice))[0]["id"]
    (await mallory.http("DELETE", f"/sessions/{target}")).expect(404, "not_found")
    await alice.socket.position()


async def test_changing_the_password_ends_all_other_sessions(home):
    alice = await home.person("alice")
    phone = await (await alice.on_another_device()).connects()
    await alice.connects()
    body = {"current_password": "wrong", "new_password": "a new pass phrase, longer"}
    (await alice.http("POST", "/me/password", json=body)).expect(401, "unauthorized")
    await phone.socket.position()
    body["current_password"] = alice.password
    (await alice.http("POST", "/me/password", json=body)).expect(204)
    await phone.socket.closes(4013, within=1)
    await alice.socket.position()
    (await alice.logs_in()).expect(401, "unauthorized")
    (await alice.logs_in(password="a new pass phrase, longer")).expect(200)


async def test_deactivating_from_the_command_line_closes_the_sockets(home):
    alice = await (await home.person("alice")).connects()
    await home.command("user", "deactivate", alice.name)
    await alice.socket.closes(4013, within=5)
    (await alice.http("GET", "/me")).expect(401, "unauthorized")
    (await alice.logs_in()).expect(401, "unauthorized")
    # The address is never given out twice.
    (await Person(home, alice.name).registers()).expect(409, "conflict")


async def test_a_new_password_from_the_command_line_ends_every_session(home):
    alice = await (await home.person("alice")).connects()
    await home.command("user", "password", alice.name, "--password-file", "-", stdin=b"set by the operator")
    await alice.socket.closes(4013, within=5)
    (await alice.logs_in()).expect(401, "unauthorized")
    (await alice.logs_in(password="set by the operator")).expect(200)


async def test_the_operator_can_list_users(home):
    alice = await home.person("alice")
    _, out, _ = await home.command("user", "list")
    assert alice.name in out


async def test_a_ticket_opens_one_socket_once(home):
    alice = await home.person("alice")
    ticket = (await alice.http("POST", "/ws-ticket")).expect(200).json["ticket"]
    await alice.connects(token=ticket)
    await expect_refused(home, f"/ws?token={ticket}")


@pytest.mark.parametrize("query", ["", "?token=", "?token=made-up", "?other=1", "?token=%00", "?token=" + "x" * 5000])
async def test_a_socket_needs_a_token(home, query):
    await expect_refused(home, "/ws" + query)


async def expect_refused(home, path):
    """Refused either way that the documents know: no upgrade, or a close with 4003 or 4004."""
    try:
        socket = await Socket.open(home.ws_url + path, "somebody")
    except InvalidStatus as refused:
        assert refused.response.status_code in (400, 401, 403, 414), refused
        return
    assert await socket.closes() in (4003, 4004)
    assert not socket.unread("ready")


async def test_guessing_passwords_is_slowed_down(guarded):
    """The account's bucket runs out; then even the right password must wait, and says how long."""
    _, out, _ = await guarded.command("registration-token", "add")
    alice = Person(guarded, "patient")
    (await alice.registers(registration_token=out.split()[0])).expect(201)
    for _ in range(60):
        answer = await alice.logs_in(password="guess")
        if answer.status == 429:
            break
        answer.expect(401, "unauthorized")
    answer.expect(429, "rate_limited")
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.json["retry_after_ms"] >= 1
    # What is signed in stays so.
    (await alice.http("GET", "/me")).expect(200)
