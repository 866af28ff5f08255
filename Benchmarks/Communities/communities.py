"""What large communities cost: coming into one of 10,000 members and 100 channels, and `ready` for somebody who is in 100 communities.

Run by `ops/bench --cases communities`, in the environment of the scenarios. The other members are written into the database
before the homeserver looks at it: how they came costs it nothing afterwards.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "Tests" / "Scenarios"), str(ROOT / "Benchmarks" / "Links")]

from figures import processor_seconds, resident, shares  # noqa: E402
from harness.homes import Homes  # noqa: E402
from harness.node import end_all  # noqa: E402

MEMBERS = 10_000
CHANNELS = 100
COMMUNITIES = 100
CHANNELS_EACH = 10

FILL = [
    """
    INSERT INTO users (address, created_at)
    SELECT 'member' || i || '@' || (SELECT name FROM homeserver), now() FROM generate_series(1, %s) i
    """,
    """
    INSERT INTO accounts (key, password_hash, created_at)
    SELECT key, 'x', now() FROM users WHERE address LIKE 'member%%'
    """,
    """
    INSERT INTO community_members (community, member, joined_at)
    SELECT c.key, u.key, now() FROM communities c, users u WHERE c.name = 'Large' AND u.address LIKE 'member%%'
    """,
    """
    INSERT INTO channel_markers (owner, conversation, read_seq)
    SELECT m.member, h.conversation, 0
    FROM communities c
    JOIN community_members m ON m.community = c.key JOIN community_channels h ON h.community = c.key
    WHERE c.name = 'Large'
    ON CONFLICT DO NOTHING
    """,
]


async def makes(person, name, channels):
    """A community with so many channels; its id, and the code of a link to it."""
    made = (await person.http("POST", "/servers", json={"name": name})).expect(201).json
    path = f"/servers/{made['server_id']}"
    for number in range(channels - 1):
        (await person.http("POST", path + "/channels", json={"name": f"channel {number}"})).expect(201)
    link = (await person.http("POST", path + "/invite-links", json={})).expect(201).json
    return made["server_id"], link["code"]


async def large_communities(homes, rounds):
    home = await homes.one("alpha.localhost", log_level="warning")
    alice = await home.person("alice")
    community, code = await makes(alice, "Large", CHANNELS)
    for number, statement in enumerate(FILL):
        await home.query(statement, *([MEMBERS] if number == 0 else []))
    await home.query("ANALYZE")
    await home.restarts()
    before = resident(home.pid)
    await came_in(home, community, code, rounds)
    print(f"memory: {before:.0f} MiB before, {resident(home.pid):.0f} with the community in it\n", flush=True)
    await many_communities(home, rounds)
    await home.ends()


async def came_in(home, community, code, rounds):
    people = await home.people(*(f"newcomer{number}" for number in range(rounds + 1)))
    times = {"first": [], "join": [], "view": [], "members": []}
    cost = processor_seconds(home.pid)
    for number, person in enumerate(people):
        began = time.monotonic()
        (await person.http("POST", f"/invite-links/{code}/join")).expect(200)
        times["join" if number else "first"].append(time.monotonic() - began)
        began = time.monotonic()
        view = (await person.http("GET", f"/servers/{community}")).expect(200)
        times["view"].append(time.monotonic() - began)
        began = time.monotonic()
        (await person.http("GET", f"/servers/{community}/members?limit=100")).expect(200)
        times["members"].append(time.monotonic() - began)
    cost = (processor_seconds(home.pid) - cost) / len(people)
    assert view.json["member_count"] == MEMBERS + 1 + len(people)
    assert len(view.json["channels"]) == CHANNELS
    print(f"a community of {MEMBERS:,} members and {CHANNELS} channels, {len(people)} people come in, one after the other", flush=True)
    print(f"the first join, which loads the community: {times['first'][0] * 1000:.0f} ms", flush=True)
    for what in ("join", "view", "members"):
        print("{}: {:.1f} ms median, {:.1f} slowest of {}".format(what, *shares(times[what]), len(times[what])), flush=True)
    print(f"the homeserver's CPU for the three together: {cost * 1000:.1f} ms; the view is {len(json.dumps(view.json)):,} bytes\n", flush=True)


async def many_communities(home, rounds):
    owner, reader = await home.people("owner", "reader")
    await owner.connects()
    for number in range(COMMUNITIES):
        community, code = await makes(owner, f"Community {number}", CHANNELS_EACH)
        (await reader.http("POST", f"/invite-links/{code}/join")).expect(200)
        view = (await reader.http("GET", f"/servers/{community}")).expect(200).json
        for channel in view["channels"][: CHANNELS_EACH // 2]:
            await owner.socket.send("channel-message", channel_id=channel["channel_id"], message="hello", nonce=channel["channel_id"])
            await owner.socket.receives("ack", nonce=channel["channel_id"])
        owner.socket.forgets()
    await home.restarts()
    times, sizes = [], []
    for _ in range(rounds + 1):
        began = time.monotonic()
        await reader.connects()
        times.append(time.monotonic() - began)
        sizes.append(len(json.dumps(reader.ready, ensure_ascii=False, separators=(",", ":")).encode()))
        reader.socket.cut()
    assert len(reader.ready["servers"]) == COMMUNITIES
    assert len(reader.ready["channels"]) == COMMUNITIES * CHANNELS_EACH
    print(f"ready of somebody in {COMMUNITIES} communities of {CHANNELS_EACH} channels, half of them with something new", flush=True)
    print("first after a start: {:.0f} ms; then {:.1f} ms median, {:.1f} slowest of {}".format(times[0] * 1000, *shares(times[1:]), rounds), flush=True)
    print(f"{max(sizes):,} bytes (200,000 wanted)", flush=True)
    assert max(sizes) <= 200_000


async def measured(options):
    with tempfile.TemporaryDirectory(prefix="home-bench-") as directory:
        state = Path(directory)
        state.chmod(0o755)
        try:
            await large_communities(Homes(state), options.rounds)
            print(f"\nload average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
        finally:
            # Also of one that was not finished.
            end_all()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=20)
    # So that its end by `kill`, too, is the homeserver's and PostgreSQL's.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    asyncio.run(measured(parser.parse_args()))


if __name__ == "__main__":
    main()
