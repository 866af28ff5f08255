"""The documents of the client API agree with each other, with the golden frames and with the code's own tables."""

import sys

from harness.node import run
from harness.recorder import ROOT


async def test_the_documents_agree():
    await run(sys.executable, ROOT / "docs" / "check.py", env={"PYTHONDONTWRITEBYTECODE": "1"})
