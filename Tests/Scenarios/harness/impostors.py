"""What may listen where a homeserver should: web servers, proxies, and servers that answer to make trouble, on real TLS."""

import asyncio
import contextlib

from .link import encoded, read_body, read_head
from .listener import Listener


class Impostor(Listener):
    """Listens with TLS and lets `behave(reader, writer, head)` answer each request, after its head was read."""

    def __init__(self, tls, behave):
        super().__init__(tls=tls)
        self.behave = behave
        self.requests = 0

    async def _accept(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            while head := await read_head(reader):
                self.requests += 1
                await self.behave(reader, writer, head)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # also the end of the impostor: asyncio complains about a cancelled handler
        finally:
            self._tasks.discard(task)
            writer.transport.abort()


def answer(status, body=b"", **headers):
    """The bytes of an answer; names of headers with underscores."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def says(status, body=b"", **headers):
    """Answers every request with the same."""

    async def behave(reader, writer, head):
        await read_body(reader, head[1])
        writer.write(answer(status, body, **headers))
        await writer.drain()

    return behave


async def endless(reader, writer, head):
    """1 GiB, or as much of it as is taken."""
    await read_body(reader, head[1])
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    part = b"10000\r\n" + b" " * 65536 + b"\r\n"
    for _ in range(1 << 14):
        writer.write(part)
        await writer.drain()


async def announced(reader, writer, head):
    """Says 1 GiB in its header, and begins."""
    await read_body(reader, head[1])
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n{")
    await writer.drain()
    await asyncio.sleep(3600)


async def silent(reader, writer, head):
    """Nothing, ever."""
    await asyncio.sleep(3600)


async def dripping(reader, writer, head):
    """One byte a second."""
    await read_body(reader, head[1])
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4096\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(1)


class RewritingProxy(Impostor):
    """Ends TLS in front of a homeserver and passes on what `request(head, body)` and `answer(head, body)` make of it."""

    def __init__(self, target_port, server_tls, client_tls, request=None, answer=None):
        super().__init__(server_tls, self._pass_on)
        self.target_port = target_port
        self.client_tls = client_tls
        self.request = request or (lambda head, body: (head, body))
        self.answer = answer or (lambda head, body: (head, body))

    async def _pass_on(self, reader, writer, head):
        body = await read_body(reader, head[1])
        upstream_reader, upstream = await asyncio.open_connection(
            "127.0.0.1", self.target_port, ssl=self.client_tls, server_hostname="127.0.0.1"
        )
        with contextlib.closing(upstream.transport):
            head, body = self.request(head, body)
            upstream.write(encoded(head) + body)
            answer = await read_head(upstream_reader)
            answer_body = await read_body(upstream_reader, answer[1])
            answer, answer_body = self.answer(answer, answer_body)
            writer.write(encoded(answer) + answer_body)
            await writer.drain()


def with_header(head, name, value):
    """The head with this header in place of those of its name; None takes them away."""
    kept = [pair for pair in head[1] if pair[0].lower() != name.lower()]
    return head[0], kept + ([(name, value)] if value is not None else [])
