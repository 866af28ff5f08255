"""Every HTTP route with input that is wrong: a clear error with a stable code, and no effect."""

import json

import pytest

DEEP = b'{"a":' * 40 + b"1" + b"}" * 40
UNKNOWN_ID = "00000000-0000-7000-8000-000000000000"

# Every route that takes a body, with a body that is right.
BODIES = {
    ("POST", "/register"): {"username": "some.body", "password": "a pass phrase of four words"},
    ("POST", "/login"): {"username": "some.body", "password": "a pass phrase of four words"},
    ("POST", "/me/password"): {"current_password": "a pass phrase of four words", "new_password": "some other phrase"},
    ("POST", "/friend-requests"): {"user_id": "some.body"},
}
# Every other route that needs a session.
ROUTES = [
    ("POST", "/logout"),
    ("GET", "/me"),
    ("GET", "/sessions"),
    ("DELETE", "/sessions"),
    ("DELETE", f"/sessions/{UNKNOWN_ID}"),
    ("POST", "/ws-ticket"),
    ("GET", "/friends"),
    ("DELETE", "/friends/nobody"),
    ("GET", "/friend-requests"),
    ("POST", "/me/password"),
    ("POST", "/friend-requests"),
    ("POST", f"/friend-requests/{UNKNOWN_ID}/accept"),
    ("POST", f"/friend-requests/{UNKNOWN_ID}/decline"),
    ("DELETE", f"/friend-requests/{UNKNOWN_ID}"),
    ("GET", "/direct/nobody/messages"),
    ("GET", f"/channels/{UNKNOWN_ID}/events?after=0"),
]

# What is wrong with a whole body, and the status for it.
WRONG_BODIES = {
    "nothing": (b"", 400),
    "no JSON": (b"username=alice", 400),
    "cut off": (b'{"username": "al', 400),
    "an array": (b"[]", 400),
    "a text": (b'"x"', 400),
    "null": (b"null", 400),
    "empty object": (b"{}", 400),
    "bytes behind it": (b"{} {}", 400),
    "invalid UTF-8": (b'{"username": "\xff\xfe", "password": "\xc3\x28", "user_id": "\xff"}', 400),
    "U+0000": (b'{"username": "a\\u0000b", "password": "a\\u0000b", "user_id": "a\\u0000"}', 400),
    "a raw zero byte": (b'{"username": "a\x00"}', 400),
    "lone surrogate": (b'{"username": "\\ud800", "password": "\\udfff", "user_id": "\\ud800"}', 400),
    "deep": (DEEP, 400),
    "deep arrays": (b"[" * 60000, 400),
    "a long number": (b'{"username": ' + b"9" * 1000 + b"}", 400),
    "a leading zero": (b'{"username": 01}', 400),
    "NaN": (b'{"username": NaN}', 400),
    "too large": (b'{"username": "' + b"a" * 70_000 + b'"}', 413),
}


@pytest.mark.parametrize("route", BODIES, ids=lambda route: route[1])
@pytest.mark.parametrize("what", WRONG_BODIES)
async def test_a_body_that_is_none(home, route, what):
    raw, status = WRONG_BODIES[what]
    alice = await one_person(home)
    (await alice.http(*route, raw=raw)).expect(status, "too_large" if status == 413 else "invalid")


@pytest.mark.parametrize("route", BODIES, ids=lambda route: route[1])
async def test_each_field_missing_doubled_or_of_another_type(home, route):
    alice = await one_person(home)
    right = BODIES[route]
    for name in right:
        answer = await alice.http(*route, json={key: value for key, value in right.items() if key != name})
        answer.expect(400, "invalid")
        assert answer.json["field"] == name, answer.body
        for wrong in (None, 1, 1.5, True, [], ["x"], {}, {"x": "y"}):
            answer = await alice.http(*route, json={**right, name: wrong})
            answer.expect(400, "invalid")
            assert answer.json["field"] == name, answer.body
        twice = json.dumps(right)[:-1] + f', "{name}": "again"}}'
        (await alice.http(*route, raw=twice.encode())).expect(400, "invalid")
        answer = await alice.http(*route, json={**right, name: "x" * 60_000})
        assert (answer.status, answer.code) in ((400, "invalid"), (413, "too_large")), answer
        assert answer.json["field"] == name
        assert len(answer.body) < 2000, "an error does not repeat what was wrong"


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonx"])
async def test_a_body_must_be_declared_as_json(home, content_type):
    answer = await home.web.call(
        "POST",
        "/api/v1/login",
        raw=json.dumps(BODIES["POST", "/login"]).encode(),
        headers={"Content-Type": content_type} if content_type else {"Content-Type": ""},
    )
    answer.expect(415, "invalid")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: " ".join(route))
