"""The frames of a page's sockets: watched as they come and go, or changed on their way."""

import json

from harness.waiting import eventually

# What a browser itself says about a connection that ended.
BROKEN = ("WebSocket connection to", "net::ERR_")


class Trace:
    """The frames of every socket of a page, as they came and went."""

    def __init__(self, page):
        self.sockets = 0
        self.received = []
        self.sent = []
        page.on("websocket", self._opened)

    def _opened(self, socket):
        self.sockets += 1
        socket.on("framereceived", lambda data: self.received.append(json.loads(data)))
        socket.on("framesent", lambda data: self.sent.append(json.loads(data)))

    def types(self):
        return [frame["type"] for frame in self.received]


async def traced(visitors, house, name, before=None):
    """Somebody signed in, with every frame since the first socket. `before(visitor)` is done before the page of Home is opened."""
    visitor = await visitors.at(house, name, signed_in=False)
    visitor.allows(*BROKEN)
    await visitor.comes("/client.json")
    if before:
        await before(visitor)
    trace = Trace(visitor.page)
    await visitor.signs_in()
    await eventually(lambda: "ready" in trace.types(), "the page is connected", within=15)
    return visitor, trace


async def changes_frames(visitor, change):
    """The page gets what `change(frame)` returns, a list, in place of each frame of the homeserver. For sockets that are opened later."""

    def opened(route):
        server = route.connect_to_server()

        def passes(text):
            for frame in change(json.loads(text)):
                route.send(json.dumps(frame))

        server.on_message(passes)

    await visitor.context.route_web_socket("**/ws?*", opened)
