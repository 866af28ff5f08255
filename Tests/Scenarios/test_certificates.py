"""`homeserver certificates` and what the listeners show: made private, renewed in time, taken up without a restart."""

import asyncio
import json
import shutil
import ssl
import stat
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat, load_pem_private_key

from harness import node as nodes
from harness.certificates import client_tls, foreign_certificate
from harness.link import exchange
from harness.waiting import eventually

NAME = "hs.example"


@pytest.fixture
def places(tmp_path):
    return tmp_path / "authority", tmp_path / "tls" / "tls.crt", tmp_path / "tls" / "tls.key"


def renew(places, *options, name=NAME, expect=0, within=()):
    authority, certificate, key = places
    command = [nodes.binary(), "certificates", "renew", "--json", "--authority-dir", authority, "--certificate", certificate]
    command += ["--key", key, "--server-name", name, "--address", "127.0.0.1", "--address", "::1", *options]
    result = subprocess.run([*within, *map(str, command)], capture_output=True, text=True, timeout=60)
    if expect is None:
        return result
    assert result.returncode == expect, (result.returncode, result.stdout, result.stderr)
    return json.loads(result.stdout) if expect < 2 else result.stderr


def changes(result):
    return result["authority"]["change"], result["certificate"]["change"]


def test_another_library_finds_the_certificates_in_order(places):
    assert changes(renew(places)) == ("made", "made")
    authority = x509.load_pem_x509_certificate((places[0] / "ca.crt").read_bytes())
    made = x509.load_pem_x509_certificate(places[1].read_bytes())
    made.verify_directly_issued_by(authority)
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [NAME]
    assert [str(it) for it in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]
    assert isinstance(made.public_key(), ec.EllipticCurvePublicKey) and made.public_key().curve.name == "secp256r1"
    assert (made.not_valid_after_utc - made.not_valid_before_utc).days == 365
    assert authority.extensions.get_extension_for_class(x509.BasicConstraints).value == x509.BasicConstraints(True, 0)
    assert not made.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert authority.serial_number != made.serial_number and made.serial_number.bit_length() > 64
    for path in (places[0], places[1].parent):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
        assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in path.iterdir())
        assert not [file for file in path.iterdir() if file.name.startswith(".")]


def test_what_is_good_stays_and_what_is_not_is_renewed(places):
    renew(places)
    before = contents(places)
    assert changes(renew(places)) == ("kept", "kept")
    assert contents(places) == before
    assert changes(renew(places, "--force")) == ("kept", "renewed")
    assert changes(renew(places, name="other.example")) == ("kept", "renewed")
    places[2].write_bytes(before[places[2]])  # another certificate's key
    assert changes(renew(places, name="other.example")) == ("kept", "renewed")
    places[2].unlink()
    assert changes(renew(places, name="other.example")) == ("kept", "renewed")


def put_authority(places, name, **terms):
    """An authority's two files, made by another library under this name."""
    places[0].mkdir(mode=0o700, exist_ok=True)
    for source, file in zip(foreign_certificate(places[0].parent / "old", [name], **terms), ("ca.crt", "ca.key"), strict=True):
        (places[0] / file).write_bytes(source.read_bytes())
        (places[0] / file).chmod(0o600)


def contents(places):
    return {path: path.read_bytes() for path in (places[0] / "ca.crt", places[0] / "ca.key", *places[1:]) if path.exists()}


def refused(places, *words):
    """A renewal is refused with these words and leaves everything as it is."""
    before = contents(places)
    message = renew(places, "--force", expect=2)
    assert all(str(word) in message for word in (*words, "it is left alone")), message
    assert contents(places) == before
    return message


def test_an_authority_that_ends_is_made_anew_with_a_warning(places):
    renew(places)
    put_authority(places, "Home local authority 0123abcd", ends=10)
    assert changes(renew(places, expect=1)) == ("renewed", "renewed")


def test_an_authority_of_another_kind_signs_and_is_never_made_anew(places):
    put_authority(places, "The other authority", ends=90)
    assert changes(renew(places)) == ("kept", "made")
    assert changes(renew(places)) == ("kept", "kept")
    put_authority(places, "The other authority", ends=10)
    places[1].unlink()
    places[2].unlink()
    refused(places, places[0] / "ca.crt", "The other authority", "ca.key away for a new authority")


@pytest.mark.parametrize("missing", ["ca.key", "ca.crt"])
def test_half_an_authority_is_not_made_up_for(places, missing):
    """A key that was taken offline must not cost the authority whose certificate peers have."""
    renew(places)
    there = {"ca.key": "ca.crt", "ca.crt": "ca.key"}[missing]
    (places[0] / missing).unlink()
    refused(places, places[0] / there, f"without its {missing}", f"bring {missing} back")


@pytest.mark.parametrize("file", ["ca.crt", "ca.key", "tls.crt", "tls.key"])
def test_a_file_that_cannot_be_understood_is_left_alone(places, file):
    renew(places)
    said = "no certificate" if file.endswith(".crt") else "no private key"
    path = (places[0] if file.startswith("ca") else places[1].parent) / file
    path.write_text("something else\n")
    refused(places, path, said, "move it away first")
    path.unlink()
    path.symlink_to("nowhere")
    assert str(path) in renew(places, expect=2) and path.is_symlink()


@pytest.mark.parametrize("which", ["ca", "tls"])
def test_a_key_with_a_passphrase_is_left_alone(places, which):
    renew(places)
    path = places[0] / "ca.key" if which == "ca" else places[2]
    key = load_pem_private_key(path.read_bytes(), None)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"a passphrase")))
    refused(places, path, "without a passphrase")


