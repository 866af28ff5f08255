#!/usr/bin/env python3
"""Checks the documents of the client API, and what went over the wire against them.

Run it (`python3 docs/check.py`) and it checks the documents themselves and the golden frames in
Tests/Snapshots/client-frames (which the Swift tests compare with the code): exit code 0 when all agree, 1 when not, with
one line for each problem. That routes, types and codes of documents and code are the same is a Swift test's business.

Import it and each function answers a list of problems, which is empty when all is well:

    check_frame("server" | "client", text)      one text frame; who sent it
    check_http(method, path, status, request_body, response_body)

Needs docs/requirements.txt.
"""

import json
import pathlib
import re
import sys
import urllib.parse

import yaml
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate as validate_openapi
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

DOCS = pathlib.Path(__file__).resolve().parent
SNAPSHOTS = DOCS.parent / "Tests" / "Snapshots"
# Schemas are addressed by where they stand; they carry no $id, so that they may be moved or served anywhere.
BASE = "https://documents.invalid/"
METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
FRAME_BYTES = 65_536
# A text frame of the homeserver: no limit but its memory; what it sends is small all the same.
SERVER_FRAME_BYTES = 1_048_576


# Reading


def parse_strictly(text):
    """JSON as the protocol takes it: no duplicate keys, no NaN."""

    def members(pairs):
        keys = [key for key, _ in pairs]
        twice = {key for key in keys if keys.count(key) > 1}
        if twice:
            raise ValueError(f"duplicate key {sorted(twice)[0]!r}")
        return dict(pairs)

    def constant(name):
        raise ValueError(f"{name} is not JSON")

    if isinstance(text, (bytes, bytearray, memoryview)):
        text = bytes(text).decode("utf-8")
    return json.loads(text, object_pairs_hook=members, parse_constant=constant)


def load_schemas():
    return {path.name: json.loads(path.read_text("utf-8")) for path in sorted((DOCS / "schemas").glob("*.json"))}


SCHEMAS = load_schemas()
ASYNCAPI = yaml.safe_load((DOCS / "asyncapi.yaml").read_text("utf-8"))
OPENAPI = yaml.safe_load((DOCS / "openapi.yaml").read_text("utf-8"))
REGISTRY = Registry().with_resources(
    (BASE + "schemas/" + name, DRAFT202012.create_resource(schema)) for name, schema in SCHEMAS.items()
)


def absolute(schema, base=BASE):
    """The same schema with its references made absolute."""
    if isinstance(schema, dict):
        return {
            key: urllib.parse.urljoin(base, value) if key == "$ref" else absolute(value, base)
            for key, value in schema.items()
        }
    if isinstance(schema, list):
        return [absolute(value, base) for value in schema]
    return schema


def validator(schema):
    return Draft202012Validator(absolute(schema), registry=REGISTRY)


def violations(schema, value, what):
    problems = []
    for error in sorted(validator(schema).iter_errors(value), key=lambda error: list(map(str, error.absolute_path))):
        where = "/".join(map(str, error.absolute_path)) or "the whole"
        problems.append(f"{what}: {where}: {error.message[:300]}")
    return problems


def pointer(document, reference):
    """What a local reference (#/a/b) of a document names."""
    if not reference.startswith("#/"):
        raise KeyError(f"{reference} is not a local reference")
    found = document
    for part in reference[2:].split("/"):
        part = part.replace("~1", "/").replace("~0", "~")
        found = found[part]
    return found


def dereference(document, value):
    while isinstance(value, dict) and "$ref" in value and value["$ref"].startswith("#/"):
        value = pointer(document, value["$ref"])
    return value


# The socket


def frame_schemas():
    """{"server": {type: schema}, "client": {…}} from the operations of the AsyncAPI document."""
    found = {"server": {}, "client": {}}
    for operation in ASYNCAPI["operations"].values():
        sender = {"send": "server", "receive": "client"}[operation["action"]]
        for message in operation["messages"]:
            message = dereference(ASYNCAPI, message)
            found[sender][message["name"]] = message["payload"]["schema"]
    return found


FRAMES = frame_schemas()


def check_frame(direction, text):
    """One text frame. `direction` says who sent it: "client" or "server"."""
    if direction not in FRAMES:
        raise ValueError('direction must be "client" or "server"')
    limit = FRAME_BYTES if direction == "client" else SERVER_FRAME_BYTES
    size = len(text.encode("utf-8") if isinstance(text, str) else text)
    if size > limit:
        return [f"a frame of the {direction} has {size} bytes"]
    try:
        frame = parse_strictly(text)
    except ValueError as error:
        return [f"a frame of the {direction} is not JSON: {error}"]
    if not isinstance(frame, dict):
        return [f"a frame of the {direction} is not an object"]
    kind = frame.get("type")
    schema = FRAMES[direction].get(kind) if isinstance(kind, str) else None
    if schema is None:
        return [f"{kind!r} is no documented type of the {direction}"]
    return violations(schema, frame, f"{kind} of the {direction}")


