"""Keeps every frame and every HTTP exchange of a scenario, and checks them against the project's documents."""

import importlib.util
import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
# Who sent a frame, in the words of docs/check.py.
TO_SERVER = "client"
TO_CLIENT = "server"


@dataclass
class Frame:
    direction: str
    text: str


@dataclass
class Exchange:
    method: str
    path: str
    request: bytes
    status: int
    content_type: str
    answer: bytes


@dataclass
class Recorder:
    """One a process. A frame that a scenario sends wrong on purpose is not recorded; the answer to it is."""

    frames: list = field(default_factory=list)
    exchanges: list = field(default_factory=list)
    _checked: set = field(default_factory=set)
    _checker: object = None

    def frame(self, direction, text):
        self.frames.append(Frame(direction, text))

    def exchange(self, *values):
        self.exchanges.append(Exchange(*values))

    def checker(self):
        if self._checker is None:
            path = ROOT / "docs" / "check.py"
            specification = importlib.util.spec_from_file_location("home_docs_check", path)
            self._checker = importlib.util.module_from_spec(specification)
            specification.loader.exec_module(self._checker)
        return self._checker

    def check(self):
        """Checks and forgets what passed since the last check; returns what was wrong with it, each thing once."""
        frames, exchanges = self.frames, self.exchanges
        self.frames, self.exchanges = [], []
        if not frames and not exchanges:
            return []
        problems = {}
        checker = self.checker()
        for frame in frames:
            # Frames that differ in the values of ids, times and digits only are checked once.
            known = (frame.direction, shape(frame.text))
            if known in self._checked:
                continue
            self._checked.add(known)
            for problem in checker.check_frame(frame.direction, frame.text):
                problems.setdefault(f"{frame.direction}: {problem}", frame.text[:600])
        for it in exchanges:
            where = f"{it.method} {it.path} → {it.status}"
            found = checker.check_http(it.method, it.path, it.status, it.request, it.answer)
            if it.answer and not it.content_type.startswith("application/json"):
                found.append(f"the answer is {it.content_type!r}, not JSON")
            for problem in found:
                problems.setdefault(f"{where}: {problem}", it.answer[:600].decode("utf-8", "replace"))
        return [f"{problem}\n    {text}" for problem, text in problems.items()]


UUID = re.compile(r'"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"')
TIMESTAMP = re.compile(r'"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"')
DIGITS = str.maketrans("23456789", "11111111")


def shape(text):
    """The frame with every id, time and digit made alike; lengths, zeros and everything else stay, so that no pattern or
    limit of a schema sees a difference."""
    return TIMESTAMP.sub('"time"', UUID.sub('"id"', text)).translate(DIGITS)


recorder = Recorder()
