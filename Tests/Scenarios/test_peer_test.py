"""`homeserver peer test`: each cause that a link can fail for is named in one line, with what to do in another."""

import asyncio
import json
import socket
from datetime import UTC, datetime, timedelta

import pytest

from harness.certificates import client_tls, foreign_certificate, listener_tls, server_tls
from harness.impostors import (
    Impostor,
    RewritingProxy,
    announced,
    dripping,
    endless,
    says,
    silent,
    with_header,
)
from harness.node import binary, run
from harness.peer import ForeignPeer, instant
from harness.ports import ports
from harness.signing import SigningKey, sign_answer

NAME = "gamma.localhost"
STEPS = ["policy", "discovery", "address", "connection", "certificate", "homeserver", "keys", "clock", "echo", "echo back"]


async def diagnosed(node, name=NAME, port=None, authority=None, settings=None, within=90):
    """`peer test` of a homeserver that is configured at this port; returns (exit code, findings)."""
    config = json.loads((node.directory / "config.json").read_text())
    ca = {"ca_file": str(authority)} if authority else {}
    config["peers"] = [{"name": name, "url": f"https://{name}:{port}", **ca}] if port else []
    config.update(settings or {})
    path = node.directory / f"test-{ports.one()}.json"
    path.write_text(json.dumps(config))
    command = [binary(), "peer", "test", name, "--json", "--config", path]
    code, out, err = await run(*command, expect=None, within=within)
    assert code in (0, 1, 2), (code, out, err)
    return code, [json.loads(line) for line in out.splitlines()]


def failed(result, code, subject=None):
    """The run ended with this failure, named with what to do, and everything before it was well."""
    status, findings = result
    last = findings[-1]
    assert status == 2, findings
    assert (last["level"], last["code"]) == ("failure", code), last
    assert subject is None or last["subject"] == subject, last
    assert last["seen"] and last["fix"] and "\n" not in last["seen"] + last["fix"], last
    assert all(it["level"] != "failure" for it in findings[:-1]), findings
    return last


@pytest.fixture
def authority(state, two):
    return state / "authority"


@pytest.fixture
async def foreign(state, authority):
    """Makes a homeserver by somebody else under the name gamma.localhost; it ends with the scenario."""
    made = []

    async def make(kind=ForeignPeer, tls=None):
        port = ports.one()
        tls = tls or await server_tls(authority, state / f"gamma-{port}", NAME)
        peer = kind(NAME, tls, client_tls(authority), port)
        made.append(peer)
        return await peer.starts()

    yield make
    for peer in made:
        await peer.stops()


@pytest.fixture
async def gamma_tls(state, authority):
    return await server_tls(authority, state / "gamma-tls", NAME)


# All is well


async def test_all_steps_are_well_both_ways_between_two_of_ours(two, authority):
    alpha, beta = two
    status, findings = await diagnosed(alpha, beta.name, beta.federation_port, authority / "ca.crt")
    assert status == 0, findings
    assert [it["subject"] for it in findings] == STEPS
    assert all(it["level"] == "ok" and it["code"] == "ok" for it in findings)


async def test_people_get_a_line_a_step(two):
    alpha, beta = two
    await asyncio.sleep(5)  # the pause between two echoes back to the same homeserver
    _, out, _ = await alpha.command("peer", "test", beta.name)
    lines = out.splitlines()
    assert len(lines) == len(STEPS) and all(line.startswith("ok ") for line in lines), out


async def test_a_second_test_at_once_is_told_to_wait_for_the_way_back(two, authority):
    alpha, beta = two
    results = [await diagnosed(alpha, beta.name, beta.federation_port, authority / "ca.crt") for _ in range(2)]
    assert (results[1][0], results[1][1][-1]["code"]) == (1, "back_rate_limited"), results[1]


async def test_a_peer_that_knows_no_way_back_is_a_warning_and_nothing_is_pinned(two, authority, foreign):
    alpha, _ = two
    gamma = await foreign()
    before = await alpha.query("SELECT name, root_public FROM peers ORDER BY name")
    status, findings = await diagnosed(alpha, NAME, gamma.port, authority / "ca.crt")
    assert status == 1, findings
    assert (findings[-1]["level"], findings[-1]["code"]) == ("warning", "not_tried")
    assert all(it["level"] == "ok" for it in findings[:-1])
    assert await alpha.query("SELECT name, root_public FROM peers ORDER BY name") == before


# The way there


async def test_a_name_that_does_not_resolve(two):
    last = failed(await diagnosed(two[0], "nowhere.invalid"), "unresolvable", "address")
    assert "nowhere.invalid" in last["seen"]


