"""Delivery promise 4: the heartbeat carries the position; silence closes the socket."""

import time

import pytest

from harness.proxy import Proxy


async def test_a_pong_says_how_far_the_stream_is(home):
    alice, bob = await home.friends("alice", "bob")
    pong = await bob.socket.position()
    assert isinstance(pong["t"], str)
    before = pong["s"]
    for number in range(3):
        await alice.sends(f"{number}", to=bob)
    for number in range(3):
        last = await bob.receives_message(f"{number}", from_=alice)
    pong = await bob.socket.position()
    assert pong["s"] == before + 3 == last["s"]


async def test_a_client_finds_out_that_it_is_behind(home):
    """Frames that were lost on the way show in the next pong."""
    alice, bob = await home.friends("alice", "bob")
    await alice.sends("hello", to=bob)
    await bob.receives_message("hello", from_=alice)
    await bob.socket.send("ping", s=0)
    assert (await bob.receives("pong"))["s"] > 0


@pytest.mark.slow
async def test_seventy_five_seconds_of_silence_close_the_socket(home):
    alice, bob = await home.friends("alice", "bob")
    async with Proxy(home.client_port) as proxy:
        half_open = await bob.in_another_tab().connects(url=proxy.ws_url)
        proxy.stall()
        started = time.monotonic()
        assert alice.hello["heartbeat_ms"] == 30_000
        silence = alice.hello["limits"]["silence_ms"] / 1000
        # alice says nothing more; bob pings.
        while alice.socket.is_open:
            try:
                await alice.socket.closes(4009, within=25)
            except AssertionError:
                if not alice.socket.is_open or time.monotonic() - started > silence + 10:
                    raise
                await bob.socket.position()
        took = time.monotonic() - started
        assert silence - 1 <= took <= silence + 8, took
        await bob.socket.position()
        # The homeserver has let go of the half-open one too, although nobody told it.
        proxy.flow()
        await half_open.socket.closes(within=10)
