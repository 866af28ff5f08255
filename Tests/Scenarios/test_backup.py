"""ops/backup of a homeserver that runs, ops/restore of it elsewhere, and everything that must not work."""

import asyncio
import json
import os
import shutil
import signal
import stat
import subprocess
import tarfile
from pathlib import Path

import pytest

from harness.node import befriend, binary, is_alive, run
from harness.recorder import ROOT
from harness.waiting import eventually

BACKUP = ROOT / "ops" / "backup"
RESTORE = ROOT / "ops" / "restore"


async def backup(home, place, *arguments, expect=0):
    return await run(BACKUP, place, "--config", home.directory / "config.json", *arguments, expect=expect)


async def restore(place, *arguments, expect=0):
    return await run(RESTORE, place, *arguments, expect=expect)


async def moves_to(home, directory):
    """From here on `home` is what was restored in this directory, as `ops/lib/node` knows it."""
    shutil.copy(home.directory / "node", Path(directory) / "node")
    await run(ROOT / "ops" / "lib" / "node", "destroy", home.directory)
    home.directory = Path(directory)
    about = home.about["database_url"]
    await home.postgres_starts()
    home.about["database_url"] = await setting(home, "database.url")
    assert home.about["database_url"] != about
    await home.starts()


async def setting(home, key):
    return (await home.command("config", "get", key))[1].strip()


def free_place(state, name):
    """A directory that PostgreSQL's user can get to, and that does not exist."""
    place = state / name
    shutil.rmtree(place, ignore_errors=True)
    return place


def tree(place):
    """Every path below, with what it holds."""
    return {str(it.relative_to(place)): it.read_bytes() if it.is_file() else None for it in sorted(place.rglob("*"))}


async def test_a_backup_of_a_running_homeserver_has_every_message_acked_before_it(homes, state, tmp_path):
    alpha, beta = await homes.two()
    alice, carol = await alpha.friends("alice", "carol")
    bob = await beta.person("bob")
    await befriend(alice, bob)
    await bob.connects()
    await alice.sends("before", to=bob)
    await bob.receives_message("before", from_=alice)
    epoch = alice.ready["epoch"]
    fingerprint = (await alpha.command("keys", "fingerprint"))[1]
    incarnation = alice.ready["incarnation"]

    acked, is_flowing = [], True

    async def writes():
        number = 0
        while is_flowing:
            await alice.sends(f"message {number}", to=carol)
            acked.append(f"message {number}")
            number += 1

    writing = asyncio.create_task(writes())
    await eventually(lambda: len(acked) > 20, "messages flow")
    before = list(acked)
    place = tmp_path / "backup"
    _, out, _ = await backup(alpha, place)
    assert f"saved {alpha.name} to {place}" in out
    during = len(acked)
    assert during > len(before), "nothing stood still meanwhile"
    is_flowing = False
    await writing

    # Only its owner may read it, and it is all there.
    for path in [place, *place.rglob("*")]:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), (path, oct(mode))
    assert {"about", "database.dump", "config.json", "SHA256SUMS", "keys", "secrets", "beside"} == set(os.listdir(place))
    assert (place / "beside" / "tls" / "tls.crt").read_bytes() == (alpha.directory / "tls" / "tls.crt").read_bytes()
    assert not [it for it in os.listdir(tmp_path) if "partial" in it]

    await alpha.stops()
    new = free_place(state, "restored")
    _, out, err = await restore(place, "--dir", new)
    assert f"restored {alpha.name}" in out
    await moves_to(alpha, new)

    # A login that was ended after the backup is in it, so none is valid; people sign in with the passwords that they had.
    assert "everybody signs in again" in out
    (await alice.http("GET", "/friends")).expect(401)
    for person in (alice, carol):
        (await person.logs_in()).expect(200)
    # The same people and keys; every message that was acked before, none in the middle missing, in order.
    messages, last_seq = await alice.history_with(carol)
    texts = [it["message"] for it in messages]
    assert texts[: len(before)] == before
    assert texts == [f"message {number}" for number in range(len(texts))]
    assert last_seq == len(texts)
    await alice.connects()
    await carol.connects()
    assert alice.ready["epoch"] != epoch
    assert alice.ready["incarnation"] == carol.ready["incarnation"] != incarnation
    assert alice.ready["incarnation"] == str((await alpha.query("SELECT incarnation FROM homeserver"))[0][0])
    [(action, subject)] = await alpha.query("SELECT action, subject FROM audit_log WHERE action LIKE 'database%'")
    assert (action, subject) == ("database restored", alpha.name)
    assert (await alpha.command("keys", "fingerprint"))[1] == fingerprint
    # Life goes on, here and with the peer.
    await alice.sends("afterwards", to=carol)
    await carol.receives_message("afterwards", from_=alice)
    await alice.sends("to the other side", to=bob)
    await bob.receives_message("to the other side", from_=alice, within=30)
    await bob.sends("and back", to=alice)
    await alice.receives_message("and back", from_=bob, within=30)