async def test_a_session_is_needed(home, route):
    body = {"json": BODIES.get(route)} if BODIES.get(route) else {}
    for token in (None, "", "made-up", "x" * 4000, "\u00e9", "a b"):
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        answer = await home.web.call(route[0], "/api/v1" + route[1], headers=headers, **body)
        answer.expect(401, "unauthorized")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    for scheme in ("Basic YTpi", "Bearer", "bearer: x", "Token made-up"):
        answer = await home.web.call(route[0], "/api/v1" + route[1], headers={"Authorization": scheme}, **body)
        answer.expect(401, "unauthorized")


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/nothing.js", "/api", "/api/v1", "/api/v1/", "/api/v2/me", "/api/v1/nothing", "/api/v1/me/x", "/..%2f..%2fetc/passwd"],
)
async def test_a_path_that_is_none(home, path):
    (await home.web.call("GET", path)).expect(404, "not_found")


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", "/me"), ("PUT", "/login"), ("GET", "/login"), ("POST", "/friends"), ("PATCH", "/sessions")],
)
async def test_a_method_that_is_none(home, method, path):
    alice = await one_person(home)
    answer = await alice.http(method, path)
    answer.expect(405)
    assert "Allow" in answer.headers


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=-1", "limit=1000000", "limit=x", "limit=", "limit=1.5", "limit=99999999999999999999",
        "after=-1", "after=x", "after=99999999999999999999", "before=0", "before=-5", "before=x",
        "before=5&after=1", "after=%00", "limit=%ff",
    ],
)  # fmt: skip
async def test_numbers_of_a_page_out_of_range(home, query):
    alice = await one_person(home)
    (await alice.http("GET", f"/direct/some.body/messages?{query}")).expect(400, "invalid")


@pytest.mark.parametrize("query", ["", "after=", "after=x", "after=-1", "after=9223372036854775808", "after=0&limit=0"])
async def test_events_need_a_number(home, query):
    alice = await one_person(home)
    (await alice.http("GET", f"/channels/{UNKNOWN_ID}/events?{query}")).expect(400, "invalid")


@pytest.mark.parametrize("identifier", ["x", "1", UNKNOWN_ID + "0", UNKNOWN_ID.upper().replace("0", "A"), "%00", "..%2f", "%ff", "'--"])
async def test_ids_that_are_none(home, identifier):
    alice = await one_person(home)
    for method, path in (
        ("DELETE", f"/sessions/{identifier}"),
        ("DELETE", f"/friend-requests/{identifier}"),
        ("POST", f"/friend-requests/{identifier}/accept"),
        ("POST", f"/friend-requests/{identifier}/decline"),
        ("GET", f"/channels/{identifier}/events?after=0"),
    ):
        answer = await alice.http(method, path)
        assert (answer.status, answer.code) in ((400, "invalid"), (404, "not_found")), (path, answer)


async def test_ids_that_nobody_has(home):
    alice = await one_person(home)
    for method, path in (
        ("DELETE", f"/sessions/{UNKNOWN_ID}"),
        ("DELETE", f"/friend-requests/{UNKNOWN_ID}"),
        ("POST", f"/friend-requests/{UNKNOWN_ID}/accept"),
        ("POST", f"/friend-requests/{UNKNOWN_ID}/decline"),
        ("GET", f"/channels/{UNKNOWN_ID}/events?after=0"),
    ):
        (await alice.http(method, path)).expect(404, "not_found")


@pytest.mark.parametrize(
    "address",
    ["", "@", "a@", "@b", "Alice", "a b", "a@b@c", "a@-b", "a@b..c", "a@" + "x" * 300, "a" * 40, "a@B", "a\u00e9", "a@1.2.3.4:80"],
)
async def test_addresses_that_are_none(home, address):
    alice = await one_person(home)
    answer = await alice.http("POST", "/friend-requests", json={"user_id": address})
    answer.expect(400, "invalid")
    assert answer.json["field"] == "user_id"


async def test_users_that_are_none(home):
    alice = await one_person(home)
    (await alice.http("POST", "/friend-requests", json={"user_id": "nobody.of.this.name"})).expect(404, "not_found")
    (await alice.http("DELETE", "/friends/nobody.of.this.name")).expect(404, "not_found")
    (await alice.http("DELETE", "/friends/nobody@elsewhere.example")).expect(404, "not_found")
    answer = await alice.http("GET", "/direct/nobody.of.this.name/messages")
    assert answer.status in (200, 404), answer
    if answer.status == 200:
        assert answer.json == {"messages": [], "last_seq": 0}


async def test_a_page_of_a_foreign_origin_cannot_use_the_cookie(home):
    alice = await one_person(home)
    for origin in ("https://evil.example", "null", home.url + ".evil.example", "http://127.0.0.1:1"):
        answer = await home.web.call(
            "POST",
            "/api/v1/ws-ticket",
            headers={"Cookie": f"__Host-home-session={alice.token}", "Origin": origin},
        )
        answer.expect(403, "forbidden")
        answer = await home.web.call(
            "POST",
            "/api/v1/login",
            json={"username": alice.name, "password": alice.password, "cookie": True},
            headers={"Origin": origin},
        )
        answer.expect(403, "forbidden")
        assert "Set-Cookie" not in answer.headers


async def test_errors_show_no_traces_and_no_sql(home):
    """Everything that the scenarios above caused is behind us in the log: no internal error among it."""
    alice = await one_person(home)
    for text in ("'; DROP TABLE users; --", "\\'; --", "%s%s%s%n", "${jndi:ldap://x}", "\U0001f600"):
        answer = await alice.http("POST", "/login", json={"username": text, "password": text + " and more"})
        assert answer.status in (400, 401), answer
        for leak in (b"Sources/", b".swift", b"SELECT", b"PostgresError", b"SQLSTATE"):
            assert leak not in answer.body


PEOPLE = {}


async def one_person(home):
    """One account serves all of these: none of them may have an effect on it."""
    if home not in PEOPLE:
        PEOPLE[home] = await home.person("some.body")
    person = PEOPLE[home]
    (await person.http("GET", "/me")).expect(200)
    return person
