"""A flood at a federation port, as a program of its own, at the lowest priority: its own work is not the homeserver's load.

    python -m harness.flood '{"port", "ca_file", "destination", "origins", "known", "rate", "seconds"}'

Requests come from a loopback address of each origin, one TLS connection each, in turn without a signature, with a bad one under the
`known` name, and with a key of nobody's under each of the others. Standard output is {answer: count}.
"""

import asyncio
import collections
import json
import os
import ssl
import sys

from .signing import Signed, SigningKey

BODY = b'{"v":1,"events":[]}'
# Requests under way at a time, so that a homeserver that is behind is not made to hold them all.
UNDER_WAY = 64


class Flood:
    def __init__(self, port, ca_file, destination, origins, known, rate, seconds):
        self.port = port
        self.tls = ssl.create_default_context(cafile=ca_file)
        self.tls.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
        self.destination = destination
        self.origins = origins
        self.known = known
        self.rate = rate
        self.seconds = seconds
        self.keys = [SigningKey() for _ in origins]
        self.answers = collections.Counter()

    def request(self, number):
        """The bytes, and the address that they come from."""
        who = number // 3 % len(self.origins)
        kind = number % 3
        path = f"/federation/v1/transactions/E1/{number + 1}"
        signed = Signed("PUT", path, self.known["name"] if kind == 1 else self.origins[who], self.destination, BODY)
        signed.key_id = self.known["key"] if kind == 1 else ""
        headers = [] if kind == 0 else signed.headers(self.keys[who])
        lines = [f"PUT {path} HTTP/1.1", "Host: x", f"Content-Length: {len(BODY)}"] + [f"{n}: {v}" for n, v in headers]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + BODY, f"127.1.{who}.1"

    async def one(self, number, room):
        data, address = self.request(number)
        writer = None
        try:
            async with asyncio.timeout(10):
                reader, writer = await asyncio.open_connection(
                    "127.0.0.1", self.port, ssl=self.tls, server_hostname="127.0.0.1", local_addr=(address, 0)
                )
                writer.write(data)
                line = await reader.readline()
                self.answers[line.split()[1].decode() if line else "closed"] += 1
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            self.answers[type(error).__name__] += 1
        finally:
            room.release()
            if writer:
                writer.transport.abort()

    async def runs(self):
        loop = asyncio.get_running_loop()
        room, started, number = asyncio.Semaphore(UNDER_WAY), loop.time(), 0
        async with asyncio.TaskGroup() as tasks:
            while (past := loop.time() - started) < self.seconds:
                if number >= past * self.rate:
                    await asyncio.sleep(0.005)
                    continue
                await room.acquire()
                tasks.create_task(self.one(number, room))
                number += 1
        return dict(self.answers)


if __name__ == "__main__":
    os.nice(19)
    print(json.dumps(asyncio.run(Flood(**json.loads(sys.argv[1])).runs())))
