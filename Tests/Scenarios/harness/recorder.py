"""Keeps every frame and every HTTP exchange of a scenario, and checks them against the project's documents."""

import importlib.util
import json
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TO_SERVER = "client-to-server"
TO_CLIENT = "server-to-client"


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
    deliberate: bool


@dataclass
class Recorder:
    """One a process. What a scenario sends wrong on purpose is marked so: only the answer to it is checked then."""

    frames: list = field(default_factory=list)
    exchanges: list = field(default_factory=list)
    seen: set = field(default_factory=set)
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
            self._note(frame)
            for problem in checker.check_frame(frame.direction, frame.text):
                problems.setdefault(f"{frame.direction}: {problem}", frame.text[:600])
        for it in exchanges:
            where = f"{it.method} {it.path} → {it.status}"
            for problem in checker.check_http(
                it.method, it.path, it.status, None if it.deliberate else it.request, it.answer, it.content_type
            ):
                problems.setdefault(f"{where}: {problem}", it.answer[:600].decode("utf-8", "replace"))
        return [f"{problem}\n    {text}" for problem, text in problems.items()]

    def _note(self, frame):
        """Remembers which types and fields really passed, for the comparison with what is documented."""
        try:
            value = json.loads(frame.text)
            kind = value["type"]
        except (ValueError, KeyError, TypeError):
            return
        self.seen.add((frame.direction, kind, ""))
        for name in value:
            self.seen.add((frame.direction, kind, name))


recorder = Recorder()
