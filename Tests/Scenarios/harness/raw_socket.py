"""A WebSocket by hand, for bytes that no library would send."""

import asyncio
import base64
import hashlib
import os
import struct

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


def frame(payload, opcode=TEXT, fin=True, masked=True, reserved=0, length=None):
    """One frame; `length` lies about the payload's."""
    payload = payload.encode() if isinstance(payload, str) else payload
    size = len(payload) if length is None else length
    head = bytes([(0x80 if fin else 0) | reserved << 4 | opcode])
    mask_bit = 0x80 if masked else 0
    if size < 126:
        head += bytes([mask_bit | size])
    elif size < 65536:
        head += bytes([mask_bit | 126]) + struct.pack(">H", size)
    else:
        head += bytes([mask_bit | 127]) + struct.pack(">Q", size)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


def upgrade(path, host="127.0.0.1", **headers):
    """The request that opens a socket; a header given as None is left out."""
    all_headers = {
        "Host": host,
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = [f"GET {path} HTTP/1.1"] + [f"{name}: {value}" for name, value in all_headers.items() if value is not None]
    return ("\r\n".join(lines) + "\r\n\r\n").encode(), all_headers["Sec-WebSocket-Key"]


class RawSocket:
    """An upgraded connection whose frames go out as they are given."""

    def __init__(self, reader, writer):
        self.reader = reader
        self.writer = writer

    @classmethod
    async def open(cls, node, token):
        reader, writer = await asyncio.open_connection("127.0.0.1", node.client_port)
        request, key = upgrade(f"/ws?token={token}")
        writer.write(request)
        head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)).decode()
        assert head.startswith("HTTP/1.1 101"), head
        expected = base64.b64encode(
            hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        ).decode()
        assert expected in head, "Sec-WebSocket-Accept is wrong"
        assert "permessage-deflate" not in head
        return cls(reader, writer)

    async def send(self, data):
        self.writer.write(data)
        await self.writer.drain()

    async def receive(self, within=10):
        """The next frame as (opcode, payload); None at the end of the connection."""
        try:
            first, second = await asyncio.wait_for(self.reader.readexactly(2), within)
            assert not second & 0x80, "a server never masks"
            assert first & 0x80 and not first & 0x70
            size = second & 0x7F
            if size == 126:
                (size,) = struct.unpack(">H", await self.reader.readexactly(2))
            elif size == 127:
                (size,) = struct.unpack(">Q", await self.reader.readexactly(8))
            return first & 0x0F, await asyncio.wait_for(self.reader.readexactly(size), within)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    async def receive_text(self, containing, within=10):
        """The next text frame with this in it."""
        while True:
            got = await self.receive(within)
            assert got is not None, f"the connection ended before {containing!r}"
            assert got[0] != CLOSE, f"closed {got[1]!r} before {containing!r}"
            if got[0] == TEXT and containing.encode() in got[1]:
                return got[1].decode()

    async def closes(self, within=10):
        """The code of the server's close frame, None when it ended without one."""
        code = None
        while (got := await self.receive(within)) is not None:
            if got[0] == CLOSE:
                code = struct.unpack(">H", got[1][:2])[0] if len(got[1]) >= 2 else 1005
                self.writer.close()
                return code
        return code

    def cut(self):
        self.writer.transport.abort()
