"""Communities with input that is wrong: a clear error that names the field, no effect, and no word of what one may not know."""

import json

import pytest

from harness.communities import NOBODY

ACROSS = True

LONG = "x" * 60_000
BAD_NAMES = ["", " ", " \t ", "\u202e", "\u200b", "x" * 65, "𝄞" * 65, "a\nb", "a\u0000b".replace("\u0000", "\u0001"), "\u007f", LONG]
NOT_TEXT = [1, 1.5, True, [], ["x"], {}]


class Place:
    """A community of alice's with something of everything in it; shared, because nothing here may have an effect."""

    @classmethod
    async def of(cls, home):
        if home not in PLACES:
            place = PLACES[home] = cls()
            c, place.alice, place.bob = await home.community("alice", "bob")
            place.community = c
            place.role = await place.alice.makes_role(c, "Role")
            place.message = (await place.bob.writes("a message", c.general))["message_id"]
            place.report = await place.alice.reports(c.general, place.message, "x")
            place.ids = {
                "s": c.id, "channel": c.general, "role": place.role, "message": place.message, "report": place.report,
                "bob": place.bob.user_id,
            }  # fmt: skip
        return PLACES[home]

    async def state(self):
        """Everything that a route could have changed."""
        c = self.community
        answers = [
            await self.alice.http("GET", path)
            for path in (
                c.path, f"{c.path}/invites", f"{c.path}/invite-links", f"{c.path}/bans", f"{c.path}/reports", f"{c.path}/audit-log",
                f"/channels/{c.general}/messages",
            )
        ]  # fmt: skip
        members = {user: it["role_ids"] for user, it in (await self.alice.members(c)).items()}
        return [it.expect(200).json for it in answers], members, await self.alice.communities()


PLACES = {}

# Each route with a body: a body that would be granted, and what is wrong for each of its fields.
ROUTES = {
    ("POST", "/servers"): ({"name": "New"}, {"name": BAD_NAMES + NOT_TEXT + [None], "description": ["x" * 1025, LONG] + NOT_TEXT}),
    ("PATCH", "/servers/{s}"): ({"name": "New"}, {"name": BAD_NAMES + NOT_TEXT, "description": ["x" * 1025] + NOT_TEXT}),
    ("POST", "/servers/{s}/transfer"): ({"user_id": "{bob}"}, {"user_id": ["", "A b", "a@", LONG, *NOT_TEXT, None]}),
    ("POST", "/servers/{s}/channels"): (
        {"name": "new"},
        {
            "name": BAD_NAMES + NOT_TEXT + [None],
            "kind": ["", "Text", "video", *NOT_TEXT],
            "topic": ["x" * 1025, *NOT_TEXT],
            "private": ["", "true", 0, 1, [], {}],
            "role_ids": ["x", 1, True, {}, [1], [None], ["x"], [["x"]]],
        },
    ),
    ("PATCH", "/channels/{channel}"): (
        {"name": "new"},
        {
            "name": BAD_NAMES + NOT_TEXT,
            "topic": ["x" * 1025, *NOT_TEXT],
            "position": [-1, 1.5, "1", True, [], {}, 2**63, -(2**63)],
            "slow_mode_seconds": [-1, 21601, 1.5, "1", True, [], {}, 2**63],
        },
    ),
    ("PUT", "/channels/{channel}/overrides/everyone"): (
        {"allow": ["speak"], "deny": []},
        {name: ["speak", 1, True, {}, [1], [None], ["nothing"], ["administrator"], [["speak"]], None] for name in ("allow", "deny")},
    ),
    ("POST", "/servers/{s}/roles"): (
        {"name": "New", "permissions": []},
        {
            "name": BAD_NAMES + NOT_TEXT + [None],
            "permissions": ["speak", 1, True, {}, [1], [None], ["nothing"], ["Speak"], [["speak"]], None],
            "color": ["", "red", "#12345", "#1234567", "#GGGGGG", "#ABCDEF0", "123456", "#+12345", "#-12345", *NOT_TEXT],
        },
    ),
    ("PATCH", "/servers/{s}/roles/{role}"): (
        {"name": "New"},
        {
            "name": BAD_NAMES + NOT_TEXT,
            "permissions": ["speak", 1, True, {}, [1], [None], ["nothing"]],
            "position": [-1, 1.5, "1", True, [], {}, 2**63],
            "color": ["red", "#12345", *NOT_TEXT],
        },
    ),
    ("PUT", "/servers/{s}/members/{bob}/time-out"): (
        {"seconds": 60},
        {"seconds": [0, -1, 2419201, 1.5, "60", True, [], {}, None], "reason": ["x" * 513, *NOT_TEXT]},
    ),
    ("PUT", "/servers/{s}/bans/{bob}"): (
        {},
        {"reason": ["x" * 513, *NOT_TEXT], "purge_seconds": [-1, 604801, 1.5, "1", True, [], {}]},
    ),
    ("POST", "/servers/{s}/invites"): (
        {"user_id": "somebody@elsewhere.example"},
        {"user_id": ["", "A b", "a@b@c", LONG, *NOT_TEXT, None], "expires_in_seconds": [0, 59, 2592001, 1.5, "60", True, [], {}]},
    ),
    ("POST", "/servers/{s}/invite-links"): (
        {},
        {"expires_in_seconds": [0, 59, 31536001, 1.5, "60", True, [], {}], "max_uses": [0, -1, 100001, 1.5, "1", True, [], {}]},
    ),
    ("POST", "/channels/{channel}/messages/{message}/reports"): ({"reason": "x"}, {"reason": ["", "x" * 513, *NOT_TEXT, None]}),
    ("POST", "/servers/{s}/reports/{report}/close"): ({}, {"note": ["x" * 513, *NOT_TEXT]}),
}  # fmt: skip


