"""ops/demo: what it tells outside programs is true, and it leaves nothing behind, whatever died before."""

import asyncio
import json
import os
import shutil
import signal
import ssl
import tempfile
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import psycopg
import pytest_asyncio

from harness.node import binary, is_alive
from harness.person import Person
from harness.ports import is_free, ports
from harness.recorder import ROOT
from harness.waiting import eventually
from harness.web import Web


class Demo:
    """A running ops/demo; `about` is the JSON that it wrote."""

    def __init__(self, state):
        self.directory = Path(tempfile.mkdtemp(prefix="demo-", dir=state))
        os.chmod(self.directory, 0o755)
        self.base = ports.block(4)
        self.about = None

    async def starts(self, *options):
        told = self.directory / "told.json"
        told.unlink(missing_ok=True)
        # A suite that runs in the background ignores SIGINT, and no shell can trap what it was born to ignore.
        self.process = await asyncio.create_subprocess_exec(
            "env", "--default-signal=INT", ROOT / "ops" / "demo", "--dir", self.directory / "state", "--ports", str(self.base),
            "--describe", told, "--binary", binary(), *options,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=open(self.directory / "said", "wb"),
            stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        await eventually(lambda: told.exists() or self.process.returncode is not None, "the demo is up", within=120)
        assert self.process.returncode is None, self.said()
        self.about = json.loads(told.read_text())
        return self

    def said(self):
        return (self.directory / "said").read_text()

    async def stops(self, signal_number=signal.SIGTERM):
        self.process.send_signal(signal_number)
        return await asyncio.wait_for(self.process.wait(), 90)

    def processes(self):
        return [home[key] for home in self.about["homeservers"] for key in ("pid", "postgres_pid")]

    def person(self, user_id):
        """Somebody of the accounts; the names of the addresses may not resolve here, loopback does."""
        name, server = user_id.split("@")
        home = next(home for home in self.about["homeservers"] if home["name"] == server)
        url = f"http://127.0.0.1:{urlsplit(home['url']).port}"
        node = SimpleNamespace(name=server, url=url, ws_url=url.replace("http", "ws"), web=Web(url))
        password = next(it["password"] for it in self.about["accounts"] if it["user_id"] == user_id)
        return Person(node, name, password)


@pytest_asyncio.fixture
async def demo(state):
    demo = Demo(state)
    yield demo
    if demo.process.returncode is None:
        await demo.stops(signal.SIGTERM)
    shutil.rmtree(demo.directory, ignore_errors=True)


async def test_what_the_demo_says_is_true(demo):
    await demo.starts()
    assert set(demo.about) == {"homeservers", "accounts"}
    assert [home["name"] for home in demo.about["homeservers"]] == ["hs1.localhost", "hs2.localhost"]
    for home in demo.about["homeservers"]:
        assert set(home) == {"name", "url", "federation_url", "database_url", "ca_file", "pid", "postgres_pid"}
        assert is_alive(home["pid"]) and is_alive(home["postgres_pid"])
        async with await psycopg.AsyncConnection.connect(home["database_url"]) as connection:
            for setting in ("fsync", "synchronous_commit"):
                cursor = await connection.execute(f"SHOW {setting}")
                assert (await cursor.fetchone())[0] == "on", setting
        trusting = ssl.create_default_context(cafile=home["ca_file"])
        _, writer = await asyncio.open_connection(
            "127.0.0.1", urlsplit(home["federation_url"]).port, ssl=trusting, server_hostname=home["name"]
        )
        writer.close()

    alice, bob = demo.person("alice@hs1.localhost"), demo.person("bob@hs2.localhost")
    for person in (alice, bob):
        (await person.logs_in()).expect(200)
        await person.connects()
    assert await alice.friends() == {"carol@hs1.localhost", "bob@hs2.localhost"}
    assert await bob.friends() == {"dave@hs2.localhost", "alice@hs1.localhost"}
    await alice.sends("hello over there", to=bob)
    await bob.receives_message("hello over there", from_=alice)
    await alice.receives("delivery", state="delivered")

    assert await demo.stops(signal.SIGINT) == 130
    assert not [pid for pid in demo.processes() if is_alive(pid)]
    assert all(is_free(demo.base + i) for i in range(4))


async def test_many_accounts_are_friends_in_pairs_and_with_their_namesakes(demo):
    await demo.starts("--accounts", "100", "--limits", "off")
    assert len(demo.about["accounts"]) == 200
    assert len({it["password"] for it in demo.about["accounts"]}) == 1
    person = demo.person("user00003@hs2.localhost")
    (await person.logs_in()).expect(200)
    assert await person.friends() == {"user00004@hs2.localhost", "user00003@hs1.localhost"}


async def test_it_stops_all_that_is_left_after_a_kill_9_and_goes_on_from_there(demo):
    await demo.starts()
    one, two = demo.about["homeservers"]
    os.kill(one["pid"], signal.SIGKILL)
    os.kill(two["postgres_pid"], signal.SIGKILL)
    await eventually(lambda: not is_alive(one["pid"]) and not is_alive(two["postgres_pid"]), "both are dead")
    assert await demo.stops() == 143
    assert not [pid for pid in demo.processes() if is_alive(pid)]

    await demo.starts()
    alice = demo.person("alice@hs1.localhost")
    (await alice.logs_in()).expect(200)
    assert "bob@hs2.localhost" in await alice.friends()
