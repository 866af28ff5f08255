"""`homeserver keys` with a root or a backup on a stick: file systems without modes, and a stick that is pulled out.

Such a file system can be had here only with a kernel that has it, so the system's calls are answered as it would: what the
program does about the answers is its own.
"""

import os
import shutil
import stat
import subprocess

import pytest

from harness import node as nodes

NAME = "keys.example"
VFAT, EXFAT, EXT4 = 0x4D44, 0x2011BAB0, 0xEF53

SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static int on_stick(int file, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, 4095);
    path[length < 0 ? 0 : length] = 0;
    const char *stick = getenv("STICK");
    return strncmp(path, stick, strlen(stick)) == 0;
}

static void note(const char *call, const char *path) {
    FILE *log = fopen(getenv("CALLS"), "a");
    fprintf(log, "%s %s\n", call, path);
    fclose(log);
}

/* Every file of such a mount has the same mode, and no other can be set. */
int fchmod(int file, mode_t mode) {
    char path[4096];
    if (!on_stick(file, path)) return ((int (*)(int, mode_t))dlsym(RTLD_NEXT, "fchmod"))(file, mode);
    chmod(path, 0755);
    errno = EPERM;
    return -1;
}

int fstatfs(int file, struct statfs *status) {
    char path[4096];
    int result = ((int (*)(int, struct statfs *))dlsym(RTLD_NEXT, "fstatfs"))(file, status);
    if (result == 0 && on_stick(file, path)) status->f_type = strtol(getenv("STICK_TYPE"), 0, 0);
    return result;
}

int fstatfs64(int file, struct statfs64 *status) { return fstatfs(file, (struct statfs *)status); }

int fsync(int file) {
    char path[4096];
    on_stick(file, path);
    note("fsync", path);
    return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(file);
}

int renameat(int from, const char *old, int to, const char *new) {
    note("rename", new);
    return ((int (*)(int, const char *, int, const char *))dlsym(RTLD_NEXT, "renameat"))(from, old, to, new);
}
"""


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    compiler = shutil.which("cc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("no C compiler")
    directory = tmp_path_factory.mktemp("shim")
    (directory / "stick.c").write_text(SHIM)
    made = [compiler, "-w", "-shared", "-fPIC", "-o", directory / "stick.so", directory / "stick.c", "-ldl"]
    subprocess.run(made, check=True, timeout=60)
    return directory / "stick.so"


@pytest.fixture
def keys(tmp_path, shim):
    """Runs a command with the directory `stick` on a file system of that kind."""
    for name in ("stick", "word"):
        (tmp_path / name).mkdir() if name == "stick" else (tmp_path / name).write_text("a passphrase for everything\n")
    places = ["--server-name", NAME, "--keys-dir", tmp_path / "keys", "--secrets-dir", tmp_path / "secrets"]

    def keys(*arguments, kind=VFAT, expect=0, said=""):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HOME_")}
        environment |= {
            "LD_PRELOAD": str(shim), "STICK": str(tmp_path / "stick"), "STICK_TYPE": hex(kind),
            "CALLS": str(tmp_path / "calls"),
        }
        result = subprocess.run(
            [str(it) for it in (nodes.binary(), "keys", *arguments, *places)], capture_output=True, text=True, timeout=60,
            env=environment, start_new_session=True
        )
        assert result.returncode == expect and said in result.stderr, (result.returncode, result.stdout, result.stderr)
        return result

    keys("init", "--passphrase-file", tmp_path / "word", "--minimum-kdf")
    return keys


@pytest.mark.parametrize("kind", [VFAT, EXFAT])
def test_where_no_modes_are_kept_it_works_and_says_what_protects(keys, tmp_path, kind):
    stick, word = tmp_path / "stick", tmp_path / "word"
    warned = "only the passphrase protects it"

    def run(*arguments, said=warned):
        return keys(*arguments, kind=kind, said=said)

    run("root-rotate", "--new-root", stick / "root", "--passphrase-file", word, "--new-passphrase-file", word, "--minimum-kdf")
    assert stat.S_IMODE((stick / "root").stat().st_mode) == 0o755
    run("renew", "--root", stick / "root", "--passphrase-file", word)
    run("backup", "--to", stick / "backup", "--passphrase-file", word, "--minimum-kdf")
    run("restore", "--from", stick / "backup", "--passphrase-file", word)
    # What travels is public.
    assert warned not in run("export", "--to", stick / "unsigned.json", said="").stderr
    # The homeserver's own directories are no place for such a file system.
    (tmp_path / "keys").rename(stick / "keys")
    (tmp_path / "keys").symlink_to(stick / "keys")
    assert keys("status", kind=kind, expect=2)


def test_elsewhere_a_mode_that_cannot_be_had_is_a_failure(keys, tmp_path):
    stick, word = tmp_path / "stick", tmp_path / "word"
    keys("backup", "--to", stick / "backup", "--passphrase-file", word, "--minimum-kdf", kind=EXT4, expect=2, said="write failed")
    assert not (stick / "backup").exists()
    (stick / "root").write_bytes((tmp_path / "keys" / "root.sealed").read_bytes())
    (stick / "root").chmod(0o755)
    keys("renew", "--root", stick / "root", "--passphrase-file", word, kind=EXT4, expect=2, said="has mode 0755")


def test_a_new_root_is_on_the_disk_by_name_before_the_keyset_names_it(keys, tmp_path):
    """A crash could leave a keyset whose root was gone for ever."""
    stick, word = tmp_path / "stick", tmp_path / "word"
    (tmp_path / "calls").unlink()
    keys("root-rotate", "--new-root", stick / "root", "--passphrase-file", word, "--new-passphrase-file", word, "--minimum-kdf")
    calls = (tmp_path / "calls").read_text().splitlines()
    wanted = [f"fsync {stick / 'root'}", f"fsync {stick}", "rename keyset.json", f"fsync {tmp_path / 'keys'}"]
    assert [call for call in calls if call in wanted] == wanted, calls