# HTTP


def match_path(path):
    """The template of the OpenAPI document that a path is one of, and its item; (None, None) otherwise."""
    segments = path.strip("/").split("/")
    for template, item in OPENAPI["paths"].items():
        pattern = template.strip("/").split("/")
        if len(pattern) == len(segments) and all(
            part.startswith("{") or part == segment for part, segment in zip(pattern, segments)
        ):
            return template, item
    return None, None


def empty(body):
    return body is None or len(body) == 0


def check_body(content, body, what):
    if not content:
        return [] if empty(body) else [f"{what} has an undocumented body"]
    if empty(body):
        return [f"{what} has no body"]
    try:
        value = parse_strictly(body)
    except ValueError as error:
        return [f"{what} is not JSON: {error}"]
    return violations(content["application/json"]["schema"], value, what)


def check_query(parameters, query, what):
    """The documented parameters; a name that no route knows is ignored by the homeserver, as unknown fields are."""
    given = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
    problems = []
    for parameter in parameters:
        name, schema = parameter["name"], parameter.get("schema", {})
        if parameter["in"] != "query":
            continue
        if name in given:
            text = given[name]
            value = int(text) if schema.get("type") == "integer" and re.fullmatch(r"[0-9]{1,19}", text) else text
            problems += violations(schema, value, f"{what}: parameter {name}")
        elif parameter.get("required"):
            problems.append(f"{what}: the parameter {name!r} is missing")
    return problems


def check_http(method, path, status, request_body, response_body):
    """One exchange. `path` is the request's target; bodies are text, bytes or None. What was asked is checked only when
    it was granted, because tests ask for wrong things on purpose."""
    target = urllib.parse.urlsplit(path)
    what = f"{method} {target.path} {status}"
    error = {"application/json": {"schema": {"$ref": "schemas/error.json"}}}
    template, item = match_path(target.path)
    if item is None:
        if status != 404:
            return [f"{what}: the path is not documented"]
        return check_body(error, response_body, what)
    operation = item.get(method.lower())
    if operation is None:
        if status != 405:
            return [f"{what}: the method is not documented"]
        return check_body(error, response_body, what)
    responses = operation["responses"]
    if str(status) in responses:
        response = responses[str(status)]
    elif status in (429, 500, 503):
        response = responses["default"]
    else:
        return [f"{method} {template}: the status {status} is not documented"]
    problems = check_body(dereference(OPENAPI, response).get("content"), response_body, what)
    if 200 <= status < 300:
        parameters = [
            dereference(OPENAPI, parameter)
            for parameter in item.get("parameters", []) + operation.get("parameters", [])
        ]
        problems += check_query(parameters, target.query, what)
        request = dereference(OPENAPI, operation.get("requestBody", {}))
        if request:
            problems += check_body(request.get("content"), request_body, f"request of {what}")
    return problems


# The documents themselves


def nodes(value):
    yield value
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for child in children:
        yield from nodes(child)


def references(value):
    return [
        node["$ref"] for node in nodes(value) if isinstance(node, dict) and isinstance(node.get("$ref"), str)
    ]


def check_schemas():
    problems = []
    for name, schema in SCHEMAS.items():
        try:
            Draft202012Validator.check_schema(schema)
        except Exception as error:  # The library's own text says where.
            problems.append(f"schemas/{name}: {error}")
        resolver = REGISTRY.resolver(BASE + "schemas/" + name)
        for reference in references(schema):
            try:
                resolver.lookup(reference)
            except Unresolvable:
                problems.append(f"schemas/{name}: {reference} does not resolve")
    used = {
        urllib.parse.urljoin(base, reference).split("#")[0]
        for base, document in [(BASE, ASYNCAPI), (BASE, OPENAPI)]
        + [(BASE + "schemas/" + name, schema) for name, schema in SCHEMAS.items()]
        for reference in references(document)
    }
    for name in SCHEMAS:
        if BASE + "schemas/" + name not in used:
            problems.append(f"schemas/{name} is used by no document")
    return problems


def open_objects(schema, base, seen):
    """Where an object that we send would let an undocumented field pass."""
    schema = absolute(schema, base)
    problems = []
    for node in nodes(schema):
        if not isinstance(node, dict):
            continue
        if "properties" in node and node.get("additionalProperties") is not False:
            problems.append(f"{base}: an object that we send is not closed: {sorted(node['properties'])}")
        reference = node.get("$ref")
        if isinstance(reference, str) and reference not in seen:
            seen.add(reference)
            try:
                found = REGISTRY.resolver().lookup(reference)
            except Unresolvable:
                problems.append(f"{reference} does not resolve")
                continue
            problems += open_objects(found.contents, reference.split("#")[0], seen)
    return problems


