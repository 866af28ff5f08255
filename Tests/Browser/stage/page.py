"""Waiting for what a page says of itself."""

from harness.waiting import eventually


async def becomes(page, expression, within=15.0):
    """Waits until a JavaScript expression is true. The driver's own way evaluates text in the page, which the pages' policy refuses."""
    await eventually(lambda: page.evaluate(expression), f"{expression} in the page", within)
