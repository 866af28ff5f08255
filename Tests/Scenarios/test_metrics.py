"""What an operator sees from outside: metrics, and lines of the log that name the request or the connection."""

import asyncio
import json
import re
import time

import pytest

from harness.metrics import scrape
from harness.node import befriend
from harness.ports import ports
from harness.waiting import eventually
from harness.web import Web


async def watched(homes, name="alpha.localhost", peers=(), **options):
    """A homeserver with a metrics listener."""
    node = homes.new(name, **options)
    port = ports.one()
    node.settings = {**node.settings, "metrics": {"port": port}}
    node.metrics = Web(f"http://127.0.0.1:{port}", is_recorded=False)
    await node.made(peers)
    return node


@pytest.fixture
async def watched_home(homes):
    node = await (await watched(homes, fast=True)).starts()
    yield node
    await node.metrics.close()


async def test_a_scrape_shows_sockets_commands_and_the_way_to_the_database(watched_home):
    alice, bob = await watched_home.friends("alice", "bob")
    before = await scrape(watched_home)
    for number in range(20):
        await alice.sends(f"message {number}", to=bob)
    await alice.socket.send_wrong('{"type": "no-such-type", "nonce": "x"}')
    await alice.receives("error", nonce="x")
    after = await scrape(watched_home)

    def grown(*key):
        return (after[key] or 0) - (before[key] or 0)

    assert after["home_ready"] == 1
    assert after["home_sockets"] == 2 and after["home_streams"] == 2
    assert grown("home_commands_total", "type", "private-message") == 20
    assert grown("home_commands_total", "type", "unknown") == 1
    assert grown("home_command_refusals_total", "code", "unknown_type") == 1
    assert grown("home_ack_seconds_count") == 20
    assert 0 < grown("home_ack_seconds_sum") < 20
    assert grown("home_writer_batch_units_sum") >= 20
    assert grown("home_writer_batch_seconds_count") == grown("home_writer_batch_units_count") >= 1
    assert grown("home_writer_wait_seconds_count") == grown("home_writer_batch_units_count")
    assert after["home_writer_waiting"] == 0
    for application in ("homeserver", "homeserver writer"):
        assert after["home_database_round_trip_seconds_count", "application", application] > 0
        assert after["home_database_waiters", "application", application] == 0
        assert after["home_database_reconnects_total", "application", application] == 0
        assert after["home_database_statements_total", "application", application] > 0
    assert after["home_http_requests_total", "route", "/api/v1/register", "method", "POST", "status", "201"] == 2
    assert after["process_resident_memory_bytes"] > 1 << 20
    assert after["process_open_fds"] < after["process_max_fds"]
    # The Writer's two round trips a batch, and no lane because there is no peer.
    assert grown("home_database_round_trip_seconds_count", "application", "homeserver writer") >= 2
    assert after.of("home_peer_waiting_events") == {}


async def test_a_message_counts_from_its_arrival_when_commits_are_slow(watched_home):
    """Not from its turn, nor from whatever came last; and only what has an ack to wait for."""
    alice, bob = await watched_home.friends("alice", "bob")
    message = {"receiver_id": bob.user_id, "message": "hello"}
    before = await scrape(watched_home)
    async with watched_home.database() as connection:
        await connection.set_autocommit(False)
        await connection.execute("LOCK TABLE messages IN SHARE MODE")

        async def is_held_up():
            return await watched_home.query("SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'")

        await alice.socket.send("private-message", nonce="first", **message)
        await eventually(is_held_up, "the first is being committed", pause=0.005)
        await alice.socket.send("private-message", nonce="second", **message)
        await alice.socket.has_arrived()
        arrived = time.monotonic()
        await asyncio.sleep(0.8)
        # Behind it one without a nonce, one that is refused, and a ping.
        await alice.socket.send("private-message", **message)
        await alice.socket.send("private-message", nonce="refused", receiver_id="nobody@alpha.localhost", message="?")
        await alice.socket.has_arrived()
        waited = time.monotonic() - arrived
        await connection.rollback()
    for nonce in ("first", "second"):
        await alice.receives("ack", nonce=nonce)
    await alice.receives("error", nonce="refused")
    after = await scrape(watched_home)
    assert after["home_ack_seconds_count"] - before["home_ack_seconds_count"] == 2
    assert after["home_ack_seconds_sum"] - before["home_ack_seconds_sum"] >= 2 * waited


