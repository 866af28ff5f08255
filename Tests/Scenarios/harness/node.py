"""One homeserver with a PostgreSQL of its own, as real processes, made by the same parts as the demo (ops/lib/node)."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
from pathlib import Path

import aiohttp
import psycopg

from .person import Person
from .ports import ports
from .recorder import ROOT
from .waiting import eventually
from .web import Web

OPS = ROOT / "ops" / "lib" / "node"
ALL = []


def binary():
    return os.environ.get("HOME_BINARY") or str(ROOT / ".build" / "debug" / "homeserver")


class CommandFailed(AssertionError):
    """A program that a scenario ran ended with another exit code than it should."""


async def run(*command, within=120.0, expect=0, stdin=None, env=None):
    """Runs a program to its end; returns (exit code, standard output, standard error)."""
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        stdin=asyncio.subprocess.PIPE if stdin is not None else asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "HOME_BINARY": binary(), **(env or {})},
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(stdin), within)
    except TimeoutError:
        process.kill()
        out, err = await process.communicate()
        raise CommandFailed(f"{' '.join(map(str, command))} took over {within:g} s: {err.decode()}") from None
    if expect is not None and process.returncode != expect:
        raise CommandFailed(
            f"{' '.join(map(str, command))} ended {process.returncode}, not {expect}: {out.decode()}{err.decode()}"
        )
    return process.returncode, out.decode(), err.decode()


class Node:
    """A homeserver: what it is and where, and what happens to it.

    `options` are those of `ops/lib/node init`; `settings` overrides parts of its configuration file.
    """

    def __init__(self, directory, name, settings=None, **options):
        self.directory = Path(directory)
        self.name = name
        self.settings = settings or {}
        self.options = {"registration": "open", "limits": "off", **options}
        self.client_port = ports.one()
        self.federation_port = ports.one()
        self.url = f"http://127.0.0.1:{self.client_port}"
        self.ws_url = f"ws://127.0.0.1:{self.client_port}"
        # Names under localhost are loopback for the homeserver; a certificate has both names.
        self.federation_url = f"https://{name}:{self.federation_port}"
        self.web = Web(self.url)
        self.about = {}
        # What its start is prefixed with: an island's `inside`.
        self.inside = []
        self._names = {}
        self._registering = asyncio.Semaphore(4)
        ALL.append(self)

    def __repr__(self):
        return self.name

    # Life and death

    async def made(self, peers=()):
        """Makes it, with PostgreSQL running. `peers`: nodes, or (name, url) pairs."""
        command = [OPS, "init", self.directory, "--name", self.name, "--binary", binary(), "--throw-away-keys"]
        command += ["--client-port", self.client_port, "--federation-port", self.federation_port]
        for option, value in self.options.items():
            if value is not False:
                command += [f"--{option.replace('_', '-')}"] + ([] if value is True else [value])
        for peer in peers:
            name, url = (peer.name, peer.federation_url) if isinstance(peer, Node) else peer
            command += ["--peer", f"{name}={url}"]
        await run(*command)
        if self.settings:
            path = self.directory / "config.json"
            path.write_text(json.dumps(merged(json.loads(path.read_text()), self.settings), indent=2))
        self.about = json.loads((await run(OPS, "describe", self.directory))[1])
        return self

    async def starts(self, environment=None):
        await run(*self.inside, OPS, "start", self.directory, env=environment)
        return self

    async def stops(self):
        """SIGTERM, and waits for its end."""
        await run(OPS, "stop", self.directory)

    async def restarts(self, **settings):
        await self.stops()
        self.settings = merged(self.settings, settings)
        path = self.directory / "config.json"
        path.write_text(json.dumps(merged(json.loads(path.read_text()), self.settings), indent=2))
        await self.starts()

    @property
    def pid(self):
        """The running homeserver's process, or None."""
        return self._living(self.directory / "homeserver.pid")

    @property
    def postgres_pid(self):
        return self._living(self.directory / "postgres" / "postmaster.pid")

    @staticmethod
    def _living(path):
        try:
            pid = int(path.read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return None
        return pid if is_alive(pid) else None

    async def is_killed(self):
        """kill -9 of the homeserver, wherever it is in its work."""
        await self._kill(self.pid, "the homeserver")

    async def postgres_is_killed(self):
        """kill -9 of the postmaster and so, in a moment, of PostgreSQL."""
        await self._kill(self.postgres_pid, "PostgreSQL")

    async def _kill(self, pid, what):
        assert pid, f"{what} of {self} does not run"
        os.kill(pid, signal.SIGKILL)
        await eventually(lambda: not is_alive(pid), f"{what} of {self} is dead")

    async def postgres_starts(self):
        await run(OPS, "start-postgres", self.directory)

    async def postgres_stops(self, immediate=False):
        await run(OPS, "stop-postgres", self.directory, *(["--immediate"] if immediate else []))

    async def is_healthy(self):
        try:
            return (await self.web.call("GET", "/health", within=5)).status == 200
        except (OSError, aiohttp.ClientError, TimeoutError):
            return False

    async def serves(self, within=30.0):
        """Waits until `/health` says that it can serve."""
        await eventually(self.is_healthy, f"{self} is healthy", within)

    # The operator's hands

    async def command(self, *arguments, expect=0, stdin=None, within=60.0):
        """A command of the homeserver program with this node's configuration; returns (code, output, errors)."""
        return await run(
            binary(), *arguments, "--config", self.directory / "config.json", expect=expect, stdin=stdin, within=within
        )

    def log(self):
        try:
            return (self.directory / "homeserver.log").read_text(errors="replace")
        except OSError:
            return ""

    @contextlib.asynccontextmanager
    async def database(self):
        """A look past the API: for what has no API yet, and for sabotage."""
        connection = await psycopg.AsyncConnection.connect(
            self.about["database_url"].replace("postgresql://home@", "postgresql://postgres@"), autocommit=True
        )
        async with connection:
            yield connection

    async def query(self, sql, *values):
        async with self.database() as connection:
            cursor = await connection.execute(sql, values or None)
            return await cursor.fetchall() if cursor.description else []

    # Its people

    async def person(self, name="alice"):
        """A new account, signed in. A name that is taken gets a number."""
        self._names[name] = self._names.get(name, 0) + 1
        number = self._names[name]
        person = Person(self, name if number == 1 else f"{name}.{number}")
        async with self._registering:  # hashing has a bounded queue
            (await person.registers()).expect(201)
        return person

    async def people(self, *names):
        return [await self.person(name) for name in names]

    async def friends(self, *names):
        """New accounts that are all friends with each other, connected."""
        people = await self.people(*names)
        for index, one in enumerate(people):
            for other in people[:index]:
                await befriend(one, other)
        for one in people:
            await one.connects()
        return people

    async def community(self, *names, name="Gardeners"):
        """A community that the first of these new people has founded and the others are in; all are connected."""
        people = await self.people(*names)
        community = await people[0].founds(name)
        # One after another: their order is the order of joining.
        code = await people[0].makes_link(community) if people[1:] else None
        for one in people[1:]:
            await one.joins(community, code)
        for one in people:
            await one.connects()
        return community, *people

    async def ends(self):
        """Everything of it, for good."""
        await self.web.close()
        self.end_processes()

    def end_processes(self):
        """Plain and synchronous, so that it also works while Python is being ended."""
        if self in ALL:
            ALL.remove(self)
        subprocess.run([OPS, "destroy", self.directory], stdin=subprocess.DEVNULL, capture_output=True, timeout=60)


def end_all():
    for node in list(ALL):
        node.end_processes()


def merged(base, over):
    """`over` on top of `base`, object by object."""
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    return {**base, **{key: merged(base.get(key), value) for key, value in over.items()}}


def is_alive(pid):
    """Also while threads of it are still to end: until then its ports are not free."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return False
    state, threads = fields[0], int(fields[17])
    return state not in "ZX" or threads > 1


async def befriend(one, other):
    """one asks, other accepts, both know it; wherever they live."""
    await one.asks(other)
    request = await eventually(lambda: incoming(other, one), f"{other} sees the request of {one}", within=20)
    await other.accepts(request)
    await eventually(lambda: are_friends(one, other), f"{one} and {other} are friends", within=20)


async def incoming(person, other):
    answer = (await person.http("GET", "/friend-requests")).expect(200).json
    for it in answer["friend_requests"]:
        if it["user_id"] == other.user_id and it["direction"] == "incoming":
            return it["request_id"]
    return None


async def are_friends(one, other):
    return other.user_id in await one.friends() and one.user_id in await other.friends()
