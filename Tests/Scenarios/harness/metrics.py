"""Prometheus' text format, version 0.0.4, read strictly: what Prometheus itself would refuse is refused here."""

import re

SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (NaN|[+-]Inf|[-+0-9.eE]+)')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')


class Metrics:
    """One scrape. `metrics["name"]` or `metrics["name", "label", "value"…]` is a sample's value, or None."""

    def __init__(self, text):
        self.help, self.type, self.samples = {}, {}, {}
        assert text.endswith("\n"), "the last line must end"
        closed, current = set(), None
        for line in text.splitlines():
            if line.startswith("# "):
                _, kind, name, rest = line.split(" ", 3)
                assert kind in ("HELP", "TYPE"), line
                if name != current:
                    assert name not in closed, f"{name} comes twice"
                    closed.add(name)
                    current = name
                into = self.help if kind == "HELP" else self.type
                assert name not in into, line
                into[name] = rest
                continue
            match = SAMPLE.fullmatch(line)
            assert match, line
            name, labels, value = match.groups()
            assert current and name.removeprefix(current) in ("", "_bucket", "_sum", "_count"), f"{line} after {current}"
            pairs = LABEL.findall(labels or "")
            assert "".join(match.group(0) for match in LABEL.finditer(labels or "")) == (labels or ""), line
            key = (name, *[part for pair in pairs for part in pair])
            assert key not in self.samples, f"{line} comes twice"
            self.samples[key] = float(value)

    def __getitem__(self, key):
        return self.samples.get(key if isinstance(key, tuple) else (key,))

    def of(self, name):
        """All samples of a name, by their labels."""
        return {key[1:]: value for key, value in self.samples.items() if key[0] == name}


async def scrape(node):
    """What a homeserver says on its metrics listener."""
    answer = await node.metrics.call("GET", "/metrics", within=10)
    assert answer.status == 200, answer
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    return Metrics(answer.body.decode())
