"""HTTP/1.1 over TLS by hand: what a foreign homeserver sends, to the byte, and a proxy that loses answers."""

import asyncio
import json
from dataclasses import dataclass

from .listener import Listener


@dataclass
class LinkAnswer:
    status: int
    headers: list
    body: bytes

    def header(self, name):
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        assert len(values) <= 1, f"{name} is there {len(values)} times"
        return values[0] if values else None

    @property
    def json(self):
        return json.loads(self.body)

    def expect(self, status, code=None):
        assert self.status == status, f"{self.status} instead of {status}: {self.body[:500]!r}"
        if code is not None:
            assert self.json["code"] == code, f"{self.body[:500]!r} instead of {code}"
        return self


async def read_head(reader):
    """First line and headers of a message; None at the end of the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    lines = head[:-4].decode("latin-1").split("\r\n")
    return lines[0], [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:]]


def length_of(headers):
    return next((int(value) for name, value in headers if name.lower() == "content-length"), None)


async def read_body(reader, headers):
    length = length_of(headers)
    if length is not None:
        return await reader.readexactly(length)
    if any(name.lower() == "transfer-encoding" for name, _ in headers):
        body = b""
        while size := int(await reader.readline(), 16):
            body += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
        return body
    return b""


async def exchange(port, tls, method, target, headers, body=b"", content_length=True, host="localhost", within=20):
    """One request on a connection of its own. Headers go out as given, in order, doubled when they are there twice."""
    async with asyncio.timeout(within):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls, server_hostname="127.0.0.1")
        try:
            lines = [f"{method} {target} HTTP/1.1", f"Host: {host}"] + [f"{name}: {value}" for name, value in headers]
            if content_length:
                lines.append(f"Content-Length: {len(body) if content_length is True else content_length}")
            writer.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
            try:
                await writer.drain()
            except ConnectionError:
                pass  # refused before the body was read: the answer may be there all the same
            head = await read_head(reader)
            assert head is not None, "the connection ended without an answer"
            status = int(head[0].split()[1])
            return LinkAnswer(status, head[1], await read_body(reader, head[1]))
        finally:
            writer.transport.abort()


TOO_LARGE = (
    b"HTTP/1.1 413 Request Entity Too Large\r\nContent-Type: text/html\r\nContent-Length: 27\r\n\r\n<html>much too large</html>"
)


class LosingProxy(Listener):
    """Ends TLS in front of a homeserver, and drops every n-th answer to a transaction: the effect is committed, the
    sender never hears of it. `largest`: a transaction with a larger body is answered 413 in a proxy's own words."""

    def __init__(self, target_port, server_tls, client_tls, lose_every=3, largest=None):
        super().__init__(tls=server_tls)
        self.target_port = target_port
        self.client_tls = client_tls
        self.lose_every = lose_every
        self.largest = largest
        self.too_large = 0
        self.transactions = 0
        self.lost = 0

    async def _accept(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        upstream = None
        try:
            upstream_reader, upstream = await asyncio.open_connection(
                "127.0.0.1", self.target_port, ssl=self.client_tls, server_hostname="127.0.0.1"
            )
            while head := await read_head(reader):
                body = await read_body(reader, head[1])
                if self.largest and "/transactions/" in head[0] and len(body) > self.largest:
                    self.too_large += 1
                    writer.write(TOO_LARGE)
                    await writer.drain()
                    continue
                upstream.write(encoded(head) + body)
                answer = await read_head(upstream_reader)
                if answer is None:
                    return
                answer_body = await read_body(upstream_reader, answer[1])
                if "/transactions/" in head[0] and answer[0].split()[1] == "200":
                    self.transactions += 1
                    if self.lose_every and self.transactions % self.lose_every == 0:
                        self.lost += 1
                        return
                writer.write(encoded(answer) + answer_body)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # also the end of the proxy: asyncio complains about a cancelled handler
        finally:
            self._tasks.discard(task)
            for end in (writer, upstream):
                if end is not None:
                    end.transport.abort()


def encoded(head):
    return "\r\n".join([head[0]] + [f"{name}: {value}" for name, value in head[1]]).encode("latin-1") + b"\r\n\r\n"
