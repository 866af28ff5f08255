"""What everything of the harness that listens has in common."""

import asyncio


class Listener:
    """`async with Listener(…) as it`: listens on a loopback port, its own if none is given, and ends with all its tasks.

    A subclass has `_accept(reader, writer)`, and puts into `_tasks` whatever must not outlive it.
    """

    def __init__(self, port=0, tls=None):
        self.port = port
        self.tls = tls
        self._tasks = set()

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
