"""A well-behaved client on top of a person: reconnects, resumes, sends again what has no ack, and fills holes."""

import asyncio
import random
import uuid

import aiohttp
import websockets

from .socket import Closed
from .waiting import Changes

# Close codes after which a client must not come back (docs/client-api, Errors and limits).
FINAL = {4002, 4003, 4004, 4013, 4014}


class Send:
    """A message that the person composed, until its ack and after."""

    def __init__(self, receiver, text):
        self.receiver = receiver
        self.text = text
        self.nonce = str(uuid.uuid4())
        self.ack = None
        self.error = None
        self.delivery = []


class Client:
    """Keeps a person online through cuts and restarts. One of its guarantees is checked with every frame: `s` and `seq`
    never go back, and a hole is filled over HTTP before the person is shown what comes behind it."""

    def __init__(self, person, url=None):
        self.person = person
        self.url = url
        self.sends = []
        self.by_nonce = {}
        self.by_message = {}
        self.messages = {}  # conversation → {seq: (message_id, text)}
        self.reached = {}  # conversation → every seq up to here is known
        self.problems = []
        self.resumed = 0
        self.resynced = 0
        self.connections = 0
        self.changes = Changes()
        self._composed = asyncio.Event()
        self._background = set()
        self._stream = None
        self._s = 0
        self._stopping = False
        self._task = None
        self._pace = random.Random(person.user_id)

    async def __aenter__(self):
        self._task = asyncio.create_task(self._stay_online(), name=f"client of {self.person}")
        return self

    async def __aexit__(self, *_):
        await self.leaves()

    async def leaves(self):
        self._stopping = True
        # A cancellation that meets a time limit in the middle of connecting is taken for it, and lost.
        while not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task], timeout=1)
        if not self._task.cancelled() and self._task.exception():
            raise self._task.exception()

    # What the person does

    def compose(self, text, to):
        """Notes a message, to be sent as soon as there is a connection; returns at once."""
        send = Send(to if isinstance(to, str) else to.user_id, text)
        self.sends.append(send)
        self.by_nonce[send.nonce] = send
        self._composed.set()
        return send

    async def sends_and_waits(self, text, to, within=60.0):
        """As a person does who writes the next message after seeing that the last one was sent."""
        send = self.compose(text, to)
        await self.acked(send, within)
        return send

    async def acked(self, send, within=60.0):
        await self.changes.until(
            lambda: send.ack or send.error or self._task.done(), f"{self.person}: ack of {send.text!r}", within
        )
        if self._task.done():
            self._task.result()
        assert not send.error, f"{self.person}: {send.text!r} was refused: {send.error}"
        return send.ack

    async def all_acked(self, within=60.0):
        for send in self.sends:
            await self.acked(send, within)

    async def knows(self, conversation, through, within=30.0):
        """Waits until this client has every seq of the conversation up to `through`."""
        await self.changes.until(
            lambda: self.reached.get(conversation, 0) >= through,
            f"{self.person}: seq {through} of {conversation}, has {self.reached.get(conversation, 0)}",
            within,
        )

    # The connection

    async def _stay_online(self):
        while not self._stopping:
            try:
                await self._one_connection()
            except (OSError, websockets.exceptions.WebSocketException, TimeoutError, Closed):
                pass  # the homeserver is away, or went away while the socket was set up
            socket = self.person.socket
            if socket is not None and not socket.is_open:
                self.problems += socket.problems
                if socket.close_code in FINAL:
                    self.problems.append(f"closed for ever: {socket.close_code}")
                    return
            await asyncio.sleep(self._pace.uniform(0.02, 0.2))  # a client's back-off, with jitter

    async def _one_connection(self):
        if self._stream is None:
            await self._connects_anew()
        else:
            await self._connects_again()
        socket = self.person.socket
        self.connections += 1
        chores = [asyncio.create_task(self._heartbeat(socket)), asyncio.create_task(self._send_all(socket))]
        try:
            await asyncio.wait([socket.task])
        finally:
            for chore in chores:
                chore.cancel()
            await asyncio.wait(chores)
            self.changes.happened()

    async def _connects_again(self):
        await self.person.connects(resume=True, url=self.url)
        socket = self.person.socket
        self._listen(socket)
        session, epoch = self._stream
        await socket.send("resume", session_id=session, epoch=epoch, s=self._s)
        answer = await self.changes.until(
            lambda: not socket.is_open or next((f for f in socket.frames if f["type"] in ("resumed", "ready")), None),
            f"{self.person}: an answer to resume",
            20,
        )
        if answer is True:
            raise Closed(f"{self.person}: closed instead of resumed")
        if answer["type"] == "ready":
            self.resynced += 1
            await self._backfill_all(answer)
        else:
            self.resumed += 1

    async def _connects_anew(self):
        await self.person.connects(url=self.url)
        self._listen(self.person.socket)
        await self._backfill_all(self.person.ready)

    def _listen(self, socket):
        socket.on_frame(self._hear)
        for frame in list(socket.frames):
            self._hear(frame)

    async def _heartbeat(self, socket):
        try:
            while True:
                await asyncio.sleep(20)
                await socket.send("ping", s=self._s)
        except websockets.exceptions.ConnectionClosed:
            pass

    async def _send_all(self, socket):
        """In the order of composition: first what has no ack yet, then what is composed while the socket lives."""
        index = 0
        try:
            while True:
                while index < len(self.sends):
                    send = self.sends[index]
                    index += 1
                    if not send.ack and not send.error:
                        await self._transmit(socket, send)
                self._composed.clear()
                await self._composed.wait()
        except websockets.exceptions.ConnectionClosed:
            pass  # what had no ack goes again after the next connection

    async def _transmit(self, socket, send):
        await socket.send("private-message", receiver_id=send.receiver, message=send.text, nonce=send.nonce)

    # What comes

    def _hear(self, frame):
        kind = frame["type"]
        if kind == "ready":
            self._stream = (frame["session_id"], frame["epoch"])
            self._s = 0
        if "s" in frame and kind != "pong":
            if frame["s"] != self._s + 1 and self._s != 0:
                self.problems.append(f"s went from {self._s} to {frame['s']} at {frame}")
            self._s = frame["s"]
        if kind == "ack":
            self._acked(frame)
        elif kind == "error" and frame.get("nonce") in self.by_nonce:
            self._refused(self.by_nonce[frame["nonce"]], frame)
        elif kind in ("new-private-message", "private-message-sent"):
            self._learn(frame["conversation_id"], frame["seq"], frame["message_id"], frame["message"])
        elif kind == "delivery" and frame["message_id"] in self.by_message:
            self.by_message[frame["message_id"]].delivery.append(frame["state"])
        self.changes.happened()

    def _acked(self, frame):
        send = self.by_nonce.get(frame["nonce"])
        if send is None:
            self.problems.append(f"an ack for a nonce that was never sent: {frame}")
            return
        if send.ack and send.ack["message_id"] != frame["message_id"]:
            self.problems.append(f"two acks differ: {send.ack} and {frame}")
        if not send.ack:
            send.ack = frame
            self.by_message[frame["message_id"]] = send
        self._learn(frame["conversation_id"], frame["seq"], frame["message_id"], send.text)

    def _refused(self, send, frame):
        if frame["code"] in ("unavailable", "rate_limited"):
            pause = frame.get("retry_after_ms", 200) / 1000
            asyncio.get_running_loop().call_later(pause, lambda: self._start(self._again(send)))
        else:
            send.error = frame

    async def _again(self, send):
        socket = self.person.socket
        if send.ack is None and socket.is_open:
            try:
                await self._transmit(socket, send)
            except websockets.exceptions.ConnectionClosed:
                pass

    def _learn(self, conversation, seq, message, text):
        known = self.messages.setdefault(conversation, {})
        if seq in known and known[seq] != (message, text):
            self.problems.append(f"seq {seq} is {known[seq]} and {(message, text)}")
        known[seq] = (message, text)
        reached = self.reached.get(conversation, 0)
        while reached + 1 in known:
            reached += 1
        self.reached[conversation] = reached
        if seq > reached:
            self._start(self._backfill(conversation))

    def _start(self, work):
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _backfill_all(self, ready):
        for entry in ready["direct"]:
            if entry["last_seq"] > self.reached.get(entry["conversation_id"], 0):
                await self._backfill(entry["conversation_id"])

    async def _backfill(self, conversation):
        try:
            while True:
                after = self.reached.get(conversation, 0)
                answer = await self.person.http("GET", f"/channels/{conversation}/events?after={after}&limit=100")
                if answer.status != 200:
                    return
                page = answer.json
                for event in page["events"]:
                    self._learn(conversation, event["seq"], event["message_id"], event["message"])
                self.changes.happened()
                if not page["events"] or self.reached.get(conversation, 0) <= after:
                    return
        except (OSError, aiohttp.ClientError, TimeoutError):
            pass  # the next connection or the next frame tries again
