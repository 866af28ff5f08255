"""Waiting for what a page says of itself."""

from harness.waiting import eventually
from playwright.async_api import expect


async def tries_now(page):
    """What one does who does not want to wait until the next try. It may come back by itself meanwhile: then there is nothing left to press."""
    await page.evaluate("document.querySelector('home-banner .action .button')?.click()")
    await expect(page.locator("home-banner .notice.warning")).to_be_hidden(timeout=60_000)


async def becomes(page, expression, within=15.0):
    """Waits until a JavaScript expression is true. The driver's own way evaluates text in the page, which the pages' policy refuses."""
    await eventually(lambda: page.evaluate(expression), f"{expression} in the page", within)