async def test_a_scrape_shows_how_long_keys_and_certificates_last(watched_home):
    status = json.loads((await watched_home.command("keys", "status", "--json"))[1])
    shown = json.loads((await watched_home.command("certificates", "show", "--json"))[1].splitlines()[0])

    async def gauges():
        it = await scrape(watched_home)
        return it if it["home_certificate_days_left", "listener", "federation"] is not None else None

    now = await eventually(gauges, "the certificate was looked at")
    assert now["home_keys_days_left", "kind", "keyset"] == status["keyset"]["days_left"]
    assert now["home_keys_days_left", "kind", "online"] == status["key"]["days_left"]
    assert now["home_certificate_days_left", "listener", "federation"] == shown["days_left"]


async def test_every_family_says_what_it_is_and_histograms_add_up(watched_home):
    alice, bob = await watched_home.friends("alice", "bob")
    await alice.sends("x", to=bob)
    metrics = await scrape(watched_home)
    assert set(metrics.help) == set(metrics.type)
    for name, kind in metrics.type.items():
        assert kind in ("counter", "gauge", "histogram")
        if kind != "histogram":
            continue
        series = {}
        for labels, value in metrics.of(f"{name}_bucket").items():
            series.setdefault(labels[:-2], []).append((float(labels[-1].replace("+Inf", "inf")), value))
        assert series, name
        for labels, buckets in series.items():
            assert buckets == sorted(buckets), f"{name}: the buckets must rise"
            assert buckets[-1][0] == float("inf")
            assert buckets[-1][1] == metrics[(f"{name}_count", *labels)]


async def test_what_somebody_asks_for_makes_no_series(watched_home):
    web = Web(watched_home.url, is_recorded=False)
    for number in range(30):
        (await web.call("GET", f"/no/such/{number}")).expect(404)
    for method in ("PURGE", "LOCK", "MKCOL", "TRACE"):
        (await web.call(method, "/api/v1/limits")).expect(405)
    await web.close()
    routes = (await scrape(watched_home)).of("home_http_requests_total")
    assert len(routes) < 10, routes
    assert routes.get(("route", "none", "method", "any", "status", "404")) == 30, routes
    assert routes["route", "none", "method", "any", "status", "405"] == 4


async def test_the_listener_has_metrics_and_nothing_else(watched_home):
    metrics = watched_home.metrics
    (await metrics.call("GET", "/")).expect(404)
    (await metrics.call("GET", "/health")).expect(404)
    refused = (await metrics.call("POST", "/metrics", raw=b"x" * 100_000)).expect(405)
    assert refused.headers["Allow"] == "GET, HEAD"
    assert (await metrics.call("GET", "/metrics", headers={"X-Long": "x" * 10_000})).status >= 400
    assert (await metrics.call("HEAD", "/metrics")).expect(200).body == b""
    # And the clients' listener has everything else.
    (await watched_home.web.call("GET", "/metrics")).expect(404)


async def test_forty_scrapes_at_once_are_all_answered(watched_home):
    scrapes = await asyncio.gather(*(scrape(watched_home) for _ in range(40)))
    assert all(it["home_ready"] == 1 for it in scrapes)


async def test_a_taken_port_is_named(watched_home, homes):
    port = watched_home.settings["metrics"]["port"]
    other = await watched(homes, "beta.localhost", fast=True)
    code, _, err = await other.command("serve", "--metrics-port", str(port), expect=None, within=30)
    assert code == 2
    assert f"127.0.0.1:{port} for Prometheus" in err, err
    await other.metrics.close()


async def test_while_the_database_is_away_a_scrape_says_so(homes):
    home = await (await watched(homes)).starts()
    assert (await scrape(home))["home_ready"] == 1
    await home.postgres_is_killed()

    async def is_not_ready():
        return (await scrape(home))["home_ready"] == 0

    await eventually(is_not_ready, "a scrape that says so")
    lost = (await scrape(home)).of("home_database_reconnects_total")
    assert all(count > 0 for count in lost.values()), lost
    await home.postgres_starts()

    async def is_ready():
        return (await scrape(home))["home_ready"] == 1

    await eventually(is_ready, "a scrape that says so", within=20)
    await home.metrics.close()