def test_a_key_that_waits_for_its_certificate_is_left_alone(places):
    renew(places)
    places[1].unlink()
    refused(places, places[2], "without its certificate", places[1])


def may_trace():
    """Whether strace is here and may do what it does: not every container lets it."""
    return shutil.which("strace") and subprocess.run(["strace", "-f", "-o", "/dev/null", "true"], capture_output=True).returncode == 0


@pytest.mark.skipif(not may_trace(), reason="no strace that may trace, to end a command at a step of its own choice")
@pytest.mark.parametrize("is_there", [False, True], ids=["made", "renewed"])
def test_what_was_ended_at_any_step_is_brought_to_its_end(places, is_there):
    """A key without its certificate is not made up for, but one that a killed command left is no stranger's."""
    ends = 0
    for step in range(1, 9):
        for place in {path.parent for path in (places[0] / "ca.crt", *places[1:])}:
            shutil.rmtree(place, ignore_errors=True)
        if is_there:
            renew(places)
            put_authority(places, "Home local authority 0123abcd", ends=10)
        killed = renew(
            places, within=["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"inject=renameat,unlinkat:signal=KILL:when={step}"],
            expect=None,
        )
        if killed.returncode in (0, 1):
            break
        assert killed.returncode == -9, killed
        ends += 1
        again = renew(places, expect=None)
        assert again.returncode in (0, 1), (step, again)
        assert changes(renew(places)) == ("kept", "kept"), step
        made, authority = (x509.load_pem_x509_certificate(path.read_bytes()) for path in (places[1], places[0] / "ca.crt"))
        made.verify_directly_issued_by(authority)
        assert not list(places[0].parent.glob("*/*.unfinished")), step
    assert ends >= 6, "every step was one"


def test_the_certificate_of_another_authority_is_left_alone(places):
    places[1].parent.mkdir(mode=0o700)
    for source, path in zip(foreign_certificate(places[0].parent / "other", [NAME]), places[1:], strict=True):
        path.write_bytes(source.read_bytes())
    refused(places, places[1], "another authority")
    assert not (places[0] / "ca.crt").exists()


def test_wrong_usage_and_wrong_files_are_named(places, tmp_path):
    assert "server-name" in renew(places, name="Not A Name", expect=3)
    assert "address" in renew(places, "--address", "nowhere", expect=3)
    assert not places[0].exists() and not places[1].exists()
    places[0].mkdir(mode=0o755)
    assert "0755" in renew(places, expect=2)
    missing = subprocess.run([nodes.binary(), "certificates", "show", tmp_path / "none"], capture_output=True, text=True)
    assert missing.returncode == 2 and "cannot be read" in missing.stderr
    (tmp_path / "empty").write_text("nothing\n")
    empty = subprocess.run([nodes.binary(), "certificates", "show", tmp_path / "empty"], capture_output=True, text=True)
    assert empty.returncode == 2 and "no certificates" in empty.stderr


@pytest.mark.parametrize(("ends", "code"), [(90, 0), (5, 1), (-1, 2)])
def test_show_says_how_long_they_last(tmp_path, ends, code):
    certificate, _ = foreign_certificate(tmp_path / "tls", [NAME, "www.example"], begins=-10, ends=ends + 0.5)
    command = [nodes.binary(), "certificates", "show", "--json", certificate]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    told = json.loads(result.stdout)
    assert (result.returncode, told["days_left"]) == (code, ends), result
    assert told["names"] == [NAME, "www.example"]


async def shown(node, tls):
    """The serial number of the certificate that the federation listener shows now."""
    _, writer = await asyncio.open_connection("127.0.0.1", node.federation_port, ssl=tls, server_hostname=node.name)
    der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.transport.abort()
    return x509.load_der_x509_certificate(der).serial_number


async def test_a_renewed_certificate_is_shown_without_a_restart(homes, state):
    alpha = await homes.one(fast=True)
    authority, pid = state / "authority", alpha.pid
    tls = client_tls(authority)
    before = await shown(alpha, tls)
    reader, writer = await asyncio.open_connection("127.0.0.1", alpha.federation_port, ssl=tls, server_hostname=alpha.name)

    await alpha.command("certificates", "renew", "--authority-dir", authority, "--address", "127.0.0.1", "--force")

    async def is_new():
        return await shown(alpha, tls) != before

    await eventually(is_new, "the renewed certificate is shown", within=20, pause=0.5)
    assert alpha.pid == pid and "a renewed certificate is in use" in alpha.log()
    (await exchange(alpha.federation_port, tls, "GET", "/federation/v1/keys", [])).expect(200)
    # The connection from before goes on.
    writer.write(b"GET /federation/v1/keys HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
    assert (await asyncio.wait_for(reader.readline(), 10)).startswith(b"HTTP/1.1 200")
    writer.transport.abort()

    # A key without its certificate is no pair: the one before stays.
    good = await shown(alpha, tls)
    _, stranger = foreign_certificate(alpha.directory / "other", [alpha.name])
    (alpha.directory / "tls" / "tls.key").write_bytes(stranger.read_bytes())
    await eventually(lambda: "a changed certificate cannot be used" in alpha.log(), "it says so", within=20)
    assert await shown(alpha, tls) == good
    assert ssl.get_server_certificate(("127.0.0.1", alpha.federation_port))