def name_of(route):
    return " ".join(route)


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
async def test_each_field_wrong(home, route):
    place = await Place.of(home)
    method, path = route[0], route[1].format(**place.ids)
    right, fields = ROUTES[route]
    right = {key: value.format(**place.ids) if isinstance(value, str) else value for key, value in right.items()}
    before = await place.state()
    for field, values in fields.items():
        for value in values:
            answer = await place.alice.http(method, path, json={**right, field: value})
            assert (answer.status, answer.code) in ((400, "invalid"), (413, "too_large")), (field, str(value)[:80], answer)
            assert answer.json["field"].split("[")[0] == field, (field, str(value)[:80], answer.body)
            assert len(answer.body) < 2000, "an error does not repeat what was wrong"
        if field in right:
            answer = await place.alice.http(method, path, json={key: value for key, value in right.items() if key != field})
            if method != "PATCH":
                answer.expect(400, "invalid")
                assert answer.json["field"] == field
        if isinstance(right.get(field), str):
            twice = json.dumps(right)[:-1] + f', "{field}": "again"}}'
            (await place.alice.http(method, path, raw=twice.encode())).expect(400, "invalid")
    assert await place.state() == before


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
async def test_a_body_that_is_none(home, route):
    place = await Place.of(home)
    method, path = route[0], route[1].format(**place.ids)
    before = await place.state()
    for raw in (b"x", b"[]", b"null", b'"x"', b'{"name": ', b'{"name": "\xff"}', b'{"a":' * 40 + b"1" + b"}" * 40, b"{} {}"):
        answer = await place.alice.http(method, path, raw=raw)
        answer.expect(400, "invalid")
    (await place.alice.http(method, path, raw=b'{"name": "' + b"a" * 70_000 + b'"}')).expect(413, "too_large")
    answer = await place.alice.http(method, path, raw=b"{}", headers={"Content-Type": "text/plain"})
    answer.expect(415, "invalid")
    assert await place.state() == before


