"""People who sit before their screens while a scenario waits for longer than a silent socket lives."""

import asyncio
import contextlib


@contextlib.asynccontextmanager
async def awake(*people):
    """Their sockets ping, as every client's do."""

    async def ping():
        while True:
            for person in people:
                if person.socket.is_open:
                    await person.socket.send("ping")
            await asyncio.sleep(20)

    task = asyncio.create_task(ping())
    try:
        yield
    finally:
        task.cancel()
