"""Delivery promise 5: who does not read is closed, loses nothing, and delays nobody."""

import asyncio
import time

from harness.node import befriend

TEXT = "𝄞" * 3900  # 15,600 bytes


async def test_a_slow_reader_is_closed_and_others_do_not_notice(home):
    alice, bob, carol = await home.people("alice", "bob", "carol")
    await befriend(alice, bob)
    await befriend(alice, carol)
    await alice.connects()
    await carol.connects()
    # A small window, so that not too much hides in the kernel.
    await bob.connects(receive_buffer=4096)
    seen = max((f["s"] for f in bob.socket.frames if "s" in f), default=0)
    slow, ready = bob.socket, bob.ready
    slow.stops_reading()

    resident = memory(home.pid)
    waits = []
    sent = 0
    # 1 MiB or 1,024 frames in the queue, behind what the kernel takes. The homeserver closes by itself, says so in its log, and waits 5 s for
    # whoever does not read: two more rounds, and he reads again.
    begin = len(home.log())
    more = 2
    for round in range(60):
        if "its frames are not read fast enough" in home.log()[begin:]:
            if more == 0:
                break
            more -= 1
        for _ in range(20):
            await alice.socket.send(
                "private-message", receiver_id=bob.user_id, message=f"{sent} {TEXT}", nonce=f"slow {sent}"
            )
            sent += 1
        started = time.monotonic()
        await alice.sends(f"are you there? {round}", to=carol)
        await carol.receives_message(f"are you there? {round}", from_=alice)
        waits.append(time.monotonic() - started)
    await alice.receives("ack", nonce=f"slow {sent - 1}", within=60)
    assert sorted(waits)[len(waits) // 2] < 1, waits
    grown = memory(home.pid) - resident
    assert grown < 160 << 20, f"memory grew by {grown >> 20} MiB"

    slow.reads_again()
    assert await slow.closes(within=20) == 4011
    got = [f for f in slow.frames if f["type"] == "new-private-message"]
    assert len(got) < sent
    assert [f["seq"] for f in got] == list(range(1, len(got) + 1)), "what came was in order, with nothing left out"

    # Durable frames are never dropped: the ring has them, or says that it has not; the history has all.
    await bob.connects(resume=True)
    last = max((f["s"] for f in slow.frames if "s" in f), default=seen)
    await bob.socket.send("resume", session_id=ready["session_id"], epoch=ready["epoch"], s=last)
    answer = asyncio.create_task(bob.receives("resumed", within=20))
    refusal = asyncio.create_task(bob.receives("resync", within=20))
    done, pending = await asyncio.wait([answer, refusal], return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    if answer in done:
        assert answer.result()["replayed"] == sent - len(got)
        fresh = [f for f in bob.socket.frames if f["type"] == "new-private-message"]
        assert [f["seq"] for f in got + fresh] == list(range(1, sent + 1))
    else:
        refusal.result()
    messages, last_seq = await bob.history_with(alice)
    assert last_seq == sent
    assert [it["seq"] for it in messages] == list(range(1, sent + 1))


async def test_a_short_stall_is_made_up_for_by_resume(home):
    """Over 1,024 frames are never in the queue here; what the socket did not get, the resume brings."""
    alice, bob = await home.people("alice", "bob")
    await befriend(alice, bob)
    await alice.connects()
    await bob.connects()
    bob.socket.stops_reading()
    for number in range(300):
        await alice.socket.send("private-message", receiver_id=bob.user_id, message=f"{number}", nonce=f"{number}")
    await alice.receives("ack", nonce="299", within=30)
    bob.socket.reads_again()
    for number in range(300):
        await bob.receives_message(f"{number}", from_=alice)
    assert bob.socket.is_open


def memory(pid):
    """Resident bytes."""
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * 4096
