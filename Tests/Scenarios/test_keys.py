"""The command `homeserver keys` and ops/keys over it: made once, private, watched; nothing secret on the command line."""

import json
import os
import pty
import stat
import subprocess
from pathlib import Path

import pytest

from harness import node as nodes

OPS_KEYS = Path(__file__).resolve().parents[2] / "ops" / "keys"
NAME = "keys.example"


@pytest.fixture
def places(tmp_path):
    return ["--server-name", NAME, "--keys-dir", str(tmp_path / "keys"), "--secrets-dir", str(tmp_path / "secrets")]


@pytest.fixture
def passphrase_file(tmp_path):
    path = tmp_path / "passphrase"
    path.write_text("the passphrase of the root\n")
    return path


def keys(*arguments, program=None, stdin=""):
    command = [program or nodes.binary(), *([] if program else ["keys"]), *map(str, arguments)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HOME_")}
    if program:
        environment["HOME_BINARY"] = str(nodes.binary())
    # A session of its own has no terminal that could be asked.
    return subprocess.run(
        command, input=stdin, capture_output=True, text=True, timeout=60, env=environment, start_new_session=True
    )


def made(places, *options):
    result = keys("init", *places, "--json", *options)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_keys_are_made_private_and_only_once(places, passphrase_file, tmp_path):
    first = made(places, "--passphrase-file", passphrase_file)
    assert first["server"] == NAME
    files = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.glob("*/*"))
    key = first["key_id"]
    assert files == ["keys/keyset.json", f"keys/online-{key}.sealed", "keys/root.sealed", f"secrets/online-{key}.passphrase"]
    for file in files:
        assert stat.S_IMODE((tmp_path / file).stat().st_mode) == 0o600
    before = {file: (tmp_path / file).read_bytes() for file in files}
    again = keys("init", *places, "--passphrase-file", passphrase_file)
    assert again.returncode == 2
    assert "never overwritten" in again.stderr
    assert {file: (tmp_path / file).read_bytes() for file in files} == before


def test_status_and_fingerprint_say_the_same_to_people_and_programs(places):
    first = made(places, "--throw-away")
    status = keys("status", *places, "--json")
    assert status.returncode == 0, status.stderr
    told = json.loads(status.stdout)
    assert told["level"] == "ok"
    assert told["root_fingerprint"] == first["root_fingerprint"]
    assert told["key"]["id"] == first["key_id"] and told["key"]["days_left"] == 89
    assert told["keyset"]["version"] == 1 and told["keyset"]["days_left"] == 364
    text = keys("status", *places)
    assert first["root_fingerprint"] in text.stdout and "in 89 days" in text.stdout
    assert keys("fingerprint", *places).stdout.strip() == first["root_fingerprint"]
    through_ops = keys("fingerprint", *places, "--json", program=OPS_KEYS)
    assert json.loads(through_ops.stdout) == {"server": NAME, "root_fingerprint": first["root_fingerprint"]}


@pytest.mark.parametrize("harm", ["mode", "directory", "missing", "passphrase", "server"])
def test_what_is_wrong_with_the_files_is_named(places, tmp_path, harm):
    key = made(places, "--throw-away")["key_id"]
    secret = tmp_path / "secrets" / f"online-{key}.passphrase"
    named = {"mode": secret, "directory": tmp_path / "keys", "missing": secret, "server": tmp_path / "keys/keyset.json"}
    arguments = list(places)
    match harm:
        case "mode":
            secret.chmod(0o640)
        case "directory":
            (tmp_path / "keys").chmod(0o755)
        case "missing":
            secret.unlink()
        case "passphrase":
            secret.write_text("0" * 64 + "\n")
        case "server":
            arguments[1] = "other.example"
    status = keys("status", *arguments, "--json")
    assert status.returncode == 2
    told = json.loads(status.stdout)
    assert told["level"] == "failure"
    assert str(named.get(harm, tmp_path / "keys" / f"online-{key}.sealed")) in told["problem"]
    assert told["problem"] in status.stderr


def test_wrong_usage_ends_with_3_and_makes_nothing(places, passphrase_file, tmp_path):
    assert keys("init", *places, "--throw-away", "--passphrase-file", passphrase_file).returncode == 3
    assert keys("init", "--server-name", "Not A Name", *places[2:], "--throw-away").returncode == 3
    assert keys("nonsense").returncode == 3
    assert keys("nonsense", program=OPS_KEYS).returncode == 3
    assert keys(program=OPS_KEYS).returncode == 3
    assert not (tmp_path / "keys").exists()


def test_a_root_needs_a_passphrase_worth_the_name(places, tmp_path):
    short = keys("init", *places, "--passphrase-file", "-", stdin="too short\n")
    assert short.returncode == 2 and "at least 12 bytes" in short.stderr
    none = keys("init", *places)
    assert none.returncode == 2
    assert not (tmp_path / "keys").exists()


def test_the_passphrase_is_asked_for_twice_and_not_shown(places):
    for second, code in (("my secret words!", 2), ("my secret words", 0)):
        child, terminal = pty.fork()
        if child == 0:
            os.execv(nodes.binary(), [str(nodes.binary()), "keys", "init", *places])
        shown = answer(terminal, b"root key: ", b"my secret words\n") + answer(terminal, b"again: ", second.encode() + b"\n")
        shown += rest(terminal)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == code, shown
        assert b"my secret" not in shown
        assert (b"differ" in shown) == (code == 2)


def answer(terminal, question, reply):
    shown = b""
    while question not in shown:
        shown += os.read(terminal, 4096)
    os.write(terminal, reply)
    return shown


def rest(terminal):
    shown = b""
    try:
        while part := os.read(terminal, 4096):
            shown += part
    except OSError:  # how Linux says that the other end is gone
        pass
    return shown
