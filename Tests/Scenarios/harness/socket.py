"""One WebSocket of a person: sends, keeps every frame that comes, and waits for them."""

import asyncio
import json
import socket as sockets
import time

import websockets
from websockets.asyncio.client import connect

from .recorder import TO_CLIENT, TO_SERVER, recorder
from .waiting import Changes, TimedOut


class Closed(AssertionError):
    """The socket closed while something was awaited from it."""


class Socket:
    """A connected socket. `frames` is all it ever received; `receives` looks at each of them at most once."""

    def __init__(self, connection, who):
        self.who = who
        self.frames = []
        self.problems = []
        self.close_code = None
        self.closed_at = None
        self._connection = connection
        self._consumed = set()
        self._changes = Changes()
        self._reading = asyncio.Event()
        self._reading.set()
        self._listeners = []
        self.task = asyncio.create_task(self._read(), name=f"socket of {who}")

    @classmethod
    async def open(cls, url, who, origin=None, headers=None, receive_buffer=None, within=10.0):
        """Opens it; a refused upgrade raises `websockets.exceptions.InvalidStatus`, which carries the answer."""
        options = {}
        if receive_buffer:
            host, port = url.split("/")[2].split(":")
            plain = sockets.socket()
            plain.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, receive_buffer)
            plain.setblocking(False)
            await asyncio.get_running_loop().sock_connect(plain, (host, int(port)))
            options["sock"] = plain
        connection = await connect(
            url,
            origin=origin,
            additional_headers=headers,
            compression=None,
            ping_interval=None,
            open_timeout=within,
            close_timeout=2,
            max_size=4 << 20,
            proxy=None,
            **options,
        )
        return cls(connection, who)

    # What happens

    @property
    def is_open(self):
        return self.close_code is None

    def on_frame(self, listener):
        """Calls `listener(frame)` for each frame from now on, in order, before anybody who waits sees it."""
        self._listeners.append(listener)

    async def _read(self):
        try:
            while True:
                await self._reading.wait()
                text = await self._connection.recv()
                if isinstance(text, bytes):
                    self.problems.append("a binary frame came")
                    continue
                recorder.frame(TO_CLIENT, text)
                frame = json.loads(text)
                self.frames.append(frame)
                for listener in self._listeners:
                    listener(frame)
                self._changes.happened()
        except websockets.exceptions.ConnectionClosed as closed:
            # 1006 stands for a connection that broke without a close frame.
            self.close_code = closed.rcvd.code if closed.rcvd else 1006
        except asyncio.CancelledError:
            self.close_code = self.close_code or 1006
            raise
        except Exception as error:  # a frame that is no JSON, a listener's own assertion
            self.problems.append(repr(error))
            self.close_code = 1006
            await self._connection.close()
        finally:
            self.closed_at = time.monotonic()
            self._changes.happened()

    async def has_arrived(self):
        """Waits until the server has read all that was sent, though it may not have run: its answer to a ping of RFC 6455."""
        await (await self._connection.ping())

    def keeps_the_order(self):
        """Of the one conversation on this socket: events come in the order of `seq`, so do acks, and an ack comes
        after every event that was numbered before it. Returns all their numbers."""
        events, acks = [], []
        for frame in self.frames:
            if frame["type"] in ("new-private-message", "private-message-sent"):
                assert not events or frame["seq"] > events[-1], f"{self.who}: {frame['seq']} after {events[-1]}"
                late = [seq for seq in acks if seq > frame["seq"]]
                assert not late, f"{self.who}: event {frame['seq']} after the ack of {late}"
                events.append(frame["seq"])
            elif frame["type"] == "ack" and not frame["duplicate"]:
                assert not acks or frame["seq"] > acks[-1], f"{self.who}: ack {frame['seq']} after {acks[-1]}"
                acks.append(frame["seq"])
        return sorted(events + acks)

    # What the person does

    async def send(self, type, **fields):
        """Sends a frame that keeps to the documents."""
        text = json.dumps({"type": type, **{k: v for k, v in fields.items() if v is not None}}, ensure_ascii=False)
        recorder.frame(TO_SERVER, text)
        await self._connection.send(text)

    async def send_wrong(self, data):
        """Sends what breaks the documents on purpose: text as a text frame, bytes as a text frame of these bytes."""
        await self._connection.send(data, text=True)

    def stops_reading(self):
        """What arrives stays in the kernel's buffers until they are full."""
        self._reading.clear()

    def reads_again(self):
        self._reading.set()

    async def close(self, code=1000):
        self.reads_again()
        await self._connection.close(code)
        await asyncio.wait([self.task])

    def cut(self):
        """Ends the connection under the protocol's feet, as a lost network does."""
        self._connection.transport.abort()

    async def position(self):
        """Waits until all that the server had queued for this socket has come; its answer to a `ping`."""
        last = max((frame["s"] for frame in self.frames if "s" in frame and frame["type"] != "pong"), default=0)
        await self.send("ping", s=last)
        return await self.receives("pong")

    # What the person waits for

    async def receives(self, type, within=10.0, matching=None, keep=False, **fields):
        """The first frame, not yet received so, of this type and with these fields. It counts as received, unless it is kept for somebody else."""

        def find():
            for index, frame in enumerate(self.frames):
                if index in self._consumed or frame["type"] != type:
                    continue
                if any(frame.get(name) != value for name, value in fields.items()):
                    continue
                if matching and not matching(frame):
                    continue
                if not keep:
                    self._consumed.add(index)
                return frame
            if self.problems:
                raise AssertionError(f"{self.who}: {self.problems}")
            if not self.is_open:
                raise Closed(f"{self.who}'s socket closed {self.close_code} before {type} {fields}; got {self._tail()}")
            return None

        try:
            return await self._changes.until(find, f"{self.who} receives {type} {fields}", within)
        except TimedOut as error:
            raise TimedOut(f"{error}; got {self._tail()}") from None

    async def receives_either(self, types, within=10.0, **fields):
        """The first frame of one of these types, as `receives` takes it."""

        def find():
            return next(
                (
                    (index, frame)
                    for index, frame in enumerate(self.frames)
                    if index not in self._consumed
                    and frame["type"] in types
                    and all(frame.get(name) == value for name, value in fields.items())
                ),
                None,
            )

        index, frame = await self._changes.until(find, f"{self.who} receives one of {types} {fields}", within)
        self._consumed.add(index)
        return frame

    def forgets(self):
        """All that has come so far: where tens of thousands of frames come, looking through them would be all that is done."""
        self.frames.clear()
        self._consumed.clear()

    def passes_over(self, frame, **fields):
        """Earlier frames of its type with these fields count as received: it is news of the same thing."""
        for index, older in enumerate(self.frames):
            if older is frame:
                return
            if older["type"] == frame["type"] and all(older.get(name) == value for name, value in fields.items()):
                self._consumed.add(index)

    def unread(self, type):
        """Frames of this type that no `receives` has taken."""
        return [f for i, f in enumerate(self.frames) if f["type"] == type and i not in self._consumed]

    async def has_received_no(self, *types):
        """Nothing of these types is here or on its way (asked with a `ping` behind everything queued)."""
        await self.position()
        for type in types:
            assert not self.unread(type), f"{self.who} got {self.unread(type)}"

    async def closes(self, code=None, within=10.0):
        """Waits until the server has closed the socket, and with which code."""
        try:
            await self._changes.until(lambda: not self.is_open, f"{self.who}'s socket closes", within)
        except TimedOut as error:
            raise TimedOut(f"{error}; got {self._tail()}") from None
        if code is not None:
            assert self.close_code == code, f"{self.who}'s socket closed {self.close_code}, not {code}; {self._tail()}"
        return self.close_code

    def _tail(self):
        return [json.dumps(frame)[:200] for frame in self.frames[-5:]]