ID_ROUTES = [
    ("GET", "/servers/{}", None), ("PATCH", "/servers/{}", {"name": "x"}), ("DELETE", "/servers/{}", None),
    ("POST", "/servers/{}/leave", None), ("POST", "/servers/{}/transfer", {"user_id": "{bob}"}), ("GET", "/servers/{}/channels", None),
    ("POST", "/servers/{}/channels", {"name": "x"}), ("PATCH", "/channels/{}", {"name": "x"}), ("DELETE", "/channels/{}", None),
    ("PUT", "/channels/{}/overrides/everyone", {"allow": [], "deny": []}), ("DELETE", "/channels/{}/overrides/everyone", None),
    ("GET", "/channels/{}/messages", None), ("GET", "/channels/{}/events?after=0", None),
    ("DELETE", "/channels/{}/messages/{message}", None), ("DELETE", "/channels/{channel}/messages/{}", None),
    ("POST", "/channels/{channel}/messages/{}/reports", {"reason": "x"}), ("GET", "/servers/{}/roles", None),
    ("POST", "/servers/{}/roles", {"name": "x", "permissions": []}), ("PATCH", "/servers/{s}/roles/{}", {"name": "x"}),
    ("DELETE", "/servers/{s}/roles/{}", None), ("GET", "/servers/{}/members", None), ("GET", "/servers/{}/members/{bob}", None),
    ("PUT", "/servers/{s}/members/{bob}/roles/{}", None), ("DELETE", "/servers/{s}/members/{bob}/roles/{}", None),
    ("DELETE", "/servers/{}/members/{bob}", None), ("PUT", "/servers/{}/members/{bob}/time-out", {"seconds": 60}),
    ("DELETE", "/servers/{}/members/{bob}/time-out", None), ("GET", "/servers/{}/bans", None), ("PUT", "/servers/{}/bans/{bob}", {}),
    ("DELETE", "/servers/{}/bans/{bob}", None), ("GET", "/servers/{}/invites", None),
    ("POST", "/servers/{}/invites", {"user_id": "{bob}"}), ("DELETE", "/servers/{s}/invites/{}", None),
    ("GET", "/servers/{}/invite-links", None), ("POST", "/servers/{}/invite-links", {}),
    ("POST", "/server-invites/{}/accept", None), ("POST", "/server-invites/{}/decline", None),
    ("GET", "/servers/{}/audit-log", None), ("GET", "/servers/{}/reports", None), ("POST", "/servers/{s}/reports/{}/close", {}),
]  # fmt: skip
BAD_IDS = ["x", "1", NOBODY + "0", NOBODY[:-1], "A" + NOBODY[1:], "%00", "..%2f..", "%ff", "'--", "%7B%7D", "x" * 3000]


async def asks(place, method, path, identifier, body):
    path = path.replace("{}", identifier).format(**place.ids) if "%7B" not in identifier else path.replace("{}", identifier)
    if body is not None:
        body = {key: value.format(**place.ids) if isinstance(value, str) else value for key, value in body.items()}
    return await place.alice.http(method, path, **({"json": body} if body is not None else {}))


@pytest.mark.parametrize("identifier", [NOBODY, *BAD_IDS], ids=lambda it: it[:40])
async def test_an_id_that_is_none(home, identifier):
    place = await Place.of(home)
    before = await place.state()
    for method, path, body in ID_ROUTES:
        if "{" in path.replace("{}", "") and identifier == "%7B%7D":
            continue
        answer = await asks(place, method, path, identifier, body)
        assert (answer.status, answer.code) in ((400, "invalid"), (404, "not_found")), (method, path, answer)
        if identifier == NOBODY:
            answer.expect(404, "not_found")
        for leak in (b"Sources/", b".swift", b"SELECT", b"PostgresError", b"SQLSTATE"):
            assert leak not in answer.body
    assert await place.state() == before


async def test_ids_of_another_kind_and_of_another_community_are_none_here(home):
    """Each id that there is, where an id of another kind or of another community is meant."""
    place = await Place.of(home)
    other = await place.alice.founds("elsewhere")
    await place.bob.joins(other)
    message = None
    await place.alice.connects()
    message = (await place.alice.writes("elsewhere", other.general))["message_id"]
    report = await place.alice.reports(other.general, message, "elsewhere")
    invite = (await place.alice.invites(await home.person("guest"), to=other))["invite_id"]
    code = await place.alice.makes_link(other)
    c, alice = place.community, place.alice
    before = await place.state(), (await alice.sees(other)), await alice.channel_history(other.general)
    role = other.roles["Moderator"]
    for method, path, body in (
        ("PATCH", f"{c.path}/roles/{role}", {"name": "x"}), ("DELETE", f"{c.path}/roles/{role}", None),
        ("PUT", f"{c.path}/members/{place.bob.user_id}/roles/{role}", None),
        ("PUT", f"/channels/{c.general}/overrides/{role}", {"allow": [], "deny": []}),
        ("DELETE", f"/channels/{c.general}/overrides/{role}", None),
        ("DELETE", f"/channels/{c.general}/messages/{message}", None),
        ("POST", f"/channels/{c.general}/messages/{message}/reports", {"reason": "x"}),
        ("POST", f"{c.path}/reports/{report}/close", {}), ("DELETE", f"{c.path}/invites/{invite}", None),
        ("DELETE", f"{c.path}/invite-links/{code}", None), ("GET", f"{c.path}/invite-links/{code}/uses", None),
        ("GET", f"/servers/{c.general}", None), ("GET", f"/channels/{c.id}/messages", None), ("DELETE", f"/channels/{c.id}", None),
        ("GET", f"/servers/{role}", None), ("PATCH", f"{c.path}/roles/{c.general}", {"name": "x"}),
        ("DELETE", f"/channels/{c.general}/messages/{c.general}", None), ("POST", f"/server-invites/{report}/accept", None),
    ):  # fmt: skip
        answer = await alice.http(method, path, **({"json": body} if body is not None else {}))
        answer.expect(404, "not_found")
    answer = await alice.http("POST", f"{c.path}/channels", json={"name": "x", "private": True, "role_ids": [role]})
    assert (answer.status, answer.code) in ((404, "not_found"), (400, "invalid")), answer
    assert (await place.state(), (await alice.sees(other)), await alice.channel_history(other.general)) == before


