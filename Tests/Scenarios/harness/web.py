"""HTTP to a homeserver's client API, recorded."""

import json as jsons
from dataclasses import dataclass

import aiohttp
import yarl

from .recorder import recorder


@dataclass
class Answer:
    status: int
    headers: dict
    body: bytes

    @property
    def json(self):
        return jsons.loads(self.body)

    @property
    def code(self):
        """The stable code of an error."""
        return self.json["code"]

    def expect(self, status, code=None):
        assert self.status == status, f"{self.status} instead of {status}: {self.body[:500]!r}"
        if code is not None:
            assert self.code == code, f"{self.code} instead of {code}: {self.body[:500]!r}"
        return self

    def expect_success(self):
        assert self.status in (200, 202, 204), f"{self.status}: {self.body[:500]!r}"
        return self


class Web:
    """A client of one homeserver. Connections are kept alive, as a browser does.

    What is not the client API, or is asked wrong on purpose, is not recorded to be compared with its documents.
    """

    def __init__(self, url, is_recorded=True):
        self.url = url.rstrip("/")
        self.is_recorded = is_recorded
        self._session = None

    async def call(
        self, method, path, json=None, raw=None, token=None, headers=None, within=30.0
    ):
        """`path` is sent as it stands. `raw` is a body of any bytes."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                auto_decompress=False, connector=aiohttp.TCPConnector(limit=200), trust_env=False
            )
        all_headers = dict(headers or {})
        if token is not None:
            all_headers.setdefault("Authorization", f"Bearer {token}")
        body = raw
        if json is not None:
            body = jsons.dumps(json, ensure_ascii=False).encode()
        if body is not None:
            all_headers.setdefault("Content-Type", "application/json")
        async with self._session.request(
            method,
            yarl.URL(self.url + path, encoded=True),
            data=body,
            headers=all_headers,
            skip_auto_headers=["Content-Type"],
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=within),
        ) as response:
            answer = Answer(response.status, dict(response.headers), await response.read())
        content_type = answer.headers.get("Content-Type", "")
        if self.is_recorded:
            recorder.exchange(method, path, body or b"", answer.status, content_type, answer.body)
        return answer

    async def close(self):
        if self._session is not None:
            await self._session.close()
            self._session = None
