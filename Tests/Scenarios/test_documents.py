"""The documents of the client API agree with each other, with the golden frames and with the code's own tables."""

import re
import sys

from harness.node import run
from harness.recorder import ROOT


async def test_the_documents_agree():
    await run(sys.executable, ROOT / "docs" / "check.py", env={"PYTHONDONTWRITEBYTECODE": "1"})


def test_the_threat_model_names_tests_that_there_are():
    text = (ROOT / "docs" / "threat-model.md").read_text()
    files = {path.name for path in (ROOT / "Tests").rglob("*") if path.suffix in (".py", ".swift", ".js")}
    named = set(re.findall(r"`(?:[\w/]*/)?(test_\w+\.py|[\w.]+\.test\.js)`", text))
    named |= {f"{suite}.swift" for suite in re.findall(r"`([A-Z]\w+Tests)`", text)}
    assert len(named) > 40
    missing = {name for name in named if name not in files and not (ROOT / "Tests" / name.removesuffix(".swift")).is_dir()}
    assert not missing
    targets = set(re.findall(r"fuzz targets? `([a-z-]+)`(?: and `([a-z-]+)`)?", text))
    assert {it for pair in targets for it in pair if it} == {path.name for path in (ROOT / "Fuzz" / "Corpus").iterdir()}