async def test_a_peer_that_is_away_is_seen_by_what_waits_for_it(homes):
    alpha = homes.new("alpha.localhost")
    beta = homes.new("beta.localhost")
    port = ports.one()
    alpha.settings = {"metrics": {"port": port}}
    alpha.metrics = Web(f"http://127.0.0.1:{port}", is_recorded=False)
    await alpha.made([beta])
    await beta.made([alpha])
    await alpha.starts()
    await beta.starts()
    alice, bob = await alpha.person("alice"), await beta.person("bob")
    await befriend(alice, bob)
    await alice.connects()
    peer = ("peer", beta.name)

    async def settled():
        return (await scrape(alpha))["home_peer_waiting_events", *peer] == 0

    await eventually(settled, "nothing waits")
    acknowledged = (await scrape(alpha))["home_peer_acknowledged_events_total", *peer]
    assert acknowledged >= 1
    await beta.is_killed()
    for number in range(5):
        await alice.sends(f"message {number}", to=bob)

    async def is_behind():
        metrics = await scrape(alpha)
        return (
            metrics["home_peer_waiting_events", *peer] == 5
            and metrics["home_peer_oldest_seconds", *peer] > 0
            and metrics["home_peer_failed_attempts", *peer] > 0
            and metrics["home_peer_failures_total", *peer, "reason", "connection"]
        )

    await eventually(is_behind, "five wait, tries fail")
    await beta.starts()
    await eventually(settled, "nothing waits any more", within=30)
    metrics = await scrape(alpha)
    assert metrics["home_peer_acknowledged_events_total", *peer] == acknowledged + 5
    assert metrics["home_peer_oldest_seconds", *peer] == 0
    assert metrics["home_peer_stopped", *peer] == 0
    assert metrics["home_federation_requests_total", "code", "ok"] >= 1
    await alpha.metrics.close()


def lines_of(home):
    """The log in JSON, from the homeserver's own lines."""
    return [json.loads(line) for line in home.log().splitlines() if line.startswith("{")]


async def test_the_log_names_requests_and_connections_and_no_secrets(homes):
    home = homes.new(fast=True)
    home.settings = {"log": {"level": "debug", "format": "json"}}
    await home.made()
    await home.starts()
    alice = await home.person("alice")
    answer = (await alice.http("GET", "/friends")).expect(200)
    request = answer.headers["X-Request-ID"]
    assert re.fullmatch(r"[0-9a-f]{16,32}", request), request
    # Two requests of one connection are two, and what a client says is ignored.
    again = await home.web.call("GET", "/health?secret=yes", headers={"X-Request-ID": "mine"})
    assert again.headers["X-Request-ID"] not in (request, "mine")
    refused = await home.web.call("GET", "/no/such/path")
    assert refused.headers["X-Request-ID"]

    def of(request):
        return [line for line in lines_of(home) if line.get("request") == request]

    [line] = await eventually(lambda: of(request), "a line of that request")
    assert (line["route"], line["method"], line["status"]) == ("/api/v1/friends", "GET", "200")
    [line] = await eventually(lambda: of(again.headers["X-Request-ID"]), "a line of that request")
    assert line["route"] == "/health"

    await alice.connects()
    session = alice.ready["session_id"]
    await alice.socket.send("bye")
    await alice.socket.closes()

    def said():
        lines = lines_of(home)
        names = [line["connection"] for line in lines if line.get("session") == session]
        return names and [line["message"] for line in lines if line.get("connection") == names[0]]

    await eventually(lambda: "a socket is gone" in (said() or []), "the end of the socket")
    assert said() == ["a socket was opened", "a session goes on in a socket", "a socket is closed", "a socket is gone"]
    assert alice.token not in home.log()
    assert "secret=yes" not in home.log() and "token=" not in home.log() and alice.password not in home.log()
