"""Debian's Chromium, without a window."""

import os
import shutil


def program():
    found = os.environ.get("HOME_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, "there is no Chromium: apt-get install chromium"
    return found


async def launched(playwright, *flags):
    # Root has no user namespace to make a sandbox with; what these pages load comes from this machine only.
    return await playwright.chromium.launch(executable_path=program(), args=["--no-sandbox", *flags])
