"""The database of a node as it was: what an operator has who restores by hand (`ops/backup` and `ops/restore` have scenarios of their own)."""

import os
import subprocess


class Backup:
    """A copy of a node's PostgreSQL as it is now; both are down for it."""

    def __init__(self, node):
        self.node = node
        self.data = os.path.realpath(node.directory / "postgres")
        self.copy = self.data + ".backup"

    async def made(self):
        await self.node.stops()
        await self.node.postgres_stops()
        self._copy(self.data, self.copy)
        await self.node.postgres_starts()
        await self.node.starts()
        return self

    async def restored(self):
        """What has happened since the copy is forgotten. The homeserver is down."""
        await self.node.postgres_stops()
        self._copy(self.copy, self.data)
        await self.node.postgres_starts()

    @staticmethod
    def _copy(source, target):
        subprocess.run(["rm", "-rf", "--", target], check=True)
        subprocess.run(["cp", "-a", "--", source, target], check=True)
