"""What is secret stands in no log, whatever was done with it."""

import os
from pathlib import Path

from websockets.exceptions import InvalidStatus

from harness.node import befriend
from harness.person import PASSWORD


async def test_tokens_passwords_and_messages_appear_in_no_log(homes):
    home = await homes.one(log_level="trace", fast=True)
    alice, bob = await home.people("alice", "bob")
    await befriend(alice, bob)
    await alice.connects()
    await bob.connects()
    ticket = (await alice.http("POST", "/ws-ticket")).expect(200).json["ticket"]
    await alice.in_another_tab().connects(token=ticket)
    _, out, _ = await home.command("registration-token", "add")
    secret_text = "the treasure is under the third tree"
    await alice.sends(secret_text, to=bob, nonce="a-very-special-nonce")
    await bob.receives_message(secret_text, from_=alice)
    await alice.logs_in(password="a wrong pass phrase 4711")
    await home.web.call("GET", f"/api/v1/me?token={alice.token}", token=alice.token)
    await home.web.call("GET", f"/nothing/{alice.token}")
    await home.web.call("POST", "/api/v1/login", raw=b'{"password": "half a body 0815')
    try:
        await alice.connects(token="made-up-token-0815")
    except (InvalidStatus, AssertionError):
        pass
    await alice.socket.send_wrong('{"broken": "frame 0815') if alice.socket.is_open else None
    (await bob.http("POST", "/logout")).expect(204)
    await home.stops()

    log = home.log()
    assert len(log.splitlines()) > 5, "there is a log to look at"
    for secret in (
        alice.token, bob.token, ticket, out.split()[0], PASSWORD, "a wrong pass phrase 4711", secret_text,
        "half a body 0815", "made-up-token-0815", "frame 0815",
    ):  # fmt: skip
        assert secret not in log, f"{secret[:6]}… stands in the log"
    assert "token=" not in log, "query strings are never logged"
    postgres = Path(home.directory / "run" / "postgres.log").read_text(errors="replace")
    for secret in (alice.token, ticket, PASSWORD, secret_text):
        assert secret not in postgres


async def test_the_database_holds_no_tokens_and_no_passwords(homes):
    home = await homes.one(fast=True)
    alice = await home.person("alice")
    tables = await home.query("SELECT quote_ident(table_name) FROM information_schema.tables WHERE table_schema = 'public'")
    everything = "\n".join(str([await home.query(f"SELECT * FROM {table}") for (table,) in tables]).split("\\n"))
    assert alice.name in everything
    assert alice.token not in everything
    assert PASSWORD not in everything


async def test_keys_are_for_their_owner_only(homes):
    home = await homes.one(fast=True)
    for directory in ("keys", "secrets"):
        for path in [home.directory / directory, *(home.directory / directory).rglob("*")]:
            mode = os.stat(path).st_mode & 0o777
            assert mode & 0o077 == 0, f"{path} has mode {mode:o}"
    # Nobody can read a passphrase from the process list either.
    arguments = Path(f"/proc/{home.pid}/cmdline").read_bytes().split(b"\0")
    assert arguments[1:] == [b"serve", b"--config", str(home.directory / "config.json").encode(), b""]
