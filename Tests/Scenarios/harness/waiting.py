"""Waiting for a condition with a deadline: the only way in which a scenario lets time pass."""

import asyncio
import inspect
import time


class TimedOut(AssertionError):
    """A condition did not come true in time; the text says which."""


async def eventually(condition, what, within=10.0, pause=0.02):
    """Returns the first truthy value of `condition` (a function, plain or async)."""
    deadline = time.monotonic() + within
    while True:
        value = condition()
        if inspect.isawaitable(value):
            value = await value
        if value:
            return value
        if time.monotonic() >= deadline:
            raise TimedOut(f"{what}: not within {within:g} s")
        await asyncio.sleep(pause)


class Changes:
    """Wakes those who wait for a state to change, without polling it."""

    def __init__(self):
        self._event = asyncio.Event()

    def happened(self):
        self._event.set()
        self._event = asyncio.Event()

    async def until(self, condition, what, within=10.0):
        deadline = time.monotonic() + within
        while True:
            value = condition()
            if value:
                return value
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimedOut(f"{what}: not within {within:g} s")
            try:
                await asyncio.wait_for(self._event.wait(), left)
            except TimeoutError:
                pass
