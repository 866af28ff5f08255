"""What a browser allows a page, and which window has the focus: both as they are for a person, where the driver has its own ways."""

from .page import becomes


async def permits(visitor, name, setting):
    """`granted`, `denied` or `prompt` for what the browser calls by that name (`notifications`, `clipboard-write`), on the visitor's origin."""
    session = await visitor.context.new_cdp_session(visitor.page)
    target = (await session.send("Target.getTargetInfo"))["targetInfo"]
    await session.detach()
    # The setting lasts as long as this session, which ends with the browser.
    browser = await visitor.browser.new_browser_cdp_session()
    wanted = {"permission": {"name": name}, "setting": setting, "origin": visitor.origin}
    await browser.send("Browser.setPermission", {**wanted, "browserContextId": target["browserContextId"]})


async def loses_the_focus(visitor, *pages):
    """These pages have the focus only while they are in front (the driver pretends that all have it); now an empty page is in front."""
    for page in pages:
        session = await visitor.context.new_cdp_session(page)
        await session.send("Emulation.setFocusEmulationEnabled", {"enabled": False})
    front = await visitor.context.new_page()
    await front.bring_to_front()
    for page in pages:
        await becomes(page, "!document.hasFocus()")
    return front
