"""Options of every suite with real homeservers, and an honest end: whatever happens, no process and no directory stays."""

import asyncio
import atexit
import contextlib
import fcntl
import os
import random
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
import pytest_asyncio

from . import node as nodes


def pytest_addoption(parser):
    group = parser.getgroup("home", "homeservers")
    group.addoption("--long", action="store_true", help="the hard tests in full, instead of in their shorter form")
    group.addoption(
        "--kills", type=int, default=None, help="how many processes the crash scenarios kill, all together (20; --long: 200)"
    )
    group.addoption("--seed", type=int, default=None, help="of everything random; printed at every run")
    group.addoption("--binary", default=None, help="the homeserver program (default: $HOME_BINARY, then the debug build)")


def pytest_configure(config):
    config.addinivalue_line("markers", "alone: measures time, and therefore runs while no other worker does")
    if config.option.kills is None:
        config.option.kills = 200 if config.option.long else 20
    if config.getoption("--binary"):
        os.environ["HOME_BINARY"] = str(Path(config.getoption("--binary")).resolve())
    if hasattr(config, "workerinput"):
        return
    seed = config.getoption("--seed")
    os.environ["HOME_SCENARIO_SEED"] = str(random.randrange(1 << 32) if seed is None else seed)
    # Workers put everything under it, so that whatever is left of an interrupted one is found and ended here.
    config.home_state = Path(tempfile.mkdtemp(prefix="home-scenarios-"))
    os.chmod(config.home_state, 0o755)  # PostgreSQL may run as another user
    os.environ["HOME_SCENARIO_STATE"] = str(config.home_state)
    atexit.register(clean_up, config.home_state)


def pytest_unconfigure(config):
    if hasattr(config, "home_state"):
        clean_up(config.home_state)


def clean_up(state):
    """Ends every process of every homeserver under this directory, and deletes it."""
    nodes.end_all()
    for config in state.glob("*/*/config.json"):
        subprocess.run([nodes.OPS, "destroy", config.parent], stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    shutil.rmtree(state, ignore_errors=True)


def pytest_report_header(config):
    form = "--long, " if config.option.long else ""
    return f"homes: {nodes.binary()}, {form}--seed {os.environ['HOME_SCENARIO_SEED']}, --kills {config.option.kills}"


@pytest.fixture(scope="session")
def seed():
    return int(os.environ["HOME_SCENARIO_SEED"])


@pytest.fixture(scope="session")
def long(request):
    """Whether hard tests run in full: what takes minutes, or tens of thousands of messages, has a shorter form without."""
    return request.config.option.long


def pytest_collection_modifyitems(items):
    """Files that wait longest begin first: one that begins last leaves the other workers idle."""
    items.sort(key=lambda item: not getattr(item.module, "WAITS_LONGEST", False))


@pytest.fixture(scope="session")
def kills(request):
    return request.config.getoption("--kills")


@pytest.fixture(scope="session")
def state():
    """A directory for the homeservers of this worker."""
    directory = Path(tempfile.mkdtemp(prefix="worker-", dir=os.environ["HOME_SCENARIO_STATE"]))
    os.chmod(directory, 0o755)
    yield directory
    nodes.end_all()


@contextlib.asynccontextmanager
async def locked(name, kind):
    """A lock among the workers. Waited for without blocking: what the worker keeps open has to go on."""
    with open(Path(os.environ["HOME_SCENARIO_STATE"]) / name, "a") as file:
        while True:
            try:
                fcntl.flock(file, kind | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(0.01)
        yield


@pytest_asyncio.fixture(autouse=True)
async def _company(request):
    """A test that is marked `alone` has the machine for itself: it measures how long something takes. The others let it in between two of
    theirs, and wait until it is over."""
    if request.node.get_closest_marker("alone"):
        async with locked("door", fcntl.LOCK_EX), locked("room", fcntl.LOCK_EX):
            yield
    else:
        async with contextlib.AsyncExitStack() as room:
            async with locked("door", fcntl.LOCK_EX):
                await room.enter_async_context(locked("room", fcntl.LOCK_SH))
            yield


@pytest.fixture(scope="session", autouse=True)
def _program():
    if not os.access(nodes.binary(), os.X_OK):
        pytest.exit(f"there is no homeserver at {nodes.binary()}: build it, or give --binary", returncode=2)


@pytest.fixture(autouse=True)
def _calm(request):
    """No scenario may leave a crash or an internal error behind, in any homeserver that it used."""
    marks = {node: len(node.log()) for node in nodes.ALL}
    yield
    for node in list(nodes.ALL):
        fresh = node.log()[marks.get(node, 0) :]
        for line in fresh.splitlines():
            assert "Fatal error" not in line and "Crash:" not in line, f"{node} crashed: {line}"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.failed:
        for node in nodes.ALL:
            lines = node.log().splitlines()[-60:]
            report.sections.append((f"the last words of {node} ({node.directory})", "\n".join(lines)))
