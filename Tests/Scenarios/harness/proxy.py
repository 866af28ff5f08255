"""TCP between a client (or a peer) and a homeserver, which can be cut, stalled, frozen and slowed down, or made to lose frames."""

import asyncio

from .listener import Listener

CHUNK = 65536


class Proxy(Listener):
    """`async with Proxy(port) as proxy`: listens on a loopback port of its own and passes bytes on to `port`."""

    def __init__(self, target_port, listen_port=0):
        super().__init__(listen_port)
        self.target_port = target_port
        self.accepted = 0
        self.passing = asyncio.Event()
        self.passing.set()
        self.bytes_per_second = None
        # (text) → True: the connection is cut in place of passing on this piece from the server. Plain text only.
        self.cut_instead_of = None
        self._refusing = False
        # Both ends of each connection, and whether anything passes between them.
        self._connections = {}

    @property
    def ws_url(self):
        return f"ws://127.0.0.1:{self.port}"

    async def __aexit__(self, *_):
        self._server.close()
        self.cut()
        await super().__aexit__()

    def cut(self):
        """Ends every connection at once, on both sides, without a goodbye."""
        for ends, flowing in list(self._connections.items()):
            for end in ends:
                end.transport.abort()
            flowing.set()

    def refuse(self):
        """New connections are ended at once, until `accept`."""
        self._refusing = True

    def accept(self):
        self._refusing = False

    def stall(self):
        """Nothing passes either way, on any connection, and nobody is told, until `flow`."""
        self.passing.clear()

    def flow(self):
        self.passing.set()

    def freeze(self):
        """Nothing passes any more on the connections that there are, and nobody is told: they are half open, until `cut`. New ones pass."""
        for flowing in self._connections.values():
            flowing.clear()

    async def _accept(self, reader, writer):
        self.accepted += 1
        if self._refusing:
            writer.transport.abort()
            return
        try:
            upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", self.target_port)
        except OSError:
            writer.transport.abort()
            return
        pair = (writer, upstream_writer)
        flowing = self._connections[pair] = asyncio.Event()
        flowing.set()
        ways = [
            asyncio.create_task(self._pass(reader, upstream_writer, flowing, from_server=False)),
            asyncio.create_task(self._pass(upstream_reader, writer, flowing, from_server=True)),
        ]
        self._tasks.update(ways)
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            self._tasks.difference_update(ways)
            del self._connections[pair]
            for end in pair:
                end.transport.abort()

    async def _pass(self, reader, writer, flowing, from_server):
        try:
            while data := await reader.read(CHUNK if not self.bytes_per_second else self.bytes_per_second // 20):
                await self.passing.wait()
                await flowing.wait()
                if from_server and self.cut_instead_of and self.cut_instead_of(data):
                    return
                if self.bytes_per_second:
                    await asyncio.sleep(len(data) / self.bytes_per_second)
                writer.write(data)
                await writer.drain()
            # The end is passed on only behind everything that was written.
            await flowing.wait()
            if writer.can_write_eof():
                writer.write_eof()
                await asyncio.sleep(0)
        except OSError:
            pass