@pytest.mark.parametrize("target", ["", "Everyone", "everyone ", "A b", "a@", "x" * 400, "%00", "%ff", "..%2f", "@here"], ids=str)
async def test_a_target_that_is_none(home, target):
    place = await Place.of(home)
    before = await place.state()
    for method, options in (("PUT", {"json": {"allow": [], "deny": []}}), ("DELETE", {})):
        answer = await place.alice.http(method, f"/channels/{place.community.general}/overrides/{target.replace(' ', '%20')}", **options)
        assert (answer.status, answer.code) in ((400, "invalid"), (404, "not_found")), answer
    assert await place.state() == before


@pytest.mark.parametrize("address", ["@", "a@", "Alice", "a@b@c", "a@-b", "x" * 33, "%00", "%ff", "nobody.of.this.name", "nobody@elsewhere.example"])
async def test_a_member_who_is_none(home, address):
    place = await Place.of(home)
    before = await place.state()
    for method, path, body in (
        ("GET", "/members/{}", None), ("DELETE", "/members/{}", None), ("PUT", "/members/{}/time-out", {"seconds": 60}),
        ("DELETE", "/members/{}/time-out", None), ("PUT", "/members/{}/roles/" + place.role, None),
        ("DELETE", "/members/{}/roles/" + place.role, None), ("DELETE", "/bans/{}", None),
    ):  # fmt: skip
        answer = await place.alice.http(
            method, place.community.path + path.replace("{}", address), **({"json": body} if body is not None else {})
        )
        assert (answer.status, answer.code) in ((400, "invalid"), (404, "not_found")), (method, path, answer)
    assert await place.state() == before


@pytest.mark.parametrize("code", ["x", "x" * 64, "x" * 400, "%00", "%ff", "a%20b", "@", "abcdefghijkl@", "@alpha.localhost", "a@b@c", "x@-b", "'--"])
async def test_a_code_that_is_none(home, code):
    place = await Place.of(home)
    for method, path in (("GET", ""), ("POST", "/join")):
        answer = await place.bob.http(method, f"/invite-links/{code}{path}")
        assert (answer.status, answer.code) in ((400, "invalid"), (404, "not_found")), answer


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=-1", "limit=201", "limit=x", "limit=", "limit=1.5", "limit=99999999999999999999"],
)
async def test_a_limit_that_is_none(home, query):
    place = await Place.of(home)
    for path in ("/members", "/audit-log", "/bans", "/reports", "/invites"):
        (await place.alice.http("GET", f"{place.community.path}{path}?{query}")).expect(400, "invalid")
    for before in ("0", "-1", "x", "", "99999999999999999999"):
        (await place.alice.http("GET", f"{place.community.path}/audit-log?before={before}")).expect(400, "invalid")


async def test_a_query_of_any_kind_finds_members_or_none(home):
    place = await Place.of(home)
    for query in ("q=", "q=" + "x" * 2000, "q=%00", "q=%ff", "q=%25%25", "q=\\", "after=nobody", "after=%00", "after=x" * 50):
        answer = await place.alice.http("GET", f"{place.community.path}/members?{query}")
        assert answer.status in (200, 400), (query, answer)


async def test_names_are_kept_as_they_are(home):
    place = await Place.of(home)
    for name in ("x", "𝄞" * 64, "<b>&amp;", "'; DROP TABLE communities; --", "🌱 Gärtner"):
        community = await place.alice.founds(name)
        assert (await place.alice.sees(community))["name"] == name
        (await place.alice.http("DELETE", community.path)).expect(204)