async def test_an_address_that_must_not_be_dialled(two):
    config = json.loads((two[0].directory / "config.json").read_text())
    federation = {**config["federation"], "exceptions": []}
    last = failed(
        await diagnosed(two[0], NAME, ports.one(), settings={"federation": federation}), "forbidden_address", "address"
    )
    assert "127.0.0.1" in last["seen"] and "federation.exceptions" in last["fix"]


async def test_a_port_where_nobody_listens(two):
    last = failed(await diagnosed(two[0], NAME, ports.one()), "refused", "connection")
    assert "nobody listens" in last["seen"]


async def test_a_port_that_takes_connections_and_says_nothing(two):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        failed(await diagnosed(two[0], NAME, mute.getsockname()[1]), "timeout", "connection")


async def test_a_port_that_speaks_plain_http(two):
    failed(await diagnosed(two[0], NAME, two[0].client_port), "not_tls", "connection")


# The certificate


@pytest.mark.parametrize(
    ("made", "code"),
    [
        ({"begins": -100, "ends": -3}, "expired"),
        ({"begins": 2}, "not_yet_valid"),
        ({"names": ["delta.localhost", "delta.example"]}, "wrong_name"),
        ({"authority": None}, "self_signed"),
    ],
)
async def test_a_certificate_that_is_no_good(two, authority, tmp_path, made, code):
    options = {"names": [NAME], "authority": authority, **made}
    tls = listener_tls(foreign_certificate(tmp_path / "tls", **options))
    async with Impostor(tls, says("404 Not Found")) as impostor:
        last = failed(await diagnosed(two[0], NAME, impostor.port, authority / "ca.crt"), code, "certificate")
        assert impostor.requests == 0, "nothing is sent to who cannot show a certificate"
    if code == "expired":
        assert "3 days ago" in last["seen"]
    if code == "wrong_name":
        assert "delta.localhost" in last["seen"] and NAME in last["seen"]


async def test_a_certificate_of_an_authority_that_is_not_trusted(two, authority, gamma_tls):
    async with Impostor(gamma_tls, says("404 Not Found")) as impostor:
        last = failed(await diagnosed(two[0], NAME, impostor.port), "unknown_authority", "certificate")
        assert "Home local authority" in last["seen"] and "ca_file" in last["fix"]


async def test_a_certificate_that_ends_soon_is_a_warning_with_its_days(two, authority, foreign, tmp_path):
    gamma = await foreign(tls=listener_tls(foreign_certificate(tmp_path / "tls", [NAME], authority, ends=5.5)))
    status, findings = await diagnosed(two[0], NAME, gamma.port, authority / "ca.crt")
    warning = next(it for it in findings if it["subject"] == "certificate")
    assert status == 1 and (warning["level"], warning["code"]) == ("warning", "expires_soon")
    assert "5 days left" in warning["seen"]


# Who answers


@pytest.mark.parametrize(
    ("behave", "word"),
    [
        (says("200 OK", b"<html>Welcome</html>", Content_Type="text/html"), "text/html"),
        (says("404 Not Found", b"{}", Content_Type="application/json", Server="nginx"), "nginx"),
        (says("302 Found", Location="https://elsewhere.example/"), "redirect"),
        (says("200 OK", b'{"name":"matrix"}', Content_Type="application/json"), "no keys"),
    ],
)
async def test_a_web_server_that_is_no_homeserver(two, authority, gamma_tls, behave, word):
    async with Impostor(gamma_tls, behave) as impostor:
        last = failed(await diagnosed(two[0], NAME, impostor.port, authority / "ca.crt"), "not_home", "homeserver")
        assert word in last["seen"]
        assert impostor.requests == 1, "a redirect is not followed, and nothing is tried twice"


@pytest.mark.parametrize(
    ("behave", "code"),
    [(endless, "answer_too_large"), (announced, "answer_too_large"), (silent, "timeout"), (dripping, "timeout")],
)
async def test_an_answer_that_is_too_much_or_too_slow_ends(two, authority, gamma_tls, behave, code):
    async with Impostor(gamma_tls, behave) as impostor:
        result = await diagnosed(two[0], NAME, impostor.port, authority / "ca.crt", within=30)
        failed(result, code, "homeserver")


async def test_another_homeserver_behind_the_name(two, authority, gamma_tls):
    alpha, beta = two
    async with RewritingProxy(beta.federation_port, gamma_tls, client_tls(authority)) as proxy:
        last = failed(await diagnosed(alpha, NAME, proxy.port, authority / "ca.crt"), "other_server", "keys")
        assert beta.name in last["seen"]


