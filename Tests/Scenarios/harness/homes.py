"""Makes homeservers for scenarios."""

import os
import tempfile

from .node import Node


class Homes:
    """Makes homeservers; those of a scenario end with it."""

    def __init__(self, state):
        self.state = state
        self.made = []

    def new(self, name="alpha.localhost", **options):
        """Not made yet: `await node.made()` and `await node.starts()` do that."""
        directory = tempfile.mkdtemp(prefix=f"{name.split('.')[0]}-", dir=self.state)
        os.chmod(directory, 0o755)
        options.setdefault("authority", self.state / "authority")
        node = Node(directory, name, **options)
        self.made.append(node)
        return node

    async def one(self, name="alpha.localhost", peers=(), **options):
        node = self.new(name, **options)
        await node.made(peers)
        return await node.starts()

    async def two(self, **options):
        """Two homeservers that know each other."""
        alpha, beta = self.new("alpha.localhost", **options), self.new("beta.localhost", **options)
        await alpha.made([beta])
        await beta.made([alpha])
        await alpha.starts()
        await beta.starts()
        return alpha, beta

    async def end(self):
        for node in self.made:
            await node.ends()