async def test_a_file_for_a_homeserver_that_stands_still_and_a_configuration_of_ones_own(homes, state, tmp_path):
    home = await homes.one()
    alice, bob = await home.friends("alice", "bob")
    await alice.sends("hello", to=bob)
    await home.is_killed()
    file = tmp_path / "home.tar"
    await backup(home, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with tarfile.open(file) as tar:
        assert "./database.dump" in tar.getnames()

    # Another homeserver of that name, made by hand, whose database is empty and whose keys are nowhere yet.
    other = homes.new("alpha.localhost")
    await other.made()
    shutil.rmtree(other.directory / "keys")
    shutil.rmtree(other.directory / "secrets")
    config = other.directory / "config.json"
    code, _, err = await restore(file, "--config", config, expect=None)
    assert code == 2 and "the database is not empty" in err, err
    assert not (other.directory / "keys").exists()
    await other.query("DROP SCHEMA public CASCADE")
    await other.query("CREATE SCHEMA public AUTHORIZATION home")
    _, out, _ = await restore(file, "--config", config)
    assert f"restored {other.name}" in out
    await other.starts()
    alice.node = other
    (await alice.logs_in()).expect(200)
    assert [it["message"] for it in (await alice.history_with(bob))[0]] == ["hello"]
    fingerprints = [(await it.command("keys", "fingerprint"))[1] for it in (home, other)]
    assert fingerprints[0] == fingerprints[1]
    # While it is served nobody may say that it was restored.
    code, _, err = await other.command("database", "restored", expect=None)
    assert code == 2 and "serves this database" in err, err


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give keys to somebody else")
async def test_root_restores_keys_for_the_user_of_the_service(homes, tmp_path, sound):
    other = homes.new("alpha.localhost")
    await other.made()
    await other.query("DROP SCHEMA public CASCADE")
    await other.query("CREATE SCHEMA public AUTHORIZATION home")
    # As /var/lib/home is: the directory around them belongs to the user that the homeserver runs as.
    home = tmp_path / "lib"
    home.mkdir()
    os.chown(home, 65534, 65534)
    settings = json.loads((other.directory / "config.json").read_text())
    for part in ("keys", "secrets"):
        settings[part] = {**settings.get(part, {}), "directory": str(home / part)}
    config = tmp_path / "config.json"
    config.write_text(json.dumps(settings))
    await restore(sound, "--config", config)
    assert sorted(os.listdir(home)) == ["keys", "secrets"]
    for path in [home / "keys", home / "secrets", *home.rglob("*")]:
        assert path.stat().st_uid == path.stat().st_gid == 65534, path


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    return {"place": tmp_path_factory.mktemp("saved") / "backup"}


@pytest.fixture
async def sound(home, saved):
    """A backup that is whole, for those who spoil a copy of it."""
    if not saved["place"].exists():
        await home.person("zoe")
        await backup(home, saved["place"])
    return saved["place"]


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


SPOILED = {
    "a flipped bit of the dump": (lambda it: flip(it / "database.dump"), "damaged"),
    "a flipped bit of a key": (lambda it: flip(next(it.glob("keys/online-*"))), "damaged"),
    "a cut dump": (lambda it: os.truncate(it / "database.dump", 100), "damaged"),
    "a missing file": (lambda it: (it / "config.json").unlink(), "damaged"),
    "one file more": (lambda it: (it / "keys" / "more").write_text("x"), "damaged"),
    "no sums": (lambda it: (it / "SHA256SUMS").unlink(), "is no backup"),
    "another format": (lambda it: (it / "about").write_text("format=2\n"), "format 2"),
    "an empty about": (lambda it: (it / "about").write_text(""), "is no backup"),
}


@pytest.mark.parametrize("how", SPOILED)
async def test_a_spoiled_backup_is_refused_and_touches_nothing(sound, state, tmp_path, how):
    spoil, words = SPOILED[how]
    copy = tmp_path / "copy"
    shutil.copytree(sound, copy)
    spoil(copy)
    new = free_place(state, "from-a-spoiled-one")
    code, out, err = await restore(copy, "--dir", new, expect=None)
    assert code == 2, (code, out, err)
    assert words in err, err
    assert not new.exists()


def sums(place):
    """The sums of somebody who changes a backup on purpose."""
    files = sorted(str(it.relative_to(place)) for it in place.rglob("*") if it.is_file() and it.name != "SHA256SUMS")
    text = subprocess.run(["sha256sum", "--", *(f"./{it}" for it in files)], cwd=place, capture_output=True, check=True)
    (place / "SHA256SUMS").write_bytes(text.stdout)


async def test_a_backup_of_a_newer_schema_or_another_homeserver_is_refused(homes, state, tmp_path, sound):
    home = await homes.one("beta.localhost", fast=True)
    await home.person("alice")
    await home.stops()
    config = home.directory / "config.json"
    code, _, err = await restore(sound, "--config", config, expect=None)
    assert code == 2 and "the backup is of alpha.localhost, the configuration of beta.localhost" in err, err

    await home.query("INSERT INTO schema_migrations (number, name) VALUES (999, '999-from-the-future')")
    # Its own program would not take it any more, so it is saved as a newer one would save it.
    await backup(home, tmp_path / "newer")
    new = free_place(state, "from-a-newer-one")
    code, _, err = await restore(tmp_path / "newer", "--dir", new, expect=None)
    assert code == 2 and "999-from-the-future" in err and "newer program" in err, err
    assert not new.exists()


async def test_a_restore_that_fails_late_leaves_nothing_behind(sound, state, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(sound, copy)
    next(copy.glob("secrets/online-*")).write_text("another passphrase\n")
    sums(copy)
    new = free_place(state, "failed-late")
    new.mkdir()
    (new / "mine").write_text("stays")
    code, _, err = await restore(copy, "--dir", new, expect=None)
    assert code == 2 and "the restored keys do not open" in err, err
    assert tree(new) == {"mine": b"stays"}


async def test_nothing_is_overwritten(homes, home, sound, tmp_path):
    before = tree(sound)
    for place in (sound, sound / "about", tmp_path):
        code, _, err = await backup(home, place, expect=None)
        assert code == 3 and "is there already" in err, err
    assert tree(sound) == before
    config = home.directory / "config.json"
    was = config.read_bytes()
    code, _, err = await restore(sound, "--dir", home.directory, expect=None)
    assert code == 2 and "holds a homeserver already" in err, err
    code, _, err = await restore(sound, "--config", config, expect=None)
    assert code == 2 and "is there already" in err, err
    assert config.read_bytes() == was and await home.is_healthy()


async def test_what_is_asked_wrong_is_wrong_usage_and_says_what(home, sound, tmp_path):
    config = home.directory / "config.json"
    for program, arguments, words in (
        (BACKUP, [], "where the backup is to go"),
        (BACKUP, ["--place", "x"], "unknown option '--place'"),
        (BACKUP, [tmp_path / "a", tmp_path / "b"], "one place at a time"),
        (BACKUP, [tmp_path / "a", "--config"], "--config needs a value"),
        (BACKUP, [tmp_path / "a", "--config", tmp_path / "none.json"], "there is no configuration"),
        (BACKUP, [tmp_path / "a", "--binary", tmp_path, "--config", config], "is no program"),
        (BACKUP, [tmp_path / "no" / "a", "--config", config], "there is no directory"),
        (RESTORE, [], "which backup"),
        (RESTORE, [tmp_path / "none"], "there is no backup"),
        (RESTORE, [sound, "--dir", tmp_path / "x", "--config", config], "cannot go together"),
        (RESTORE, [sound, "--force"], "unknown option '--force'"),
        (RESTORE, [sound, sound], "one backup at a time"),
        (RESTORE, [config], "neither a directory nor a .tar"),
    ):
        code, out, err = await run(program, *arguments, expect=None)
        assert code == 3, (arguments, code, out, err)
        assert words in err, (arguments, err)
    for program in (BACKUP, RESTORE):
        assert "Exit codes" in (await run(program, "--help"))[1]
    assert os.listdir(tmp_path) == []
    (tmp_path / "no.tar").write_text("this is no tar")
    code, _, err = await restore(tmp_path / "no.tar", expect=None)
    assert code == 2 and "cannot be unpacked" in err, err


async def test_a_database_that_is_away_is_said_and_nothing_is_left(homes, tmp_path):
    home = await homes.one()
    await home.stops()
    await home.postgres_stops()
    code, _, err = await backup(home, tmp_path / "backup", expect=None)
    assert code == 2 and "the database does not answer" in err, err
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
async def test_a_full_disk_is_said_and_leaves_nothing_behind(homes, tmp_path):
    home = await homes.one()
    # What no dump can make smaller: 20 MiB, on a disk that has room for what the check asks and not for all of it.
    await home.query(
        """CREATE TABLE ballast AS SELECT string_agg(sha512(random()::text::bytea), NULL) AS content
           FROM generate_series(1, 320) round, generate_series(1, 1024) GROUP BY round"""
    )
    await home.query("ALTER TABLE ballast OWNER TO home")
    disk = tmp_path / "disk"
    disk.mkdir()
    for size, place, words in (
        (2, "backup", "a backup needs half of it"),
        (18, "backup", "No space left on device"),
        # Room for a directory is not room for the dump and the file that is made of it.
        (18, "backup.tar", "a .tar needs as much again"),
    ):
        # A mount that only this process and its children see, and that ends with them.
        script = f"""mount --make-rprivate / && mount -t tmpfs -o size={size}m tmpfs {disk} || exit 99
            {BACKUP} {disk}/{place} --config {home.directory}/config.json
            status=$?
            echo "left: $(ls -A {disk})"
            exit $status"""
        code, out, err = await run("unshare", "--mount", "bash", "-c", script, expect=None)
        assert code == 2, (size, code, out, err)
        assert words in err, (size, err)
        assert out.strip() == "left:", (size, out)
    await backup(home, tmp_path / "with-room")


async def test_ctrl_c_leaves_nothing_behind(homes, tmp_path):
    home = await homes.one()
    await home.query("CREATE TABLE locked (x int)")
    await home.query("ALTER TABLE locked OWNER TO home")
    # A lock that pg_dump waits for, so that the signal comes in the middle.
    async with home.database() as connection:
        await connection.set_autocommit(False)
        await connection.execute("LOCK TABLE locked")
        process = await asyncio.create_subprocess_exec(
            BACKUP, tmp_path / "backup", "--config", home.directory / "config.json",
            stderr=asyncio.subprocess.PIPE, env={**os.environ, "HOME_BINARY": binary()}, start_new_session=True,
            # Where the tests themselves run in the background it is ignored, and no shell can change that for itself.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip
        said = b""
        while b"dumping the database: " not in said:
            said += await asyncio.wait_for(process.stderr.readline(), 30)
        assert [it for it in os.listdir(tmp_path) if it.startswith("backup.partial.")]
        os.kill(process.pid, signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 20) == 130
    assert os.listdir(tmp_path) == []


async def test_a_password_of_the_database_is_in_no_argument(homes, tmp_path):
    home = homes.new()
    await home.made()
    url = home.about["database_url"].replace("home@", "home:hunter2@")
    config = tmp_path / "config.json"
    config.write_text((home.directory / "config.json").read_text().replace(home.about["database_url"], url))
    for part in ("keys", "secrets", "tls"):
        shutil.copytree(home.directory / part, tmp_path / part)
    await home.starts()  # the first start notes whose database it is
    seen, is_running = set(), True

    async def watches():
        while is_running:
            for it in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.add(it.read_bytes())
                except OSError:
                    pass
            await asyncio.sleep(0)

    watching = asyncio.create_task(watches())
    await run(BACKUP, tmp_path / "backup", "--config", config)
    is_running = False
    await watching
    assert any(b"pg_dump" in it for it in seen), "the dump was seen at work"
    assert not [it for it in seen if b"hunter2" in it]
    assert is_alive(home.pid)
