"""The OpenAPI document as a judge by itself: a tool that is not ours makes requests from it, right ones and wrong ones, for a bounded time."""

import re
import shutil
import sys

import yaml

from harness.communities import NOBODY
from harness.node import befriend, run
from harness.recorder import ROOT

SECONDS = 45
# What ends the session that asks or takes away what the other requests are about, and what is no request of HTTP.
LEFT_OUT = ["logout", "revokeOtherSessions", "socket", "deleteServer", "leaveServer", "deleteChannel", "deleteRole", "removeFriend"]
CHECKS = ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance"]


async def everything(home):
    """alice, with something of each kind that a path can name; and what is there, by the names of parameters of paths."""
    community, alice, bob = await home.community("alice", "bob")
    carol, dora = await home.people("carol", "dora")
    role = await alice.makes_role(community, "Role", ["speak"])
    message = (await bob.writes("a message", community.general, mentions=[alice.user_id]))["message_id"]
    report = await alice.reports(community.general, message, "x")
    await alice.deletes(community.general, (await bob.writes("gone", community.general))["message_id"])
    sent = (await alice.invites(carol, to=community))["invite_id"]
    received = (await dora.invites(alice, to=await dora.founds("dora's")))["invite_id"]
    code = await alice.makes_link(community)
    await befriend(alice, carol)
    await carol.connects()
    conversation = (await carol.sends("private", to=alice))["conversation_id"]
    await bob.asks(alice)
    request = next(it["request_id"] for it in (await alice.http("GET", "/friend-requests")).json["friend_requests"])
    there = {
        # By what stands before it in the path.
        "servers": [community.id, NOBODY],
        "channels": [community.general, conversation, NOBODY],
        "friend-requests": [request, NOBODY],
        "sessions": [NOBODY],
        "address": [bob.user_id, bob.name, carol.user_id, alice.user_id, "nobody.of.this.name"],
        "role_id": [role, community.everyone, community.roles["Moderator"], NOBODY],
        "message_id": [message, NOBODY],
        "invite_id": [sent, received, NOBODY],
        "report_id": [report, NOBODY],
        "code": [code, f"{code}@{home.name}", "x" * 22],
        "target": ["everyone", role, bob.user_id],
    }
    return alice, there


async def test_every_route_wants_the_session_that_the_document_asks_for(home):
    document = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())
    asked = 0
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method == "parameters" or operation.get("security") == []:
                continue
            target = re.sub(r"{(\w+)}", lambda it: {"address": "nobody", "target": "everyone"}.get(it[1], NOBODY), path)
            for headers in ({}, {"Authorization": "Bearer made-up"}):
                body = {"json": {}} if "requestBody" in operation else {}
                answer = await home.web.call(method.upper(), target, headers=headers, **body)
                answer.expect(401, "unauthorized")
            asked += 1
    assert asked > 60


async def test_no_request_made_from_the_document_is_answered_otherwise_than_it_says(homes, tmp_path, seed, long):
    home = await homes.one(fast=True)
    alice, there = await everything(home)
    shutil.copytree(ROOT / "docs" / "schemas", tmp_path / "schemas")
    document = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())
    named = set()
    for path, item in document["paths"].items():
        for index, reference in enumerate(item.get("parameters", [])):
            parameter = document["components"]["parameters"][reference["$ref"].rsplit("/", 1)[1]]
            name = parameter["name"] if parameter["name"] != "id" else path.split("/")[3]
            # Random ids would find nothing, ever.
            item["parameters"][index] = {**parameter, "schema": {"type": "string", "enum": there[name]}}
            named.add(name)
    assert named == set(there)
    (tmp_path / "openapi.yaml").write_text(yaml.safe_dump(document))
    seconds = SECONDS * (10 if long else 1)
    command = ["env", f"--chdir={tmp_path}", sys.executable, "-m", "schemathesis.cli", "run", tmp_path / "openapi.yaml", "--url", home.url]
    command += ["--header", f"Authorization: Bearer {alice.token}", "--checks", ",".join(CHECKS), "--seed", seed]
    command += ["--max-time", seconds, "--phases", "coverage,fuzzing", "--max-examples", 1000 if long else 12]
    command += ["--generation-database", "none", "--no-shrink", "--warnings", "off", "--no-color", "--suppress-health-check", "all"]
    for name in LEFT_OUT:
        command += ["--exclude-operation-id", name]
    code, out, err = await run(*command, within=seconds + 120, expect=None, env={"HOME": str(tmp_path)})
    print(out[-6000:])
    assert code == 0, out[-6000:] + err[-2000:]
    assert "server error" not in home.log()
    # It did something: the community is there and has got more.
    (await alice.http("GET", f"/servers/{there['servers'][0]}")).expect(200)
    assert len(await alice.communities()) > 1, "not even a community was made"
