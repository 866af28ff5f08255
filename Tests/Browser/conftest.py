"""Real browsers at real homeservers: what every test is given."""

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright
from stage.chromium import launched
from stage.house import two_houses
from stage.visitor import Visitor

pytest_plugins = ["harness.plugin"]


@pytest_asyncio.fixture(scope="session")
async def browser():
    async with async_playwright() as playwright:
        browser = await launched(playwright)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="session")
async def houses(state):
    """hs1 and hs2, federated, for all tests that leave them as they found them."""
    made = await two_houses(state)
    yield made
    for house in made:
        await house.ends()


class Visitors:
    """Makes visitors and says what their pages complained about."""

    def __init__(self, browser):
        self.browser = browser
        self.all = []

    async def at(self, house, name, signed_in=True, **options):
        """A new account with a browser profile of its own, signed in."""
        person = await house.person(name)
        visitor = Visitor(self.browser, house, person.name, **options)
        visitor.person.token = person.token
        self.all.append(visitor)
        if signed_in:
            await visitor.comes("/client.json")
            await visitor.signs_in()
        return visitor

    async def again(self, visitor, **options):
        """The same person in another browser, signed in there too."""
        other = Visitor(self.browser, visitor.house, visitor.person.name, **options)
        self.all.append(other)
        return await other.signs_in()

    async def stranger(self, house, name="stranger", **options):
        """Somebody without an account, at the door."""
        visitor = Visitor(self.browser, house, name, **options)
        self.all.append(visitor)
        return await visitor.comes()


@pytest_asyncio.fixture
async def visitors(browser):
    visitors = Visitors(browser)
    yield visitors
    problems = [problem for visitor in visitors.all for problem in visitor.unexpected()]
    for visitor in visitors.all:
        await visitor.leaves()
    assert not problems, "the pages complained:\n" + "\n".join(problems[:20])


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    visitors = getattr(item, "funcargs", {}).get("visitors")
    if report.failed and visitors is not None:
        problems = [problem for visitor in visitors.all for problem in visitor.problems]
        report.sections.append(("what the pages said", "\n".join(problems[-40:])))