async def test_the_wrong_content_type_of_the_keys_is_a_warning(two, authority, foreign, gamma_tls):
    gamma = await foreign()

    def plain(head, body):
        return (with_header(head, "Content-Type", "text/plain"), body) if b"keyset" in body else (head, body)

    async with RewritingProxy(gamma.port, gamma_tls, client_tls(authority), answer=plain) as proxy:
        status, findings = await diagnosed(two[0], NAME, proxy.port, authority / "ca.crt")
        warning = next(it for it in findings if it["subject"] == "homeserver")
        assert status == 1 and warning["code"] == "content_type" and "text/plain" in warning["seen"]


# Clocks and keys


def dated(difference):
    """A foreign homeserver whose clock is so many seconds ahead."""

    class Dated(ForeignPeer):
        def _answer(self, request, status, value):
            response = super()._answer(request, status, value)
            signature = request.headers["Signature"].removeprefix("fed=:").removesuffix(":")
            created = int((datetime.now(UTC) + timedelta(seconds=difference)).timestamp())
            signed = sign_answer(self.key, status, response.body, "application/json", signature, created=created)
            response.headers.update(signed)
            return response

    return Dated


@pytest.mark.parametrize(("difference", "word"), [(300, "ahead"), (-200, "behind")])
async def test_a_clock_that_is_off_by_the_signed_answer(two, authority, foreign, difference, word):
    gamma = await foreign(dated(difference))
    last = failed(await diagnosed(two[0], NAME, gamma.port, authority / "ca.crt"), "clock_skew", "clock")
    seconds = int(last["seen"].split(" is ")[1].split()[0])
    assert abs(seconds - abs(difference)) <= 3 and word in last["seen"], last


async def test_a_small_difference_of_the_clocks_is_a_warning(two, authority, foreign):
    gamma = await foreign(dated(30))
    status, findings = await diagnosed(two[0], NAME, gamma.port, authority / "ca.crt")
    assert status == 1 and "clock_differs" in [it["code"] for it in findings]


class Refusing(ForeignPeer):
    """Refuses every echo with `refusal`: a status and a body."""

    refusal = None

    async def _echo(self, request):
        status, body = self.refusal
        return self._answer(request, status, body)


@pytest.mark.parametrize(
    ("status", "body", "code", "word"),
    [
        (401, {"code": "clock_skew", "now": instant(datetime.now(UTC) + timedelta(hours=2))}, "clock_skew", "ahead"),
        (401, {"code": "unknown_key"}, "unknown_key", "online key"),
        (401, {"code": "bad_signature"}, "bad_signature", "changed"),
        (403, {"code": "blocked"}, "blocked", "is blocked by the operator of gamma"),
        (403, {"code": "not_allowed"}, "not_allowed", "has added"),
        (503, {"code": "keys_unavailable"}, "keys_unavailable", "our keys"),
        (400, {"code": "invalid", "problem": "fed-destination is another homeserver"}, "invalid", "another homeserver"),
        (426, {"code": "version"}, "version", "version"),
        (500, {"code": "internal"}, "internal", "internal"),
        (502, {"error": "bad gateway"}, "not_home", "502"),
    ],
)
async def test_each_refusal_of_the_echo_is_explained(two, authority, foreign, status, body, code, word):
    gamma = await foreign(Refusing)
    gamma.refusal = status, body
    last = failed(await diagnosed(two[0], NAME, gamma.port, authority / "ca.crt"), code)
    assert word in last["seen"], last


class Keyed(ForeignPeer):
    """Signs answers with `signer` instead of its active key, and may list it in another state."""

    signer = None
    listed = None

    def _answer(self, request, status, value):
        key, self.key = self.key, self.signer
        try:
            return super()._answer(request, status, value)
        finally:
            self.key = key

    def listed_keys(self, now):
        revoked = {"revoked_at": instant(now - timedelta(hours=1))}
        more = [self.entry(self.signer, now, self.listed, **revoked)] if self.listed else []
        return super().listed_keys(now) + more


@pytest.mark.parametrize(("listed", "code"), [(None, "key_unknown"), ("revoked", "key_revoked")])
async def test_an_answer_by_a_key_that_is_unknown_or_revoked(two, authority, foreign, listed, code):
    gamma = await foreign(Keyed)
    gamma.signer, gamma.listed = SigningKey(), listed
    last = failed(await diagnosed(two[0], NAME, gamma.port, authority / "ca.crt"), code, "echo")
    assert gamma.signer.id in last["seen"]


