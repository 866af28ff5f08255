"""`homeserver keys` with whatever can be wrong: a clear message, an exit code, and nothing half-written."""

import base64
import hashlib
import json
import os
import subprocess
import time

import pytest

from harness import node as nodes
from harness.peer import envelope, instant
from harness.signing import SigningKey, b64
from test_keys import NAME, keys, made, passphrase_file, places  # noqa: F401  the fixtures of the commands' own tests

CHANGES = ("stage", "activate", "renew", "root-rotate", "revoke --all")


def contents(directory):
    return {path: path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file()}


@pytest.fixture
def ready(places, tmp_path):  # noqa: F811
    """Keys whose throw-away root needs no passphrase, so that only one thing is wrong."""
    made(places, "--throw-away")
    return places


@pytest.mark.parametrize(
    "arguments",
    [
        "stage --from a", "activate --to a", "renew --from a --to b", "renew --from a --to b --root c --keys-dir d",
        "revoke", "revoke --all 0123456789abcdef", "revoke nonsense", "revoke 0123456789ABCDEF", "revoke --all --at yesterday",
        "revoke 0123456789abcdef 0123456789abcdef", "root-rotate --from a --to b --root c",
        "root-rotate --passphrase-file - --new-passphrase-file -", "export", "verify", "verify a b", "backup", "restore",
        "stage extra", "status extra", "renew --keys-dir", "init --throw-away --root x",
    ],
)  # fmt: skip
def test_wrong_usage_is_3_and_says_what_is_wrong(arguments, tmp_path):
    command, *rest = arguments.split()
    result = keys(command, *rest)
    assert result.returncode == 3, result.stderr
    assert "rror: " in result.stderr and len(result.stderr) < 2000
    through_ops = keys(command, *rest, program=nodes.ROOT / "ops" / "keys")
    assert through_ops.returncode == 3, through_ops.stderr


