"""A person in front of a real browser. What he does he does through the page, by what it says, not by its insides."""

from pathlib import Path

from harness.person import PASSWORD, Person
from playwright.async_api import expect

SHOTS = Path(__file__).parents[1] / "screenshots"


class Visitor:
    """A browser profile of its own (cookies, storage) with one page or more, at one door of a homeserver.

    Everything that a page reports as an error, a refused content security policy included, is kept in `problems`; the suite fails a
    test that leaves some. `allows` names what a test brings about on purpose.
    """

    def __init__(self, browser, house, name, **options):
        self.browser = browser
        self.house = house
        self.person = Person(house, name)
        self.door = house.door()
        self.origin = f"http://{house.name}:{self.door.port}"
        self.options = options
        self.problems = []
        self.allowed = []
        self.context = None
        self.page = None

    @property
    def user_id(self):
        return self.person.user_id

    # Coming and going

    async def comes(self, path="/"):
        """Opens the page, signed out unless the profile has a cookie."""
        if self.context is None:
            options = {"locale": "en-GB", "viewport": {"width": 1100, "height": 720}, **self.options}
            self.context = await self.browser.new_context(**options)
            self.context.set_default_timeout(15_000)
        self.page = await self.another_tab(path)
        return self

    async def another_tab(self, path="/"):
        page = await self.context.new_page()
        page.on("pageerror", lambda error: self.problems.append(f"{self.user_id}: {error}"))
        page.on("console", self._hears)
        await page.goto(self.origin + path)
        await page.evaluate("globalThis.isTheSamePage = true")
        return page

    async def signs_in(self, path="/"):
        """Through the API, as the sign-in form does it; the form has tests of its own."""
        await self.gets_cookie()
        await self.page.goto(self.origin + path)
        await self.page.evaluate("globalThis.isTheSamePage = true")
        await expect(self.page.locator("home-shell")).to_be_visible()
        return self

    async def gets_cookie(self):
        """What `signs_in` does before it opens the page: nothing of the client is loaded yet."""
        if self.context is None:
            await self.comes("/client.json")
        # From within a page: the browser knows names under localhost, its driver does not.
        form = {"username": self.person.name, "password": PASSWORD, "cookie": True, "address": self.user_id}
        status = await self.page.evaluate(
            """async (form) => {
                const headers = { 'Content-Type': 'application/json' };
                const { status } = await fetch('/api/v1/login', { method: 'POST', headers, body: JSON.stringify(form) });
                // The form leaves this behind: a page asks only those who were signed in before.
                const [username, server] = form.address.split('@');
                try {
                    localStorage.setItem('home.account', JSON.stringify({ address: form.address, username, server }));
                } catch {
                    // A test that has it refused: then the page asks everybody.
                }
                return status;
            }""",
            form,
        )
        assert status == 200

    def allows(self, *texts):
        """Problems that contain one of these are expected."""
        self.allowed += texts

    def _hears(self, message):
        if message.type == "error":
            self.problems.append(f"{self.user_id}: {message.text} ({message.location.get('url', '')})")

    def unexpected(self):
        return [it for it in self.problems if not any(text in it for text in self.allowed)]

    async def leaves(self):
        if self.context is not None:
            await self.context.close()
            self.context = None

    async def navigations(self, page=None):
        """How often the page was loaded anew since it was opened, other than by the test itself."""
        return 0 if await (page or self.page).evaluate("globalThis.isTheSamePage === true") else 1

    async def goes(self, fragment, page=None):
        await (page or self.page).evaluate("fragment => { location.hash = fragment }", fragment)

    # Conversations

    async def opens(self, other, page=None):
        """The conversation with somebody, by its address in the fragment."""
        page = page or self.page
        address = other if isinstance(other, str) else other.user_id
        await page.evaluate("address => { location.hash = `#/direct/${address}` }", address)
        await expect(self.composer(page)).to_be_visible()
        return self

    def composer(self, page=None):
        return (page or self.page).locator("home-composer textarea")

    async def writes(self, text, page=None):
        """Types a message and sends it with Enter."""
        box = self.composer(page)
        await box.fill(text)
        await box.press("Enter")

    def log(self, page=None):
        return (page or self.page).get_by_role("log")

    async def texts(self, page=None):
        """The messages that the page shows, in order."""
        return await (page or self.page).locator("[role=log] .message-text").all_inner_texts()

    def row(self, text, page=None):
        return self.log(page).locator("article.message", has_text=text)

    def entry(self, other, page=None):
        """Somebody's line in the column of conversations."""
        return (page or self.page).locator(f'a.conversation-entry[data-address="{other.user_id}"]')

    async def sees(self, text, page=None, within=15.0):
        await expect(self.log(page).get_by_text(text, exact=True).first).to_be_visible(timeout=within * 1000)

    # Looking

    async def screenshot(self, name, page=None):
        SHOTS.mkdir(exist_ok=True)
        await (page or self.page).screenshot(path=SHOTS / f"{name}.png")
