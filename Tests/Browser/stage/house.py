"""Two federated homeservers that serve the web client, each with doors: proxies that can be cut and stalled without the others."""

import contextlib
import tempfile
from pathlib import Path

from harness.node import Node, run
from harness.ports import ports
from harness.proxy import Proxy
from harness.recorder import ROOT

DOORS = 4
CLIENT = ROOT / "Sources" / "WebClient" / "Client"


class House(Node):
    """A homeserver whose pages are opened through one of its doors. Its name is one under localhost, which a browser takes for secure."""

    def __init__(self, directory, name, **options):
        self.door_ports = [ports.one() for _ in range(DOORS)]
        origins = [f"http://{name}:{port}" for port in self.door_ports]
        # The client as it stands in the sources: what a test shows is what one sees there.
        self.emoji = Path(directory) / "emoji.json"
        settings = {"client": {"origins": origins}, "web": {"directory": str(CLIENT), "emoji": str(self.emoji)}}
        super().__init__(directory, name, settings=settings, **options)
        self.doors = []
        self._next = 0

    async def made(self, peers=()):
        await super().made(peers)
        await run(ROOT / "ops" / "lib" / "emoji", self.emoji)
        return self

    async def opens(self):
        """Its doors, once it is made."""
        for port in self.door_ports:
            self.doors.append(await Proxy(self.client_port, port).__aenter__())

    def door(self):
        """The next door, in turn: whoever has one of his own can be cut off alone."""
        self._next += 1
        return self.doors[self._next % DOORS]

    async def ends(self):
        for door in self.doors:
            await door.__aexit__()
        self.doors = []
        await super().ends()


@contextlib.asynccontextmanager
async def one_house(state, name, **options):
    """One of its own for a test that hurts it, or wants another than the shared ones; it ends with the block."""
    options = {"fast": True, "authority": state / "authority", **options}
    house = House(tempfile.mkdtemp(prefix=name.split(".")[0], dir=state), name, **options)
    house.directory.chmod(0o755)
    try:
        await house.made()
        await house.starts()
        await house.opens()
        yield house
    finally:
        await house.ends()


async def two_houses(state, names=("hs1.localhost", "hs2.localhost"), **options):
    """Two that are federated, with their doors open."""
    options = {"fast": True, "authority": state / "authority", **options}
    houses = [House(tempfile.mkdtemp(prefix=name.split(".")[0], dir=state), name, **options) for name in names]
    for house, other in zip(houses, reversed(houses)):
        house.directory.chmod(0o755)
        await house.made([other])
    for house in houses:
        await house.starts()
        await house.opens()
    return houses