def check_asyncapi():
    problems = []
    if not str(ASYNCAPI.get("asyncapi", "")).startswith("3."):
        problems.append("asyncapi.yaml is not AsyncAPI 3")
    for reference in references({key: value for key, value in ASYNCAPI.items()}):
        if reference.startswith("#"):
            try:
                pointer(ASYNCAPI, reference)
            except (KeyError, TypeError):
                problems.append(f"asyncapi.yaml: {reference} does not resolve")
    if problems:
        return problems
    messages = ASYNCAPI["components"]["messages"]
    offered = [dereference(ASYNCAPI, message)["name"] for message in ASYNCAPI["channels"]["socket"]["messages"].values()]
    operated = [name for types in FRAMES.values() for name in types]
    for key, message in messages.items():
        name = message["name"]
        if offered.count(name) != 1 or operated.count(name) < 1:
            problems.append(f"asyncapi.yaml: {name} is not in the channel and in an operation")
        schema = SCHEMAS.get(message["payload"]["schema"]["$ref"].split("/")[-1])
        if schema is None:
            problems.append(f"asyncapi.yaml: {name} has no schema")
        elif schema["properties"]["type"] != {"const": name} or "type" not in schema["required"]:
            problems.append(f"asyncapi.yaml: the schema of {name} does not have its type")
    for schema in FRAMES["server"].values():
        problems += open_objects(schema, BASE, set())
    return problems


def operations():
    for path, item in OPENAPI["paths"].items():
        for method in METHODS:
            if method in item:
                yield method.upper(), path, item, item[method]


def check_openapi():
    problems = []
    try:
        validate_openapi(OPENAPI, base_uri=(DOCS / "openapi.yaml").as_uri())
    except Exception as error:
        return [f"openapi.yaml: {error}"]
    for method, path, item, operation in operations():
        declared = {
            parameter["name"]
            for parameter in (dereference(OPENAPI, parameter) for parameter in item.get("parameters", []))
            if parameter["in"] == "path"
        }
        if declared != set(re.findall(r"{(\w+)}", path)):
            problems.append(f"openapi.yaml: {path} does not declare its parameters")
        if "default" not in operation["responses"]:
            problems.append(f"openapi.yaml: {method} {path} does not say how errors look")
        for response in operation["responses"].values():
            for content in dereference(OPENAPI, response).get("content", {}).values():
                problems += open_objects(content["schema"], BASE, set())
    return problems


# The golden frames


def covered(schema, value, path, base, found):
    """Notes each documented property that `value` has: "direct/[]/last_seq"."""
    schema = absolute(schema, base)
    while "$ref" in schema:
        base = schema["$ref"].split("#")[0]
        schema = absolute(REGISTRY.resolver().lookup(schema["$ref"]).contents, base)
    if isinstance(value, dict):
        for name, inner in schema.get("properties", {}).items():
            if name in value:
                found.add(path + name)
                covered(inner, value[name], path + name + "/", base, found)
    elif isinstance(value, list):
        for entry in value:
            covered(schema.get("items", {}), entry, path + "[]/", base, found)


def documented(schema, path, base):
    """Every property of a schema, in the same notation."""
    schema = absolute(schema, base)
    while "$ref" in schema:
        base = schema["$ref"].split("#")[0]
        schema = absolute(REGISTRY.resolver().lookup(schema["$ref"]).contents, base)
    for name, inner in schema.get("properties", {}).items():
        yield path + name
        yield from documented(inner, path + name + "/", base)
    if "items" in schema:
        yield from documented(schema["items"], path + "[]/", base)


def check_goldens(folder=None):
    """Every golden frame is as documented, and every documented property of what the homeserver sends is in one."""
    folder = folder or SNAPSHOTS / "client-frames"
    found = {name: set() for name in FRAMES["server"]}
    problems = []
    for file in sorted(folder.glob("*.json")):
        problems += [f"{file.name}: {problem}" for problem in check_frame("server", file.read_bytes().strip())]
        try:
            frame = parse_strictly(file.read_bytes())
            covered(FRAMES["server"][frame["type"]], frame, "", BASE, found[frame["type"]])
        except (ValueError, KeyError, TypeError):
            pass  # Said above.
    for name, schema in FRAMES["server"].items():
        if not found[name]:
            problems.append(f"{name} is documented and has no golden frame")
            continue
        for field in sorted(set(documented(schema, "", BASE)) - found[name]):
            problems.append(f"{name}: {field} is documented and in no golden frame")
    return problems


def main():
    problems = check_schemas() + check_asyncapi() + check_openapi()
    if not problems:
        problems = check_goldens()
    for problem in problems:
        print(problem, file=sys.stderr)
    if not problems:
        frames, routes = sum(map(len, FRAMES.values())), len(list(operations()))
        print(f"The documents and the golden frames agree: {frames} frames, {routes} routes.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
