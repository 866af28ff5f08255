"""Certificates for what speaks TLS in the scenarios, from the same local authority as the homeservers'."""

import ssl
import tempfile
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from .node import run
from .recorder import ROOT

LIBRARY = ROOT / "ops" / "lib"


async def certificate(authority, directory, name):
    """Makes (certificate, key) of this DNS name and loopback."""
    script = '. "$1/common.sh"; . "$1/certificates.sh"; create_authority "$2"; create_certificate "$2" "$3" "$4" 127.0.0.1'
    await run("bash", "-c", script, "certificate", LIBRARY, authority, directory, name)
    return directory / "tls.crt", directory / "tls.key"


async def server_tls(authority, directory, name):
    files = await certificate(authority, directory, name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    return context


def client_tls(authority):
    context = ssl.create_default_context(cafile=authority / "ca.crt")
    # OpenSSL 3.5 and Python 3.13 would insist on extensions that local authorities leave out.
    context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
    return context


def server_tls_of_names(authority, names):
    """One certificate for many names at once, made here: a stranger who goes by all of them."""
    issuer = x509.load_pem_x509_certificate((authority / "ca.crt").read_bytes())
    issuer_key = serialization.load_pem_private_key((authority / "ca.key").read_bytes(), None)
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])]))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as file:
        file.write(made.public_bytes(serialization.Encoding.PEM))
        file.write(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        file.flush()
        context.load_cert_chain(file.name)
    return context
