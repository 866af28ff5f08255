"""homeserver config: what is in force and whence, without secrets, and what is dangerous."""

import json

import pytest

from harness.node import binary, run


@pytest.fixture
async def made(homes):
    home = homes.new(fast=True)
    return await home.made()


def written(home, change):
    """The node's configuration after `change`, in a file of its own beside it."""
    path = home.directory / "changed.json"
    config = json.loads((home.directory / "config.json").read_text())
    change(config)
    path.write_text(json.dumps(config))
    path.chmod(0o600)
    return path


def harmless(config):
    config["registration"] = {"mode": "closed"}
    config["limits"] = "on"
    config["federation"].pop("exceptions")


async def check(config, *arguments, env=None, expect=0):
    return await run(binary(), "config", "check", "--config", config, *arguments, env=env, expect=expect)


async def test_it_says_what_holds_and_where_it_comes_from(made):
    config = written(made, harmless)
    _, out, err = await check(config, "--client-port", "9000", env={"HOME_LOG_LEVEL": "warning"})
    lines = out.splitlines()
    assert "name = alpha.localhost (file)" in lines
    assert "client.port = 9000 (--client-port)" in lines
    assert "log.level = warning (HOME_LOG_LEVEL)" in lines
    assert "metrics.port = 0 (default)" in lines
    assert f"keys.directory = {made.directory}/keys (file)" in lines
    assert err == ""
    _, out, _ = await check(config, "--json")
    settings = {it["key"]: it for it in json.loads(out)["settings"]}
    assert settings["client.port"] == {"key": "client.port", "value": str(made.client_port), "from": "file"}
    assert json.loads(out)["warnings"] == []


async def test_in_mode_closed_the_certificate_for_peers_is_nobodys_business(homes):
    """`config check` did not open it, and `serve` did and ended."""
    home = homes.new(fast=True, settings={"federation": {"mode": "closed"}})
    await home.made()
    for file in (home.directory / "tls").iterdir():
        file.write_text("no certificate\n")
    _, _, err = await check(home.directory / "config.json", expect=1)  # as scenarios run it is dangerous
    assert "federation.tls" not in err
    await home.starts()
    await home.person("alice")
    code, _, err = await check(home.directory / "config.json", "--federation-mode", "open", expect=None)
    assert code == 3 and "federation.tls.certificate" in err


async def test_a_password_is_shown_to_nobody_who_does_not_ask_for_it_by_name(made):
    url = "postgresql://home:hunter2@127.0.0.1:1/home?sslpassword=hunter2"

    def change(config):
        harmless(config)
        config["database"]["url"] = url

    config = written(made, change)
    for arguments in ([], ["--json"]):
        _, out, err = await check(config, *arguments)
        assert "hunter2" not in out + err
        assert "password=(not shown)" in out and "host=127.0.0.1" in out
    assert (await run(binary(), "config", "get", "database.url", "--config", config))[1] == url + "\n"
    config.chmod(0o644)
    code, _, err = await check(config, expect=None)
    assert code == 1 and "others may read" in err and "hunter2" not in err
    _, out, _ = await run(binary(), "database", "service", "--config", config)
    assert "password=hunter2" in out.splitlines()


async def test_what_is_dangerous_is_a_warning_and_one(made):
    # As the scenarios run it: open, without limits, with loopback exceptions.
    code, out, err = await check(made.directory / "config.json", "--client-host", "0.0.0.0", expect=None)
    assert code == 1
    for words in ("registration.mode is open", "limits are off", "client.host is 0.0.0.0", "federation.exceptions has"):
        assert f"warning: {words}" in err, err
    assert "client.host = 0.0.0.0 (--client-host)" in out
    _, out, err = await check(made.directory / "config.json", "--json", expect=1)
    assert len(json.loads(out)["warnings"]) == 3 and err == ""


async def test_what_serve_would_refuse_is_refused(made):
    config = written(made, harmless)
    for arguments, words in (
        (["--client-port", "x"], "client.port"),
        (["--client-prot", "1"], "--client-prot"),
        (["--metrics-port", "70000"], "metrics.port must be a whole number from 0 to 65535"),
        (["--web-directory", "/nonexistent"], "web.directory"),
        (["--federation-tls-certificate", "/nonexistent"], "federation.tls.certificate"),
        (["--client-tls-certificate", str(config), "--client-tls-key", str(config)], "client.tls.certificate"),
        (["--federation-exceptions", "10.0.0.0/99"], "federation.exceptions"),
        (["surplus"], "surplus"),
    ):
        code, out, err = await check(config, *arguments, expect=None)
        assert code == 3, (arguments, code, err)
        assert words in err and out == "", (arguments, out, err)
    code, _, err = await check(made.directory / "none.json", expect=None)
    assert code == 3 and "none.json" in err
    for command in (["get", "no.such"], ["get"], ["gte", "name"]):
        code, _, err = await run(binary(), "config", *command, "--config", config, expect=None)
        assert code == 3, (command, err)
