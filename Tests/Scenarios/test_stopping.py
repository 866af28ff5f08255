"""Starting and stopping: once, cleanly, and within seconds."""

import asyncio
import os
import signal
import time

from harness.node import befriend, binary, is_alive, run
from harness.waiting import eventually


async def test_sigterm_ends_within_five_seconds_with_two_hundred_sockets(homes):
    home = await homes.one()
    people = await asyncio.gather(*(home.person(f"p{number}") for number in range(20)))
    pairs = list(zip(people[::2], people[1::2], strict=True))
    for one, other in pairs:
        await befriend(one, other)

    async def sockets(person, count):
        return [await person.in_another_tab().connects() for _ in range(count)]

    silent, busy = [], []
    for one, other in pairs:
        silent += await sockets(one, 10)
        busy += await sockets(other, 10)
    assert (len(silent), len(busy)) == (100, 100)

    acks = 0

    async def talks(tab, partner):
        nonlocal acks
        try:
            for number in range(10_000):
                nonce = f"{id(tab)} {number}"
                await tab.socket.send("private-message", receiver_id=partner.user_id, message=nonce, nonce=nonce)
                await tab.receives("ack", nonce=nonce)
                acks += 1
        except Exception:
            pass  # the end of the socket, which is the point

    partners = {other.user_id: one for one, other in pairs}
    talking = [asyncio.create_task(talks(tab, partners[tab.user_id])) for tab in busy]
    await eventually(lambda: acks > 300, "everybody talks", within=30)

    pid = home.pid
    started = time.monotonic()
    os.kill(pid, signal.SIGTERM)
    await eventually(lambda: not is_alive(pid), "the end of the homeserver", within=5)
    took = time.monotonic() - started
    assert took < 5, took
    codes = [await tab.socket.closes() for tab in silent + busy]
    # Told to reconnect, all of them.
    assert set(codes) <= {4010, 1001}, {code: codes.count(code) for code in set(codes)}
    await asyncio.gather(*talking)
    assert home.postgres_pid, "PostgreSQL goes on"

    # Every ack was the truth.
    await home.starts()
    stored = 0
    for one, other in pairs:
        stored += (await one.history_with(other))[1]
    assert stored >= acks


async def test_a_second_sigterm_or_sigint_does_no_harm(homes):
    home = await homes.one(fast=True)
    alice = await (await home.person("alice")).connects()
    pid = home.pid
    for sent in (signal.SIGINT, signal.SIGTERM, signal.SIGINT):
        try:
            os.kill(pid, sent)
        except ProcessLookupError:
            break
    await eventually(lambda: not is_alive(pid), "the end of the homeserver", within=5)
    await alice.socket.closes()
    await home.starts()


async def test_a_second_serve_on_the_same_database_is_refused(homes):
    home = await homes.one(fast=True)
    alice = await (await home.person("alice")).connects()
    other = homes.new("alpha.localhost", fast=True)
    code, out, err = await run(
        binary(), "serve", "--config", home.directory / "config.json",
        "--client-port", other.client_port, "--federation-port", other.federation_port,
        expect=None, within=30,
    )  # fmt: skip
    assert code != 0
    assert "serv" in err and "database" in err, err
    assert "Fatal error" not in err
    await alice.socket.position()
    # Its place is free once the first one has gone, even by kill -9.
    await home.is_killed()
    await home.starts()


async def test_a_database_newer_than_the_program_is_refused(homes):
    home = await homes.one(fast=True)
    await home.stops()
    columns = await home.query(
        """SELECT table_name, column_name, data_type FROM information_schema.columns
           WHERE table_schema = 'public' AND table_name LIKE '%migration%'"""
    )
    assert columns, "there is a table of migrations"
    table = columns[0][0]
    text = next(name for _, name, kind in columns if kind == "text")
    numbers = [name for _, name, kind in columns if kind in ("integer", "bigint")]
    names, values = [text], ["'999-from-the-future'"]
    for name in numbers:
        names.append(name)
        values.append(f"(SELECT max({name}) + 1 FROM {table})")
    await home.query(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(values)})")
    for command in ("serve", "migrate"):
        code, _, err = await home.command(command, expect=None, within=30)
        assert code != 0, command
        assert "newer" in err, err
        assert "Fatal error" not in err


async def test_a_setting_that_is_wrong_is_named(homes):
    home = homes.new(fast=True)
    await home.made()
    for arguments, words in (
        (["--client-port", "70000"], ["client-port"]),
        (["--client-port", "x"], ["client-port"]),
        (["--no-such-setting", "1"], ["no-such-setting"]),
        (["--registration-mode", "sometimes"], ["registration-mode", "closed"]),
        (["--database-url", ""], ["database-url"]),
    ):
        code, _, err = await home.command("serve", *arguments, expect=None, within=30)
        assert code != 0
        for word in words:
            assert word in err or word.replace("-", ".") in err, (arguments, err)
    for name, value in (("HOME_LIMITS", "maybe"), ("HOME_CLIENT_PORT", "0")):
        code, _, err = await run(
            binary(), "serve", "--config", home.directory / "config.json", expect=None, env={name: value}, within=30
        )
        assert code != 0
        assert name in err, err


async def test_health_tells_the_truth_about_the_database(homes):
    home = await homes.one()
    alice, bob = await home.friends("alice", "bob")
    await home.postgres_is_killed()
    await eventually(lambda: is_unhealthy(home), "503 while the database is away")
    await alice.socket.send("private-message", receiver_id=bob.user_id, message="x", nonce="away")
    await home.postgres_starts()
    await home.serves()
    # Either it waited for the database, or it said `unavailable`; the same nonce does the rest.
    await alice.socket.position()
    refused = [f for f in alice.socket.frames if f["type"] == "error" and f.get("nonce") == "away"]
    assert all(f["code"] == "unavailable" for f in refused)
    if refused:
        await alice.socket.send("private-message", receiver_id=bob.user_id, message="x", nonce="away")
    await alice.receives("ack", nonce="away", within=20)
    await bob.receives_message("x", from_=alice)
    assert (await alice.history_with(bob))[1] == 1


async def is_unhealthy(home):
    return (await home.web.call("GET", "/health", within=10)).status == 503