@pytest.mark.parametrize("command", CHANGES + ("backup --to x", "export --to x", "verify x", "status", "fingerprint"))
@pytest.mark.parametrize("harm", ["empty", "truncated", "mode", "owner", "link", "directory", "many", "unsigned"])
def test_a_keyset_that_cannot_be_used_is_named_and_left_alone(ready, tmp_path, command, harm):
    path = tmp_path / "keys" / "keyset.json"
    good = path.read_bytes()
    (tmp_path / "word").write_text("a passphrase for it\n")
    match harm:
        case "empty":
            path.write_bytes(b"")
        case "truncated":
            path.write_bytes(good[: len(good) // 2])
        case "mode":
            path.chmod(0o604)
        case "owner":
            if os.geteuid() != 0:
                pytest.skip("only root can give a file away")
            os.chown(path, 12345, 12345)
        case "link":
            path.rename(tmp_path / "elsewhere.json")
            path.symlink_to(tmp_path / "elsewhere.json")
        case "directory":
            path.unlink()
            path.mkdir(0o700)
        case "many":
            path.write_bytes(json.dumps(keyset_of(10_000)).encode())
        case "unsigned":
            path.write_bytes(json.dumps({**json.loads(good), "signatures": []}).encode())
    before = contents(tmp_path)
    name, *rest = command.split()
    rest = [str(tmp_path / "x") if word == "x" else word for word in rest]
    if name == "verify":
        # The file to install is good; what it is held against is not.
        (tmp_path / "x").write_text(json.dumps({"v": 1, "keyset": json.loads(good)}))
        before = contents(tmp_path)
    if name in ("backup", "root-rotate"):
        option = "--passphrase-file" if name == "backup" else "--new-passphrase-file"
        rest += [option, str(tmp_path / "word"), "--minimum-kdf"]
    result = keys(name, *rest, *ready)
    assert result.returncode == 2, (result.stdout, result.stderr)
    assert str(path) in result.stderr, result.stderr
    assert contents(tmp_path) == before


def keyset_of(count):
    """Well signed, and with far too many keys."""
    root = SigningKey()
    entries = []
    for number in range(count):
        public = hashlib.sha256(str(number).encode()).digest()
        entries.append({"id": hashlib.sha256(public).hexdigest()[:16], "public": b64(public), "state": "next"})
    keyset = {"server": NAME, "version": 1, "issued": instant(), "root": b64(root.public), "keys": entries}
    return envelope("keyset", json.dumps(keyset).encode(), root)


@pytest.mark.parametrize("harm", ["passphrase", "mode", "truncated", "other", "cost", "sealed"])
def test_a_root_that_does_not_open_is_named(places, passphrase_file, tmp_path, harm):  # noqa: F811
    made(places, "--passphrase-file", passphrase_file, "--minimum-kdf")
    path = tmp_path / "keys" / "root.sealed"
    good = path.read_text()
    match harm:
        case "passphrase":
            passphrase_file.write_text("not the right passphrase\n")
        case "mode":
            path.chmod(0o644)
        case "truncated":
            path.write_text(good[:-20])
        case "other":
            path.write_text("This is no sealed file.\n")
        case "cost":
            path.write_text(good.replace("mem: 8192", "mem: 99999999999"))
        case "sealed":
            online = next((tmp_path / "keys").glob("online-*.sealed"))
            path.write_text(online.read_text())
    before = contents(tmp_path)
    for command in CHANGES[:1] + CHANGES[2:]:
        result = keys(*command.split(), *places, "--passphrase-file", passphrase_file)
        assert result.returncode == 2, result.stderr
        assert str(path) in result.stderr, result.stderr
        assert "passphrase of the root" not in result.stderr
    assert contents(tmp_path) == before


def test_files_that_travel_are_checked(ready, tmp_path):
    out, signed = tmp_path / "out.json", tmp_path / "signed.json"
    root, word = tmp_path / "keys" / "root.sealed", tmp_path / "secrets" / "root.passphrase"
    assert keys("export", *ready, "--to", out).returncode == 0
    signing = ["--root", root, "--passphrase-file", word]
    assert keys("export", *ready, "--to", out).returncode == 2, "nothing is overwritten"
    for command in ("stage", "revoke --all"):
        result = keys(*command.split(), "--from", out, "--to", signed, *signing)
        assert result.returncode == 2 and "export --stage" in result.stderr and not signed.exists()
    assert keys("renew", "--from", out, "--to", signed, *signing).returncode == 0
    good = json.loads(signed.read_text())
    changed = bytearray(base64.b64decode(good["keyset"]["payload"]))
    changed[20] ^= 1
    for bad, why in (
        ("", "unexpectedEnd"), ("{}", "v is missing"), (json.dumps({**good, "v": 2}), "v must"),
        (signed.read_text()[:300], ""), (json.dumps({"v": 1, "keyset": keyset_of(300)}), "keys"),
        (json.dumps({"v": 1, "keyset": {**good["keyset"], "payload": b64(bytes(changed))}}), "keyset"),
        (json.dumps({"v": 1, "keyset": keyset_of(10_000)}), "longer than 131072 bytes"),
    ):  # fmt: skip
        signed.write_text(bad)
        result = keys("verify", signed, "--install", *ready)
        assert result.returncode == 2 and str(signed) in result.stderr, result.stderr
        assert why in result.stderr or why == "unexpectedEnd", result.stderr
    signed.write_text(json.dumps(good))
    assert keys("verify", signed, "--install", *ready).returncode == 0
    # One that was made from the keyset before, in another second: two histories. In the same second it would be the same keyset.
    issued = json.loads(base64.b64decode(good["keyset"]["payload"]))["issued"]
    while instant()[:19] <= issued[:19]:
        time.sleep(0.05)
    assert keys("renew", "--from", out, "--to", tmp_path / "late.json", *signing).returncode == 0
    late = keys("verify", tmp_path / "late.json", *ready)
    assert late.returncode == 2 and "follow" in late.stderr, late.stderr


@pytest.mark.parametrize("harm", ["passphrase", "truncated", "mode", "server", "changed"])
def test_a_backup_that_is_not_good_restores_nothing(ready, tmp_path, harm):
    backup, word = tmp_path / "backup", tmp_path / "word"
    word.write_text("a passphrase for it\n")
    options = ["--passphrase-file", word]
    assert keys("backup", *ready, "--to", backup, *options, "--minimum-kdf").returncode == 0
    again = keys("backup", *ready, "--to", backup, *options, "--minimum-kdf")
    assert again.returncode == 2 and "never overwritten" in again.stderr
    elsewhere = ["--server-name", NAME, "--keys-dir", str(tmp_path / "k"), "--secrets-dir", str(tmp_path / "s")]
    text = backup.read_text()
    match harm:
        case "passphrase":
            word.write_text("another passphrase\n")
        case "truncated":
            backup.write_text(text[: len(text) // 2])
        case "mode":
            backup.chmod(0o644)
        case "server":
            elsewhere[1] = "other.example"
        case "changed":
            at = len(text) - 20  # a digit of what is sealed
            backup.write_text(text[:at] + ("0" if text[at] != "0" else "1") + text[at + 1 :])
    result = keys("restore", *elsewhere, "--from", backup, *options)
    assert result.returncode == 2 and str(backup) in result.stderr, result.stderr
    assert not (tmp_path / "k").exists() and not (tmp_path / "s").exists()


FULL_DISK = r"""
mount -t tmpfs -o size=256k,mode=0700 none "$D" || exit 77
places=(--server-name keys.example --keys-dir "$D/keys" --secrets-dir "$D/secrets")
"$B" keys init "${places[@]}" --throw-away || exit 77
echo 'a passphrase for it' >"$D/word"
listing() { (cd "$D" && find keys secrets -type f | sort | xargs sha256sum); }
head -c 1M /dev/zero >"$D/fill" 2>/dev/null
before=$(listing)
try() {
    "$B" keys "$@" "${places[@]}" 2>"$O/errors"
    code=$?
    cat "$O/errors" >&2
    [ $code = 2 ] || { echo "$1 ended $code"; exit 1; }
    grep -q 'No space left on device' "$O/errors" || { echo "$1 does not say why"; exit 1; }
    [ "$(listing)" = "$before" ] || { echo "$1 has left something"; listing; exit 1; }
    [ ! -e "$D/new" ] || { echo "$1 has left its file"; exit 1; }
}
try stage
try renew
try revoke --all
try root-rotate --new-passphrase-file "$D/word" --minimum-kdf
try export --to "$D/new"
try export --to "$D/new" --stage
try backup --to "$D/new" --passphrase-file "$D/word" --minimum-kdf
rm "$D/fill"
"$B" keys stage "${places[@]}" && "$B" keys activate "${places[@]}" && "$B" keys status "${places[@]}"
"""


def test_a_full_disk_leaves_what_was_there(tmp_path):
    for name in ("disk", "out"):
        (tmp_path / name).mkdir(0o700)
    own = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-Urm"]
    environment = {**os.environ, "D": str(tmp_path / "disk"), "O": str(tmp_path / "out"), "B": str(nodes.binary())}
    result = subprocess.run(
        [*own, "bash", "-c", FULL_DISK], capture_output=True, text=True, timeout=120, env=environment, start_new_session=True
    )
    if result.returncode == 77 or "unshare" in result.stderr:
        pytest.skip(f"no disk of its own can be had here: {result.stderr}")
    assert result.returncode == 0, (result.stdout, result.stderr)
