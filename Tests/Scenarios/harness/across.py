"""The same screenplay across two homeservers: who founds a community lives on one, everybody else on the other.

What one does has arrived on the other homeserver before the screenplay goes on, so a scenario need not know where its people live.
"""

import asyncio
import time

import psycopg

from .node import Node
from .person import Person

# Everything that was queued for the other homeserver is acknowledged by it.
QUIET = "SELECT coalesce(bool_and(l.acked >= l.last), true) FROM outbound_links l JOIN peers p ON p.key = l.peer WHERE p.name = %s"


class Across:
    """Two homeservers in the place of one (`Node`), as far as screenplays of communities need it."""

    def __init__(self, here: Node, there: Node):
        self.here = here
        self.there = there
        # Whoever is given nothing else lives on the other one; a short name means that one, too.
        self.name = there.name
        self._looks = {}

    def __repr__(self):
        return f"{self.here.name} and {self.there.name}"

    async def _look(self, node):
        if node not in self._looks:
            url = node.about["database_url"].replace("postgresql://home@", "postgresql://postgres@")
            self._looks[node] = await psycopg.AsyncConnection.connect(url, autocommit=True)
        return self._looks[node]

    async def settles(self, within=20.0):
        """Until both have what the other had to say."""
        until = time.monotonic() + within
        while True:
            # What waits for others, who may be away, is of other scenarios.
            for node, other in ((self.here, self.there), (self.there, self.here)):
                cursor = await (await self._look(node)).execute(QUIET, (other.name,))
                (is_quiet,) = await cursor.fetchone()
                if not is_quiet:
                    break
            else:
                return
            assert time.monotonic() < until, f"{self}: something is still on its way"
            await asyncio.sleep(0.005)

    async def person(self, name="alice", at=None):
        person = await (at or self.there).person(name)
        person.settles = self.settles
        return person

    async def people(self, *names):
        return [await self.person(name) for name in names]

    async def friends(self, *names):
        people = await self.there.friends(*names)
        for one in people:
            one.settles = self.settles
        return people

    async def community(self, *names, name="Gardeners"):
        """Founded on one homeserver by the first of these new people; the others come in from the other one."""
        people: list[Person] = [await self.person(names[0], at=self.here)]
        people += [await self.person(it) for it in names[1:]]
        community = await people[0].founds(name)
        code = await people[0].makes_link(community) if people[1:] else None
        for one in people[1:]:
            await one.joins(community, code)
        for one in people:
            await one.connects()
        return community, *people

    async def ends(self):
        for look in self._looks.values():
            await look.close()
