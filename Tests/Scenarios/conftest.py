"""What every scenario is given: homeservers, and the documents as their judge."""

import pytest
import pytest_asyncio

from harness.across import Across
from harness.homes import Homes
from harness.recorder import recorder
from harness.stage import Stage

pytest_plugins = ["harness.plugin"]


@pytest_asyncio.fixture
async def homes(state):
    """For scenarios that hurt their homeservers or want them otherwise than usual."""
    homes = Homes(state)
    yield homes
    await homes.end()


@pytest_asyncio.fixture(scope="session")
async def one(state):
    homes = Homes(state)
    yield await homes.one(fast=True)
    await homes.end()


@pytest_asyncio.fixture(scope="session")
async def across(two):
    across = Across(*two)
    yield across
    await across.ends()


@pytest.fixture
def home(request):
    """One homeserver for all scenarios that leave it as they found it: open registration, no rate limits. For files that say `ACROSS = True`
    each scenario is played twice: also across two homeservers, which stand in the place of the one.
    """
    return request.getfixturevalue(getattr(request, "param", "one"))


def pytest_generate_tests(metafunc):
    if "home" in metafunc.fixturenames and getattr(metafunc.module, "ACROSS", False):
        metafunc.parametrize("home", ["one", "across"], indirect=True)


@pytest_asyncio.fixture(scope="session")
async def two(state):
    """Two federated homeservers, alpha and beta, for all scenarios that leave them as they found them."""
    homes = Homes(state)
    yield await homes.two(fast=True)
    await homes.end()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stage(state):
    """alpha and a foreign gamma, for all scenarios of a file that leave them as they found them."""
    homes = Homes(state)
    stage = await Stage().set(homes)
    yield stage
    await stage.gamma.stops()
    await homes.end()


@pytest.fixture(autouse=True)
def _as_documented(request):
    """After each scenario: every frame and every answer that passed keeps to the documents."""
    recorder.frames.clear()
    recorder.exchanges.clear()
    yield
    problems = recorder.check()
    assert not problems, "not as documented:\n" + "\n".join(problems[:20])
