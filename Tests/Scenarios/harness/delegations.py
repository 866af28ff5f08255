"""A server of many names whose well-knowns lead where a scenario wants, as a program: it runs in an island.

    python -m harness.delegations AUTHORITY ADDRESS '{name: delegation | URL to redirect to | null}'

It says `ready` when it listens, and notes the names that were asked for in AUTHORITY/asked.json.
"""

import asyncio
import json
import sys
from pathlib import Path

from aiohttp import web

from .certificates import server_tls_of_names


async def serve(authority, address, names):
    asked = []

    async def answer(request):
        name = request.host.split(":")[0]
        asked.append(name)
        (authority / "asked.json").write_text(json.dumps(asked))
        leads = names.get(name)
        if isinstance(leads, str):
            return web.Response(status=302, headers={"Location": leads})
        return web.json_response(leads) if leads else web.Response(status=404)

    app = web.Application()
    app.router.add_get("/.well-known/home-server", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, address, 443, ssl_context=server_tls_of_names(authority, list(names))).start()
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])))
