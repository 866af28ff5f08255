"""Network namespaces with a cable between them: where a partition is real and every address is a scenario's own. Only for root."""

import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

from .listener import Listener
from .node import run
from .waiting import eventually

SCENARIOS = Path(__file__).resolve().parent.parent


def missing():
    """Why there can be no islands here, or None."""
    if os.getuid() != 0:
        return "network namespaces need root"
    for program, package in (("ip", "iproute2"), ("nft", "nftables")):
        if not shutil.which(program):
            return f"{program} is missing (Debian: {package})"
    return None


class Island:
    """A network of its own, with loopback only at first. A homeserver that is put here (`inhabited_by`) reaches nothing else.

    `hosts`: name → address, which is all that names resolve to here. `authority`: the only one that its system trusts.
    """

    _number = 0

    def __init__(self, hosts, authority=None):
        Island._number += 1
        self.name = f"home-{os.getpid()}-{Island._number}"
        self.hosts = hosts
        self.authority = authority
        self._files = Path("/etc/netns") / self.name
        self._portals = contextlib.AsyncExitStack()

    async def __aenter__(self):
        self._files.mkdir(parents=True)
        lines = ["127.0.0.1 localhost"] + [f"{address} {name}" for name, address in self.hosts.items()]
        (self._files / "hosts").write_text("\n".join(lines) + "\n")
        (self._files / "resolv.conf").write_text("")
        if self.authority:
            certificates = self._files / "ssl" / "certs"
            certificates.mkdir(parents=True)
            shutil.copy(self.authority / "ca.crt", certificates / "ca-certificates.crt")
        await run("ip", "netns", "add", self.name)
        await self.runs("ip", "link", "set", "lo", "up")
        return self

    async def __aexit__(self, *_):
        await self._portals.aclose()
        await run("ip", "netns", "del", self.name, expect=None)
        shutil.rmtree(self._files, ignore_errors=True)

    def inside(self, *command):
        return ["ip", "netns", "exec", self.name, *command]

    async def runs(self, *command, **options):
        return await run(*self.inside(*command), **options)

    async def has_address(self, address):
        """On loopback: an address that otherwise would be somebody else's."""
        await self.runs("ip", "address", "add", address, "dev", "lo")

    async def inhabited_by(self, node):
        """Before `node.starts`: it starts here, and its clients get through to it by its usual port."""
        node.inside = self.inside()
        await self._portals.enter_async_context(Portal(self, node.client_port, node.client_port))

    async def drops(self, rule):
        """What matches, of what leaves this island, is lost without a word; until `heals`."""
        rules = f"table inet cut {{\n chain out {{\n type filter hook output priority 0\n {rule} drop\n }}\n }}"
        await self.runs("nft", "-f", "-", stdin=rules.encode())

    async def heals(self):
        await self.runs("nft", "delete", "table", "inet", "cut")


@contextlib.asynccontextmanager
async def cable(one, other, network="10.213.77"):
    """Connects two islands; the first has `network`.1, the second `network`.2."""
    await run("ip", "link", "add", "cable", "netns", one.name, "type", "veth", "peer", "name", "cable", "netns", other.name)
    for number, island in enumerate((one, other), start=1):
        await island.runs("ip", "address", "add", f"{network}.{number}/24", "dev", "cable")
        await island.runs("ip", "link", "set", "cable", "up")
    yield


class Portal(Listener):
    """A port on the outside's loopback that leads to one inside an island, by a Unix socket, which knows no namespaces."""

    def __init__(self, island, port, inner_port, address="127.0.0.1"):
        super().__init__(port)
        self.island = island
        self.target = f"{address}:{inner_port}"
        self._directory = Path(tempfile.mkdtemp(prefix="portal-"))
        self._socket = self._directory / "socket"

    async def __aenter__(self):
        command = self.island.inside(sys.executable, "-m", "harness.islands", str(self._socket), self.target)
        self._far_end = await asyncio.create_subprocess_exec(*command, cwd=SCENARIOS, stdin=asyncio.subprocess.DEVNULL)
        await eventually(self._socket.exists, "the far end of a portal")
        return await super().__aenter__()

    async def __aexit__(self, *_):
        await super().__aexit__()
        self._far_end.terminate()
        await self._far_end.wait()
        shutil.rmtree(self._directory, ignore_errors=True)

    async def _accept(self, reader, writer):
        await passes(reader, writer, asyncio.open_unix_connection(self._socket), self._tasks)


async def passes(reader, writer, connecting, tasks):
    """Passes bytes on both ways until one side ends."""
    task = asyncio.current_task()
    tasks.add(task)
    far = None
    try:
        far_reader, far = await connecting
        ways = [asyncio.create_task(pour(reader, far)), asyncio.create_task(pour(far_reader, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
    except (OSError, asyncio.CancelledError):
        pass  # also the end of the portal: asyncio complains about a cancelled handler
    finally:
        tasks.discard(task)
        for end in (writer, far):
            if end is not None:
                end.close()


async def pour(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass


async def far_end(path, target):
    address, port = target.rsplit(":", 1)
    tasks = set()
    server = await asyncio.start_unix_server(
        lambda reader, writer: passes(reader, writer, asyncio.open_connection(address, int(port)), tasks), path
    )
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(far_end(*sys.argv[1:]))
