"""keys/README.md is what an operator reads on a bad day: its commands are run here, as they stand there."""

import asyncio
import json
import os
import pty
import re
from pathlib import Path

import pytest

from harness.node import befriend, binary
from harness.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "keys" / "README.md").read_text()
PASSPHRASE = "a passphrase for everything"


def commands(after):
    """The indented lines of the paragraphs from the words `after` up to the next bold or headed one."""
    start = README.index(after)
    end = re.compile(r"^(\*\*|#)", re.M).search(README, README.index("\n", start))
    lines = README[start : end.start() if end else None].splitlines()
    found = [line.strip() for line in lines if line.startswith("    ")]
    assert found, f"no commands after '{after}'"
    return found


@pytest.fixture
def run(tmp_path):
    """Runs lines as an operator would, in a directory with `ops/` in it: on a terminal, answering what is asked for."""
    (tmp_path / "ops").symlink_to(ROOT / "ops")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "homeserver").symlink_to(binary())

    async def run(node, *lines, expect=0):
        environment = {
            **os.environ,
            "HOME_BINARY": str(tmp_path / "bin" / "homeserver"),
            "HOME_CONFIG": str(node.directory / "config.json"),
            "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        }
        code, shown = await asyncio.to_thread(on_terminal, ["bash", "-ec", "\n".join(lines)], tmp_path, environment)
        assert code == expect, shown
        return shown

    run.directory = tmp_path
    return run


def on_terminal(command, directory, environment):
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(directory)
        os.execvpe(command[0], command, environment)
    shown, asked = "", 0
    try:
        while part := os.read(terminal, 4096):
            shown += part.decode(errors="replace")
            questions = len(re.findall(r"(?:assphrase (?:of|for) [^:\n]*|The same again): ", shown))
            if questions > asked:
                asked = questions
                os.write(terminal, (PASSPHRASE + "\n").encode())
    except OSError:  # how Linux says that the other end is gone
        pass
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown


async def status(node):
    return json.loads((await node.command("keys", "status", "--json", expect=None))[1])


@pytest.fixture
async def link(homes):
    """alpha and beta with two friends; alpha's root has the operator's passphrase."""
    alpha, beta = await homes.two(fast=True)
    alice, bob = await (await alpha.person("alice")).connects(), await (await beta.person("bob")).connects()
    await befriend(alice, bob)
    return alpha, beta, alice, bob


async def they_talk(link, text):
    _, _, alice, bob = link
    ack = await alice.sends(text, to=bob)
    await bob.receives_message(text, from_=alice)
    await alice.receives("delivery", message_id=ack["message_id"], state="delivered")


async def beta_knows(alpha, beta, version=None):
    version = version or (await status(alpha))["keyset"]["version"]

    async def knows():
        rows = await beta.query("SELECT keyset_version FROM peers WHERE name = %s", alpha.name)
        return rows[0][0] == version

    await eventually(knows, f"beta knows keyset {version}", within=60)


async def test_the_usual_changes(link, run):
    alpha, beta, *_ = link
    for words in ("**In good time**", "**A new online key, step by step**", "**A new root**"):
        await run(alpha, *commands(words))
        await beta_knows(alpha, beta)
        await they_talk(link, words)
    shown = await run(alpha, *commands("## Watching them"))
    assert "keys of alpha.localhost: ok" in shown and "is of an earlier root" in shown


async def test_the_root_on_another_machine(link, run):
    alpha, beta, *_ = link
    export, sign, *install = commands("## The root on another machine")
    await run(alpha, export)
    root = alpha.directory / "keys" / "root.sealed"
    root.rename(run.directory / "root.sealed")
    word = alpha.directory / "secrets" / "root.passphrase"
    await run(alpha, f"{sign} --passphrase-file {word}")
    await run(alpha, *install)
    await beta_knows(alpha, beta, 2)
    assert (await status(alpha))["root_is_here"] is False
    await they_talk(link, "signed elsewhere")


async def test_a_backup_and_its_restore(link, run):
    alpha, *_ = link
    backup, restore = commands("## Backups")
    await run(alpha, backup)
    await alpha.stops()
    before = sorted(path.name for path in (alpha.directory / "keys").iterdir())
    (alpha.directory / "keys").rename(alpha.directory / "lost-keys")
    (alpha.directory / "secrets").rename(alpha.directory / "lost-secrets")
    await run(alpha, restore)
    assert sorted(path.name for path in (alpha.directory / "keys").iterdir()) == before
    await alpha.starts()
    await link[2].connects()
    await they_talk(link, "restored")


@pytest.mark.parametrize("what", ["lost", "stolen"])
async def test_an_online_key_that_is_lost_or_stolen(link, run, what):
    alpha, beta, *_ = link
    old = (await status(alpha))["key"]["id"]
    if what == "lost":
        (alpha.directory / "secrets" / f"online-{old}.passphrase").unlink()
    words = {"lost": "**The online key or its passphrase is lost**", "stolen": "**An online key is stolen**"}
    await run(alpha, *commands(words[what]))
    assert old in (await status(alpha))["revoked"]
    await beta_knows(alpha, beta)
    await they_talk(link, what)


async def test_a_stolen_root(link, run):
    alpha, beta, *_ = link
    fingerprint = (await status(alpha))["root_fingerprint"]
    await run(alpha, *commands("**The root is stolen"))
    assert (await status(alpha))["root_fingerprint"] != fingerprint
    await beta_knows(alpha, beta, 3)
    await they_talk(link, "with another root")


async def test_a_lost_root(link, run):
    alpha, beta, *_ = link
    await alpha.stops()
    (alpha.directory / "keys").rename(alpha.directory / "old-keys")
    (alpha.directory / "secrets").rename(alpha.directory / "old-secrets")
    shown = await run(alpha, *commands("**The root or its passphrase is lost**"))
    await alpha.starts()
    await beta.restarts()  # after a start keys are fetched anew
    await link[2].connects()
    await link[2].sends("somebody new", to=link[3])

    async def is_seen():
        return "alarm=root_changed" in (await beta.command("peer", "list"))[1]

    # Nobody believes a new identity by itself; that is what the pin is for.
    await eventually(is_seen, "beta's operator sees that the root has changed", within=60, pause=1)
    assert (await status(alpha))["root_fingerprint"] in shown
