"""The pictures of the README: `python Tests/Browser/pictures.py DIRECTORY`. Run by ops/screenshots; the people and what they say are those
of the browser tests, and the clock stands still, so that the same client gives the same pictures."""

import asyncio
import base64
import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "Scenarios")]

from harness.node import end_all  # noqa: E402
from playwright.async_api import async_playwright, expect  # noqa: E402
from stage.chromium import launched  # noqa: E402
from stage.house import two_houses  # noqa: E402
from stage.neighbourhood import NAMES, Neighbourhood  # noqa: E402
from stage.visitor import Visitor  # noqa: E402

# A Friday afternoon; what is told of `n minutes ago` counts from here.
NOW = datetime(2026, 11, 20, 16, 40, tzinfo=UTC)

WINDOW = {"viewport": {"width": 1120, "height": 800}}
PHONE = {"viewport": {"width": 380, "height": 800}}

# name: (whose homeserver, who looks, at whom, how)
PICTURES = {
    "light": (0, "mara", "tomasz", WINDOW),
    "dark": (0, "mara", "tomasz", {**WINDOW, "color_scheme": "dark"}),
    "phone": (1, "tomasz", "mara", {**PHONE, "locale": "de-DE"}),
}
QUALITY = 88


async def taken(browser, neighbourhood, house, who, whom, options):
    """A picture of a conversation, as WebP."""
    options = {"reduced_motion": "reduce", "timezone_id": "UTC", "device_scale_factor": 2, **options}
    visitor = Visitor(browser, house, who, **options)
    try:
        await visitor.comes("/client.json")
        await visitor.context.clock.set_fixed_time(NOW)
        await visitor.signs_in()
        await visitor.opens(neighbourhood[whom])
        await visitor.sees("It leaves on the hour.")
        await expect(visitor.log().locator("[aria-busy=true]")).to_have_count(0)
        # Neither a caret that blinks nor a ring around it.
        await visitor.page.evaluate("document.activeElement.blur()")
        await visitor.page.evaluate("document.fonts.ready")
        devtools = await visitor.context.new_cdp_session(visitor.page)
        shot = await devtools.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
        assert not visitor.unexpected(), visitor.unexpected()
        return base64.b64decode(shot["data"])
    finally:
        await visitor.leaves()


async def main(directory):
    with tempfile.TemporaryDirectory(prefix="home-pictures-") as state:
        os.chmod(state, 0o755)  # PostgreSQL may run as another user
        try:
            houses = await two_houses(Path(state), NAMES)
            neighbourhood = await Neighbourhood(houses, NOW).gathers()
            await neighbourhood.some_stay("mara", "tomasz", "theo")
            async with async_playwright() as playwright:
                browser = await launched(playwright)
                for name, (at, who, whom, options) in PICTURES.items():
                    picture = await taken(browser, neighbourhood, houses[at], who, whom, options)
                    (directory / f"{name}.webp").write_bytes(picture)
                await browser.close()
            await neighbourhood.ends()
            for house in houses:
                await house.ends()
        finally:
            end_all()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
