import HTTPTypes
import Home
import Support
import Testing
import Wire

@testable import ClientAPI

/// Bad input on every route: always the envelope with a stable code and the field's name, and no effect.
struct HTTPBadInputTests {
    struct Case: Sendable {
        let method: String
        let path: String
        var body: [UInt8]?
        var headers: [String: String] = [:]
        let status: Int
        let code: String
        var field: String?

        init(
            _ method: String, _ path: String, _ body: String? = nil, headers: [String: String] = [:], is status: Int,
            _ code: String, _ field: String? = nil
        ) {
            self.init(method, path, bytes: body.map { Array($0.utf8) }, headers: headers, is: status, code, field)
        }

        init(
            _ method: String, _ path: String, bytes: [UInt8]?, headers: [String: String] = [:], is status: Int,
            _ code: String, _ field: String? = nil
        ) {
            self.method = method
            self.path = path
            self.body = bytes
            self.headers = headers
            self.status = status
            self.code = code
            self.field = field
        }
    }

    /// Runs a table as alice, who has a friend bob, and makes sure that nothing happened.
    private static func run(_ cases: [Case]) async throws {
        try await HTTPTestServer.run { server in
            let alice = try await server.signedIn("alice")
            let bob = try await server.signedIn("bob")
            let sent = try await alice.send("POST", "/api/v1/friend-requests", #"{"user_id":"bob"}"#)
            let request = try #require(try sent.object?.string("request_id"))
            _ = try await bob.send("POST", "/api/v1/friend-requests/\(request)/accept")
            let before = try await state(alice)
            for entry in cases {
                let answer = try await alice.send(entry.method, entry.path, bytes: entry.body, headers: entry.headers)
                let what: Comment =
                    "\(entry.method) \(entry.path) \(String(decoding: (entry.body ?? []).prefix(100), as: UTF8.self))"
                #expect(answer.status == entry.status, what)
                #expect(answer.code == entry.code, what)
                #expect(answer.field == entry.field, what)
                #expect(try problems(answer, "error.json") == [], what)
                #expect(answer.header("content-type") == "application/json", what)
            }
            #expect(try await state(alice) == before)
            #expect(try await server.client.send("GET", "/health").status == 200)
        }
    }

    private static func state(_ client: HTTPTestClient) async throws -> [String] {
        var state: [String] = []
        for list in ["friends", "friend-requests", "direct/bob/messages"] {
            state.append(try await client.send("GET", "/api/v1/" + list).text)
        }
        let sessions = try await client.send("GET", "/api/v1/sessions")
        return state + [String(try #require(try sessions.object?.objects("sessions")).count)]
    }

    /// Every route that reads a body, with a good one.
    private static let bodies: [(method: String, path: String, fields: [(name: String, value: String)])] = [
        ("POST", "/api/v1/register", [("username", #""carol""#), ("password", #""correct horse""#)]),
        ("POST", "/api/v1/login", [("username", #""alice""#), ("password", #""correct horse""#)]),
        (
            "POST", "/api/v1/me/password",
            [("current_password", #""correct horse""#), ("new_password", #""battery staple""#)]
        ),
        ("POST", "/api/v1/friend-requests", [("user_id", #""carol@beta.example""#)]),
    ]

    private static func object(_ fields: [(name: String, value: String)]) -> String {
        "{" + fields.map { "\"\($0.name)\":\($0.value)" }.joined(separator: ",") + "}"
    }

    @Test("a field that is missing or of another type is named")
    func fields() async throws {
        var cases: [Case] = []
        for (method, path, fields) in Self.bodies {
            for (index, field) in fields.enumerated() {
                var others = fields
                others.remove(at: index)
                cases.append(Case(method, path, Self.object(others), is: 400, "invalid", field.name))
                for wrong in ["1", "1.5", "true", "null", "[]", "{}", #"["a"]"#] {
                    let body = Self.object(others + [(field.name, wrong)])
                    cases.append(Case(method, path, body, is: 400, "invalid", field.name))
                }
            }
        }
        for wrong in ["1", #""yes""#, "{}", "[true]"] {
            let fields = Self.bodies[1].fields + [("cookie", wrong)]
            cases.append(Case("POST", "/api/v1/login", Self.object(fields), is: 400, "invalid", "cookie"))
        }
        let token = Self.bodies[0].fields + [("registration_token", "1")]
        cases.append(Case("POST", "/api/v1/register", Self.object(token), is: 400, "invalid", "registration_token"))
        try await Self.run(cases)
    }

    @Test("what is not strict JSON is refused as a whole")
    func notJSON() async throws {
        let deep = String(repeating: "[", count: 17) + String(repeating: "]", count: 17)
        let texts = [
            "", " ", "{", "}", "[]", "1", "null", #""text""#, #"{"user_id":"bob"}}"#, #"{"user_id":"bob"} x"#,
            #"{"user_id":"bob","user_id":"bob"}"#, #"{"user_id":"bob","x":{"a":1,"a":1}}"#,
            #"{"user_id":"bob","x":"\#(deep)}"#, #"{"user_id":"bob","x":\#(deep)}"#, #"{"user_id":"bo\u0000b"}"#,
            #"{"user_id":"\ud800"}"#, #"{"user_id":"\udc00x"}"#, "{\"user_id\":\"bo\u{0}b\"}", "{\"user_id\":\"a\nb\"}",
            #"{"user_id":bob}"#, #"{'user_id':'bob'}"#, #"{"user_id":"bob",}"#, #"{"x":01}"#, #"{"x":NaN}"#,
            #"{"x":1e999}"#,
            "\u{FEFF}{}",
        ]
        var cases: [Case] = []
        for (method, path, _) in Self.bodies {
            cases += texts.map { Case(method, path, $0, is: 400, "invalid", "body") }
            for bytes: [UInt8] in [
                [0xFF], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82],
            ] {
                let body = Array(#"{"user_id":""#.utf8) + bytes + Array(#""}"#.utf8)
                cases.append(Case(method, path, bytes: body, is: 400, "invalid", "body"))
            }
        }
        try await Self.run(cases)
    }

    @Test("sizes: a long name, a long password, a body over its limit")
    func sizes() async throws {
        let long = String(repeating: "a", count: 60_000)
        let tooLong = #"{"x":""# + String(repeating: "a", count: 65_536) + #""}"#
        var cases = [
            Case(
                "POST", "/api/v1/register", #"{"username":"\#(long)","password":"correct horse"}"#, is: 400, "invalid",
                "username"),
            Case(
                "POST", "/api/v1/login", #"{"username":"\#(long)","password":"correct horse"}"#, is: 400, "invalid",
                "username"),
            Case(
                "POST", "/api/v1/register", #"{"username":"carol","password":"\#(long)"}"#, is: 413, "too_large",
                "password"
            ),
            Case(
                "POST", "/api/v1/login", #"{"username":"alice","password":"\#(long)"}"#, is: 413, "too_large",
                "password"),
            Case(
                "POST", "/api/v1/me/password", #"{"current_password":"correct horse","new_password":"\#(long)"}"#,
                is: 413,
                "too_large", "new_password"),
            Case("POST", "/api/v1/friend-requests", #"{"user_id":"\#(long)"}"#, is: 400, "invalid", "user_id"),
            Case("DELETE", "/api/v1/friends/" + String(long.prefix(2000)), is: 400, "invalid", "address"),
        ]
        cases += Self.bodies.map { Case($0.method, $0.path, tooLong, is: 413, "too_large", "body") }
        try await Self.run(cases)
    }

    @Test("a body must be declared as JSON")
    func contentType() async throws {
        var cases: [Case] = []
        for (method, path, fields) in Self.bodies {
            for type in [
                "", "text/plain", "application/x-www-form-urlencoded", "application/jsonx", "multipart/form-data",
            ] {
                cases.append(
                    Case(
                        method, path, Self.object(fields), headers: ["Content-Type": type], is: 415, "invalid",
                        "Content-Type"))
            }
        }
        try await Self.run(cases)
        try await HTTPTestServer.run { server in
            _ = try await server.test.accounts("alice")
            for type in ["application/json; charset=utf-8", "Application/JSON", "application/json ;charset=utf-8"] {
                let answer = try await server.client.send(
                    "POST", "/api/v1/login", Self.object(Self.bodies[1].fields), headers: ["Content-Type": type])
                #expect(answer.status == 200, "\(type)")
            }
        }
    }

    @Test("names and passwords that cannot be")
    func names() async throws {
        let names = [
            "", "Alice", "a b", "ä", "alice@", "@alpha.example", "a/b", "alice@beta.example", "a\\u0007", "%61",
        ]
        var cases = names.map {
            Case(
                "POST", "/api/v1/register", #"{"username":"\#($0)","password":"correct horse"}"#, is: 400, "invalid",
                "username")
        }
        cases += ["", "short", "alice@alpha.example"].map {
            Case(
                "POST", "/api/v1/me/password", #"{"current_password":"correct horse","new_password":"\#($0)"}"#,
                is: 400,
                "invalid", "new_password")
        }
        try await Self.run(cases)
    }

    @Test("users that are none, unknown, or oneself")
    func users() async throws {
        var cases = [
            "", "@", "bob@", "Bob", "bob@alpha.example:8448", "bob@127.0.0.1", "bob@-x", "a@b@c", "bob@alpha..example",
        ]
        .map { Case("POST", "/api/v1/friend-requests", #"{"user_id":"\#($0)"}"#, is: 400, "invalid", "user_id") }
        cases += [
            Case("POST", "/api/v1/friend-requests", #"{"user_id":"nobody"}"#, is: 404, "not_found"),
            Case("POST", "/api/v1/friend-requests", #"{"user_id":"alice"}"#, is: 400, "invalid", "user_id"),
            Case(
                "POST", "/api/v1/friend-requests", #"{"user_id":"alice@alpha.example"}"#, is: 400, "invalid", "user_id"),
            Case("POST", "/api/v1/friend-requests", #"{"user_id":"bob"}"#, is: 409, "conflict"),
            Case("DELETE", "/api/v1/friends/nobody", is: 404, "not_found"),
            Case("DELETE", "/api/v1/friends/alice", is: 404, "not_found"),
            Case("DELETE", "/api/v1/friends/nobody@beta.example", is: 404, "not_found"),
            Case("DELETE", "/api/v1/friends/Bob", is: 400, "invalid", "address"),
            Case("DELETE", "/api/v1/friends/bob%", is: 400, "invalid", "address"),
            Case("DELETE", "/api/v1/friends/bob%4", is: 400, "invalid", "address"),
            Case("DELETE", "/api/v1/friends/bob%00", is: 400, "invalid", "address"),
            Case("DELETE", "/api/v1/friends/%ff", is: 400, "invalid", "address"),
            Case("GET", "/api/v1/direct/nobody/messages", is: 404, "not_found"),
            Case("GET", "/api/v1/direct/Bob/messages", is: 400, "invalid", "address"),
        ]
        try await Self.run(cases)
    }

    @Test("ids that are none or of nothing")
    func ids() async throws {
        let unknown = "0192d9d0-0000-7000-8000-000000000000"
        var cases: [Case] = []
        for (method, path) in [
            ("DELETE", "/api/v1/sessions/ID"), ("DELETE", "/api/v1/friend-requests/ID"),
            ("POST", "/api/v1/friend-requests/ID/accept"), ("POST", "/api/v1/friend-requests/ID/decline"),
            ("GET", "/api/v1/channels/ID/events?after=0"),
        ] {
            cases.append(Case(method, path.replacing("ID", with: unknown), is: 404, "not_found"))
            for wrong in ["1", unknown.uppercased(), unknown + "0", "%00", "..", "{" + unknown + "}", "'"] {
                cases.append(Case(method, path.replacing("ID", with: wrong), is: 400, "invalid", "id"))
            }
        }
        try await Self.run(cases)
    }

    @Test("cursors and limits out of range")
    func pages() async throws {
        let channel = "/api/v1/channels/0192d9d0-0000-7000-8000-000000000000/events"
        var cases: [Case] = []
        for wrong in ["0", "201", "-1", "1.5", "x", "", "1e2", "%31%00", "99999999999999999999", "+1", " 1", "٣"] {
            let value = wrong.replacing(" ", with: "%20").replacing("٣", with: "%D9%A3")
            for path in [
                "/api/v1/direct/bob/messages?", channel + "?after=0&", "/api/v1/friends?", "/api/v1/friend-requests?",
                "/api/v1/sessions?",
            ] {
                let field = wrong.contains("%00") ? "query" : "limit"
                cases.append(Case("GET", path + "limit=" + value, is: 400, "invalid", field))
            }
        }
        for wrong in ["-1", "x", "", "9223372036854775808", "1.0"] {
            cases.append(Case("GET", "/api/v1/direct/bob/messages?before=" + wrong, is: 400, "invalid", "before"))
            cases.append(Case("GET", "/api/v1/direct/bob/messages?after=" + wrong, is: 400, "invalid", "after"))
            cases.append(Case("GET", channel + "?after=" + wrong, is: 400, "invalid", "after"))
        }
        cases += [
            Case("GET", "/api/v1/direct/bob/messages?before=0", is: 400, "invalid", "before"),
            Case("GET", "/api/v1/direct/bob/messages?before=5&after=1", is: 400, "invalid", "before"),
            Case("GET", "/api/v1/direct/bob/messages?limit=1&limit=1", is: 400, "invalid", "query"),
            Case("GET", "/api/v1/direct/bob/messages?%=1", is: 400, "invalid", "query"),
            Case("GET", "/api/v1/direct/bob/messages?a=%FF", is: 400, "invalid", "query"),
            Case("GET", "/api/v1/friends?" + String(repeating: "a=1&", count: 40), is: 400, "invalid", "query"),
            Case("GET", channel, is: 400, "invalid", "after"),
        ]
        try await Self.run(cases)
    }

    @Test("unknown paths and wrong methods")
    func routes() async throws {
        var cases = [
            "/", "/api", "/api/v1", "/api/v2/me", "/api/v1/friends/a/b", "/api/v1/ME", "/api/v1/me%00", "/..%2f/etc",
        ].map {
            Case("GET", $0, is: 404, "not_found")
        }
        for (path, methods) in Dictionary(grouping: HTTPRoutes.all, by: \.path) {
            let taken = methods.map(\.method.rawValue)
            for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] where !taken.contains(method) {
                cases.append(Case(method, path, is: 405, "invalid"))
            }
        }
        cases.append(Case("POST", Handshake.path, is: 405, "invalid"))
        try await Self.run(cases)
        try await HTTPTestServer.run { server in
            let answer = try await server.client.send("PUT", "/api/v1/sessions")
            #expect(answer.header("allow") == "GET, DELETE")
        }
    }
}
