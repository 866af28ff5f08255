"""The request and answer signatures of the links, written from the documents alone with another Ed25519."""

import base64
import hashlib
import os
import time
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

COMPONENTS = ("@method", "@path", "@query", "content-digest", "content-type", "fed-origin", "fed-destination")
ANSWER_COMPONENTS = '("@status" "content-digest" "content-type" "signature";req;key="fed")'
TAG = "home-fed-v1"


def b64(data):
    return base64.b64encode(data).decode()


def digest(body):
    return f"sha-256=:{b64(hashlib.sha256(body).digest())}:"


class SigningKey:
    """An Ed25519 key and its id: the first 16 hex digits of SHA-256(public key)."""

    def __init__(self, seed=None):
        self.private = Ed25519PrivateKey.from_private_bytes(seed or os.urandom(32))
        self.public = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.id = hashlib.sha256(self.public).hexdigest()[:16]

    def sign(self, data):
        return self.private.sign(data)


@dataclass
class Signed:
    """A request on its way to be signed; a scenario changes a field before or after `headers` to forge it."""

    method: str
    path: str
    origin: str
    destination: str
    body: bytes = b""
    query: str = ""
    content_type: str = "application/json"
    created: int = 0
    expires: int = 0
    nonce: str = ""
    key_id: str = ""
    tag: str = TAG
    alg: str = "ed25519"
    digest: str = ""
    components: tuple = COMPONENTS
    extra: dict = field(default_factory=dict)

    def __post_init__(self):
        self.created = self.created or int(time.time())
        self.expires = self.expires or self.created + 300
        self.nonce = self.nonce or base64.urlsafe_b64encode(os.urandom(16)).decode().rstrip("=")
        self.digest = self.digest or digest(self.body)

    def parameters(self):
        names = " ".join(f'"{name}"' for name in self.components)
        return (
            f'({names});created={self.created};expires={self.expires};nonce="{self.nonce}"'
            f';keyid="{self.key_id}";alg="{self.alg}";tag="{self.tag}"'
        )

    def base(self):
        values = {
            "@method": self.method,
            "@path": self.path,
            "@query": "?" + self.query,
            "content-digest": self.digest,
            "content-type": self.content_type,
            "fed-origin": self.origin,
            "fed-destination": self.destination,
        }
        lines = [f'"{name}": {values[name]}' for name in self.components]
        return "\n".join(lines + [f'"@signature-params": {self.parameters()}']).encode()

    def headers(self, key):
        """Signs with `key` and returns the request's headers, in a list so that a scenario may double one."""
        self.key_id = self.key_id or key.id
        signature = b64(key.sign(self.base()))
        return [
            ("Content-Type", self.content_type),
            ("Content-Digest", self.digest),
            ("Fed-Origin", self.origin),
            ("Fed-Destination", self.destination),
            ("Signature-Input", f"fed={self.parameters()}"),
            ("Signature", f"fed=:{signature}:"),
        ]


def answer_base(status, body_digest, content_type, request_signature, parameters):
    return "\n".join(
        [
            f'"@status": {status}',
            f'"content-digest": {body_digest}',
            f'"content-type": {content_type}',
            f'"signature";req;key="fed": :{request_signature}:',
            f'"@signature-params": {parameters}',
        ]
    ).encode()


def sign_answer(key, status, body, content_type, request_signature, created=None):
    """The three headers of a signed answer; `request_signature` is the base64 of the request's."""
    parameters = f'{ANSWER_COMPONENTS};created={created or int(time.time())};keyid="{key.id}";alg="ed25519";tag="{TAG}"'
    base = answer_base(status, digest(body), content_type, request_signature, parameters)
    return {
        "Content-Digest": digest(body),
        "Signature-Input": f"fed={parameters}",
        "Signature": f"fed=:{b64(key.sign(base))}:",
    }
