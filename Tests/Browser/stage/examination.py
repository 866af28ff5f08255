"""What is wrong with a page as it stands: found by axe, and by the measures of geometry.js."""

from pathlib import Path

from axe_playwright_python.base import AXE_SCRIPT

from .page import becomes

GEOMETRY = (Path(__file__).parent / "geometry.js").read_text()

# The least side of what is pressed, in px, where fingers do it.
FINGER = 40


async def misfits(page):
    """What is cut off, covered, moving or too small to be pressed."""
    return await page.evaluate(GEOMETRY, {"finger": FINGER})


async def barriers(page):
    """What hinders somebody seriously."""
    if not await page.evaluate("'axe' in globalThis"):
        await page.evaluate(AXE_SCRIPT)
    found = await page.evaluate("axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)")
    return [
        f"{it['id']} ({it['impact']}): {node['target']}: {node['failureSummary']}"
        for it in found
        if it["impact"] in ("serious", "critical")
        for node in it["nodes"]
    ]


async def examined(visitor, stops, pictures, direction=None):
    """Goes from stop to stop, takes a picture at each, and says what is wrong at all of them together."""
    page, wrong = visitor.page, []
    async for stop in stops:
        # What is still being loaded turns, more slowly where motion is to be reduced.
        await becomes(page, "!matchMedia('(prefers-reduced-motion: reduce)').matches || !document.querySelector('.spinner, [data-busy]')")
        if direction:
            await page.evaluate("direction => { document.documentElement.dir = direction }", direction)
        await visitor.screenshot(f"{pictures}.{stop}")
        wrong += [f"{stop}: {it}" for it in [*await misfits(page), *await barriers(page)]]
    return wrong
