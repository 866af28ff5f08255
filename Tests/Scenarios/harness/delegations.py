"""A server of many names whose well-knowns lead where a scenario wants, as a program that runs in an island (`well_knowns`).

    python -m harness.delegations AUTHORITY ADDRESS '{name: delegation | URL to redirect to | null}'

It says `ready` when it listens, and notes the names that were asked for in AUTHORITY/asked.json.
"""

import asyncio
import contextlib
import json
import sys
from pathlib import Path

from aiohttp import web

from .certificates import server_tls_of_names
from .islands import SCENARIOS


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


@contextlib.asynccontextmanager
async def well_knowns(island, authority, address, names):
    """Serves these delegations on port 443 of the island, with a certificate that its system trusts."""
    command = island.inside(sys.executable, "-m", "harness.delegations", str(authority), address, json.dumps(names))
    server = await asyncio.create_subprocess_exec(
        *command, cwd=SCENARIOS, stdout=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL
    )
    try:
        assert await server.stdout.readline() == b"ready\n"
        yield
    finally:
        server.terminate()
        await server.wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])))