async def test_another_root_than_the_pinned_one(two, authority, foreign):
    gamma = await foreign()
    config = [{"name": NAME, "url": f"https://{NAME}:{gamma.port}", "ca_file": str(authority / "ca.crt")}]
    config[0]["root_fingerprint"] = "0" * 64
    result = await diagnosed(two[0], NAME, gamma.port, authority / "ca.crt", settings={"peers": config})
    last = failed(result, "root_changed", "keys")
    assert "repin" in last["fix"]


# Proxies that rewrite


def changed_body(head, body):
    return (head, body.replace(b'"text"', b'"txet"')) if b'"text"' in body else (head, body)


def other_type(head, body):
    return (with_header(head, "Content-Type", "application/json; charset=utf-8"), body) if body else (head, body)


def unsigned(head, body):
    bare = with_header(with_header(head, "Signature", None), "Content-Digest", None)
    return (with_header(bare, "Via", "1.1 proxy.example"), body)


@pytest.mark.parametrize(
    ("where", "change", "codes"),
    [
        ("request", changed_body, {"bad_signature"}),
        ("request", other_type, {"invalid"}),
        ("answer", changed_body, {"rewritten"}),
        ("answer", unsigned, {"rewritten"}),
    ],
)
async def test_a_proxy_that_rewrites(two, authority, state, where, change, codes):
    alpha, beta = two
    tls = await server_tls(authority, state / "beta-proxy", beta.name)
    async with RewritingProxy(beta.federation_port, tls, client_tls(authority), **{where: change}) as proxy:
        last = failed(await diagnosed(alpha, beta.name, proxy.port, authority / "ca.crt"), next(iter(codes)), "echo")
        assert "proxy" in last["fix"]
        if change is unsigned:
            assert "proxy.example" in last["seen"]


# Policy, and the way back


async def test_who_is_blocked_and_by_whom(homes, state):
    alpha, beta = await homes.two(fast=True)
    ca = state / "authority" / "ca.crt"
    status, findings = await diagnosed(alpha, beta.name, beta.federation_port, ca)
    assert status == 0, findings

    await beta.command("peer", "block", alpha.name)
    await asyncio.sleep(1.2)  # what an operator says is obeyed within a second
    last = failed(await diagnosed(alpha, beta.name, beta.federation_port, ca), "blocked", "echo")
    assert f"by the operator of {beta.name}" in last["seen"]
    last = failed(await diagnosed(beta, alpha.name, alpha.federation_port, ca), "blocked_here", "policy")
    assert "this homeserver" in last["seen"]

    # Blocked here for what serves, unknown to the test: the way back says it.
    await beta.command("peer", "allow", alpha.name)
    await beta.stops()
    last = failed(await diagnosed(alpha, beta.name, beta.federation_port, ca), "refused", "connection")
    last = failed(await diagnosed(beta, alpha.name, alpha.federation_port, ca), "back_no_connection", "echo back")
    assert "serve runs" in last["fix"]


async def test_our_own_certificate_is_no_good_to_the_peer(homes, state, tmp_path):
    alpha, beta = await homes.two(fast=True)
    ca = state / "authority" / "ca.crt"
    status, findings = await diagnosed(alpha, beta.name, beta.federation_port, ca)
    assert status == 0, findings
    certificate, key = foreign_certificate(tmp_path / "self-signed", [alpha.name])
    await alpha.restarts(federation={"tls": {"certificate": str(certificate), "key": str(key)}})
    # Of two asked for within ten seconds the peer makes one.
    await asyncio.sleep(10.5)
    last = failed(await diagnosed(alpha, beta.name, beta.federation_port, ca), "back_certificate", "echo back")
    assert "doctor" in last["fix"]


async def test_modes_here_are_named(two):
    closed = {"mode": "closed"}
    config = json.loads((two[0].directory / "config.json").read_text())
    failed(await diagnosed(two[0], settings={"federation": {**config["federation"], **closed}}), "closed", "policy")
    listed = {**config["federation"], "mode": "allowlist"}
    failed(await diagnosed(two[0], settings={"federation": listed}), "not_allowed_here", "policy")
    # Who stands in `peers` is admitted, also by the name alone: what fails then comes later.
    _, findings = await diagnosed(two[0], settings={"federation": listed, "peers": [{"name": NAME}]}, within=120)
    assert findings[0]["subject"] == "policy" and findings[0]["level"] == "ok", findings


# Usage


@pytest.mark.parametrize("arguments", [[], ["Not.A.Name"], ["a.example", "b.example"], ["alpha.localhost"], ["--nonsense"]])
async def test_wrong_usage_ends_with_3(two, arguments):
    _, out, err = await two[0].command("peer", "test", *arguments, expect=3)
    assert not out and err
