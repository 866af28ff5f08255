"""Certificates for what speaks TLS in the scenarios, from the same local authority as the homeservers'."""

import ssl

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
