"""Certificates for what speaks TLS in the scenarios: from the same local authority as the homeservers', or bad ones."""

import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import NameOID

from .node import binary, run


async def certificate(authority, directory, name):
    """Makes (certificate, key) of this DNS name and loopback."""
    files = directory / "tls.crt", directory / "tls.key"
    options = ["--authority-dir", authority, "--certificate", files[0], "--key", files[1]]
    await run(binary(), "certificates", "renew", *options, "--server-name", name, "--address", "127.0.0.1")
    return files


def foreign_certificate(directory, names, authority=None, begins=-1, ends=90):
    """Makes (certificate, key) with another library: for these names, from and until so many days from now, signed by the
    homeservers' authority (a directory) or by itself."""
    directory.mkdir(exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    signer = key
    if authority:
        issuer = x509.load_pem_x509_certificate((authority / "ca.crt").read_bytes()).subject
        signer = load_pem_private_key((authority / "ca.key").read_bytes(), None)
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=begins))
        .not_valid_after(now + timedelta(days=ends))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .sign(signer, hashes.SHA256())
    )
    files = directory / "foreign.crt", directory / "foreign.key"
    files[0].write_bytes(made.public_bytes(Encoding.PEM))
    files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files


def listener_tls(files):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    return context


async def server_tls(authority, directory, name):
    return listener_tls(await certificate(authority, directory, name))


def client_tls(authority):
    context = ssl.create_default_context(cafile=authority / "ca.crt")
    # What newer Pythons insist on, our authority keeps to.
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


def server_tls_of_names(authority, names):
    """One certificate for many names at once: a stranger who goes by all of them."""
    with tempfile.TemporaryDirectory() as directory:
        return listener_tls(foreign_certificate(Path(directory), names, authority))
