"""`homeserver doctor`: what is wrong with a homeserver is found and named, each with what to do."""

import asyncio
import json

import pytest

from harness.certificates import foreign_certificate, listener_tls
from harness.delegations import well_knowns
from harness.impostors import Impostor, says
from harness.islands import Island, missing
from harness.node import befriend, binary, merged, run
from harness.ports import ports


async def doctor(node, settings=None):
    """(exit code, findings) with some settings changed."""
    path = node.directory / f"doctor-{ports.one()}.json"
    path.write_text(json.dumps(merged(json.loads((node.directory / "config.json").read_text()), settings or {})))
    code, out, err = await run(binary(), "doctor", "--json", "--config", path, expect=None, within=60)
    assert code in (0, 1, 2), (code, out, err)
    return code, [json.loads(line) for line in out.splitlines()]


def the(findings, subject, level, code):
    found = [it for it in findings if it["subject"] == subject]
    one = next((it for it in found if (it["level"], it["code"]) == (level, code)), None)
    assert one, found or findings
    assert level == "ok" or one["fix"], one
    return one


async def test_a_healthy_homeserver_has_nothing_to_be_mended(two):
    code, findings = await doctor(two[0])
    assert code == 0, [it for it in findings if it["level"] != "ok"]
    seen = [it["subject"] for it in findings]
    for subject in ("settings", "schema", "database", "disk", "keys", "clock", "certificate", "web client", "clients"):
        assert subject in seen, findings
    assert "listener" in seen and "served" in the(findings, "database", "ok", "ok")["seen"]
    _, out, _ = await two[0].command("doctor")
    assert len(out.splitlines()) >= len(findings) and all(line.startswith("ok ") for line in out.splitlines()), out


async def test_the_certificate_of_the_listener(two, tmp_path):
    node = two[0]
    for ends, level, word, code in ((-2, "failure", "expired", 2), (5, "warning", "expires_soon", 1)):
        files = foreign_certificate(tmp_path / word, [node.name], two[0].directory.parent / "authority", -9, ends + 0.5)
        tls = {"tls": {"certificate": str(files[0]), "key": str(files[1])}}
        status, findings = await doctor(node, {"federation": tls})
        assert status == code
        assert "days" in the(findings, "certificate", level, word)["seen"]
    # What the listener shows is then another one than the file's.
    the(findings, "listener", "warning", "other_certificate")
    files = foreign_certificate(tmp_path / "name", ["other.example"])
    tls = {"tls": {"certificate": str(files[0]), "key": str(files[1])}}
    the((await doctor(node, {"federation": tls}))[1], "certificate", "failure", "wrong_name")
    tls["tls"]["key"] = str(node.directory / "tls" / "tls.key")
    last = the((await doctor(node, {"federation": tls}))[1], "certificate", "failure", "unusable")
    assert "not the key" in last["seen"]


async def test_a_listener_for_clients_with_a_certificate_of_its_own(homes, tmp_path):
    alpha = await homes.one(fast=True)
    certificate, key = foreign_certificate(tmp_path / "clients", [alpha.name], homes.state / "authority", ends=5.5)
    tls = {"client": {"tls": {"certificate": str(certificate), "key": str(key)}}}
    # Before it is served with these settings, what listens there speaks without TLS.
    the((await doctor(alpha, tls))[1], "clients", "failure", "unreachable")
    await alpha.stops()
    path = alpha.directory / "tls.json"
    path.write_text(json.dumps(merged(json.loads((alpha.directory / "config.json").read_text()), tls)))
    serving = await asyncio.create_subprocess_exec(binary(), "serve", "--config", path, stderr=asyncio.subprocess.PIPE)
    try:
        while b"listening for clients" not in (line := await serving.stderr.readline()):
            assert line, "it has ended"
        status, findings = await doctor(alpha, tls)
        assert status == 1, findings
        assert "https://" in the(findings, "clients", "ok", "ok")["seen"]
        assert "5 days" in the(findings, "certificate", "warning", "expires_soon")["seen"]
    finally:
        serving.terminate()
        await serving.communicate()


async def test_an_address_that_leads_elsewhere(two, tmp_path):
    alpha, beta = two
    there = {"federation": {"address": f"{beta.name}:{beta.federation_port}"}}
    status, findings = await doctor(alpha, there)
    assert status == 2 and beta.name in the(findings, "listener", "failure", "other_homeserver")["seen"]
    nobody = {"federation": {"address": f"{alpha.name}:{ports.one()}"}}
    the((await doctor(alpha, nobody))[1], "connection", "failure", "refused")
    tls = listener_tls(foreign_certificate(tmp_path / "web", [alpha.name]))
    async with Impostor(tls, says("404 Not Found")) as web:
        shop = {"federation": {"address": f"{alpha.name}:{web.port}"}}
        the((await doctor(alpha, shop))[1], "listener", "failure", "not_home")
    # A name that is no name of this machine is looked up as others would.
    the((await doctor(alpha, {"client": {"port": ports.one()}}))[1], "clients", "failure", "unreachable")


ALARMS = {
    "fork": "retry", "acknowledged_unsent": "retry", "gap": "retry", "peer_new_epoch": "retry", "stopped": "retry",
    "root_changed": "repin", "equivocation": "fingerprint", "rollback": "fingerprint", "something_new": "retry",
}


async def test_the_alarm_of_a_peer_whose_link_is_well(homes):
    """It said that all was well, also of a peer with another root than the pinned one."""
    alpha, beta = await homes.two(fast=True)
    await befriend(await alpha.person("alice"), await beta.person("bob"))
    since = "2026-01-02T03:04:05"

    async def raised(alarm, name):
        await alpha.query("UPDATE peers SET alarm = %s, alarm_at = %s WHERE name = %s", alarm, since + "Z", name)
        return await doctor(alpha)

    # Of a peer that nothing was ever sent to, too.
    await alpha.query("INSERT INTO peers (name) VALUES ('silent.example')")
    for name, alarm in [(beta.name, alarm) for alarm in ALARMS] + [("silent.example", "peer_new_epoch")]:
        status, findings = await raised(alarm, name)
        assert status == 1, findings
        found = the(findings, "link", "warning", "alarm")
        assert all(it in found["seen"] for it in (name, alarm, since)), found
        assert "homeserver peer list" in found["fix"] and ALARMS[alarm] in found["fix"], found
        if alarm == list(ALARMS)[-1]:
            await alpha.command("peer", "retry", name)
            assert (await doctor(alpha))[0] == 0
    await alpha.command("peer", "retry", "silent.example")
    # What is said of a lane that stands still is not said twice.
    await alpha.query("UPDATE outbound_links SET stopped = 'for a test'")
    status, findings = await raised("stopped", beta.name)
    assert status == 2 and [it["code"] for it in findings if it["subject"] == "link"] == ["stopped"], findings


async def test_keys_that_others_can_read(homes):
    alpha = await homes.one(fast=True)
    (alpha.directory / "keys").chmod(0o755)
    status, findings = await doctor(alpha)
    assert status == 2 and "0755" in the(findings, "keys", "failure", "unusable")["seen"]


async def test_a_homeserver_that_does_not_run_and_then_a_database_that_does_not(homes):
    alpha = await homes.one(fast=True)
    await alpha.stops()
    status, findings = await doctor(alpha)
    assert status == 2 and "serve" in the(findings, "serving", "failure", "not_running")["fix"]
    the(findings, "keys", "ok", "ok")
    await alpha.query("DELETE FROM schema_migrations WHERE number = (SELECT max(number) FROM schema_migrations)")
    assert "migrate" in the((await doctor(alpha))[1], "schema", "failure", "old")["fix"]
    await alpha.postgres_stops()
    status, findings = await doctor(alpha)
    assert status == 2 and "PostgreSQL" in the(findings, "database", "failure", "unreachable")["fix"]
    the(findings, "keys", "ok", "ok")


HERE = "192.0.2.80"


@pytest.mark.skipif(missing() is not None, reason=missing() or "-")
async def test_a_public_name_is_looked_up_as_others_do(homes):
    """In a network of its own, with real names, port 443 and a system that trusts the certificates' authority."""
    settings = {"federation": {"host": "0.0.0.0", "exceptions": [f"{HERE}/32"]}}
    alpha = homes.new("alpha.test", fast=True, settings=settings)
    await alpha.made()
    authority = homes.state / "authority"
    async with Island({"alpha.test": HERE, "beta.test": HERE, "void.test": HERE}, authority) as island:
        await island.has_address(f"{HERE}/32")
        await island.inhabited_by(alpha)

        async def told(*command):
            options = ["--json", "--config", alpha.directory / "config.json"]
            _, out, _ = await island.runs(binary(), *command, *options, expect=None, within=60)
            return [json.loads(line) for line in out.splitlines()]

        try:
            await alpha.starts()
            place = f"alpha.test:{alpha.federation_port}"
            here = {"v": 1, "host": place}
            async with well_knowns(island, authority, HERE, {"alpha.test": here, "beta.test": here}):
                findings = await told("doctor")
                assert all(it["level"] == "ok" for it in findings), findings
                assert f"others find {place}" in the(findings, "discovery", "ok", "ok")["seen"]
                assert "for alpha.test" in the(findings, "certificate", "ok", "ok")["seen"]
                # Of another name that leads here the test says whose homeserver it is, and how it was found.
                findings = await told("peer", "test", "beta.test")
                assert "/.well-known/home-server says" in the(findings, "discovery", "ok", "ok")["seen"]
                the(findings, "keys", "failure", "other_server")
            elsewhere = {"v": 1, "host": "elsewhere.test"}
            async with well_knowns(island, authority, HERE, {"alpha.test": elsewhere, "beta.test": {"v": 2}}):
                last = the(await told("doctor"), "discovery", "failure", "other_delegation")
                assert "elsewhere.test:8448" in last["seen"] and place in last["seen"]
                the(await told("peer", "test", "beta.test"), "discovery", "failure", "delegation_invalid")
            assert "alpha.test:8448" in the(await told("doctor"), "discovery", "failure", "no_delegation")["seen"]
            the(await told("peer", "test", "void.test"), "connection", "failure", "refused")
        finally:
            await alpha.web.close()
            await alpha.stops()


@pytest.mark.parametrize("arguments", [["what"], ["--nonsense"]])
async def test_wrong_usage_ends_with_3(two, arguments):
    _, out, err = await two[0].command("doctor", *arguments, expect=3)
    assert not out and err
