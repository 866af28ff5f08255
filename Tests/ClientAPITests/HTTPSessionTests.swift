import HTTPTypes
import Home
import Support
import Testing
import Wire

@testable import ClientAPI

/// The list of sessions, tickets, and who is let in by which credentials.
struct HTTPSessionTests {
    @Test("sessions are listed with their labels, and revoked singly or all but one")
    func sessions() async throws {
        try await HTTPTestServer.run { server in
            let alice = try await server.signedIn("alice", agent: "First/1.0")
            let second = try await server.signIn("alice", agent: "Second/1.0")
            let third = try await server.signIn("alice")
            let list = try await alice.send("GET", "/api/v1/sessions")
            #expect(try problems(list, "http-sessions.json") == [])
            let entries = try #require(try list.object?.objects("sessions"))
            #expect(entries.count == 3)
            #expect(
                try entries.filter { try $0.bool("current") }.map { try $0.optionalString("label") } == ["First/1.0"])

            let id = try #require(try entries.first { try $0.optionalString("label") == "Second/1.0" }).string("id")
            #expect(try await alice.send("DELETE", "/api/v1/sessions/\(id)").status == 204)
            #expect(try await second.send("GET", "/api/v1/me").status == 401)
            #expect(try await third.send("GET", "/api/v1/me").status == 200)
            let again = try await alice.send("DELETE", "/api/v1/sessions/\(id)")
            #expect(again.status == 404)
            #expect(again.code == "not_found")

            let others = try await alice.send("DELETE", "/api/v1/sessions")
            #expect(try problems(others, "http-revoked.json") == [])
            #expect(try others.object?.integer("revoked") == 1)
            #expect(try await third.send("GET", "/api/v1/me").status == 401)
            #expect(try await alice.send("GET", "/api/v1/me").status == 200)
            #expect(server.test.delivery.closed.count == 2)
        }
    }

    @Test("another user's session does not exist")
    func foreignSession() async throws {
        try await HTTPTestServer.run { server in
            let alice = try await server.signedIn("alice")
            let bob = try await server.signedIn("bob")
            let id = try #require(try await alice.send("GET", "/api/v1/me").object?.string("session"))
            #expect(try await bob.send("DELETE", "/api/v1/sessions/\(id)").status == 404)
            #expect(try await alice.send("GET", "/api/v1/me").status == 200)
        }
    }

    @Test("lists come in pages behind an exclusive cursor")
    func pages() async throws {
        try await HTTPTestServer.run { server in
            let alice = try await server.signedIn("alice")
            for _ in 0..<4 { _ = try await server.signIn("alice") }
            var ids: [String] = []
            var path = "/api/v1/sessions?limit=2"
            var sizes: [Int] = []
            while sizes.count < 10 {
                let page = try await alice.send("GET", path)
                #expect(try problems(page, "http-sessions.json") == [])
                let entries = try #require(try page.object?.objects("sessions"))
                sizes.append(entries.count)
                ids += try entries.map { try $0.string("id") }
                guard let next = try page.object?.optionalString("next") else { break }
                path = "/api/v1/sessions?limit=2&after=\(next)"
            }
            #expect(sizes == [2, 2, 1])
            #expect(Set(ids).count == 5)
            #expect(ids == ids.sorted())
        }
    }

    @Test("a ticket opens one socket, once")
    func ticket() async throws {
        try await HTTPTestServer.run { server in
            let alice = try await server.signedIn("alice")
            let answer = try await alice.send("POST", "/api/v1/ws-ticket")
            #expect(answer.status == 200)
            #expect(try problems(answer, "http-ticket.json") == [])
            let ticket = try #require(try answer.object?.string("ticket"))
            #expect(try await server.test.home.redeem(ticket: ticket).account.id.text == "alice@alpha.example")
            await #expect(throws: HomeError.unauthorized) { try await server.test.home.redeem(ticket: ticket) }
        }
    }

    @Test("what is no valid token lets nobody in, on any route that needs a session")
    func unauthorized() async throws {
        try await HTTPTestServer.run { server in
            let alice = try await server.signedIn("alice")
            let revoked = try await server.signIn("alice")
            #expect(try await revoked.send("POST", "/api/v1/logout").status == 204)
            let headers: [[String: String]] = [
                [:], ["Authorization": "Bearer "], ["Authorization": "Bearer x"], ["Authorization": "Basic YTpi"],
                ["Authorization": "Bearer \(alice.token ?? "") x"], ["Authorization": alice.token ?? ""],
                ["Authorization": "Bearer " + String(repeating: "a", count: 4000)],
                ["Authorization": "Bearer \(revoked.token ?? "")"],
                ["Cookie": "__Host-home-session=x", "Origin": HTTPTestServer.origin],
            ]
            for route in HTTPRoutes.all where route.needsLogin {
                let path = route.path.replacing("{id}", with: "0192d9d0-0000-7000-8000-000000000000")
                    .replacing("{address}", with: "bob")
                for headers in headers {
                    let answer = try await server.client.send(route.method.rawValue, path, headers: headers)
                    #expect(answer.status == 401, "\(route.method) \(path) \(headers)")
                    #expect(answer.code == "unauthorized")
                    #expect(try problems(answer, "error.json") == [])
                }
            }
        }
    }
}

/// The browser's cookie: only for pages of an allowed origin.
struct HTTPCookieTests {
    private static let login = #"{"username":"alice","password":"correct horse","cookie":true}"#

    @Test("a page of ours gets a cookie instead of a token, uses it, and loses it")
    func cookie() async throws {
        try await HTTPTestServer.run { server in
            _ = try await server.test.accounts("alice")
            let ours = ["Origin": HTTPTestServer.origin]
            let answer = try await server.client.send("POST", "/api/v1/login", Self.login, headers: ours)
            #expect(answer.status == 200)
            #expect(try problems(answer, "http-signed-in.json") == [])
            #expect(answer.object?["token"] == nil)
            let set = try #require(answer.header("set-cookie"))
            let parts = set.split(separator: "; ").map(String.init)
            #expect(Set(parts.dropFirst()) == ["Path=/", "Secure", "HttpOnly", "SameSite=Strict", "Max-Age=2592000"])
            let cookie = try #require(parts.first)
            #expect(cookie.hasPrefix("__Host-home-session="))

            let asked = try await server.client.send("GET", "/api/v1/me", headers: ["Cookie": "a=b; " + cookie])
            #expect(asked.status == 200, "a page's own GET comes without Origin")
            let ticket = try await server.client.send(
                "POST", "/api/v1/ws-ticket", headers: ["Cookie": cookie].merging(ours) { $1 })
            #expect(ticket.status == 200)
            let out = try await server.client.send(
                "POST", "/api/v1/logout", headers: ["Cookie": cookie].merging(ours) { $1 })
            #expect(out.status == 204)
            #expect(try #require(out.header("set-cookie")).hasPrefix("__Host-home-session=; "))
            #expect(try #require(out.header("set-cookie")).hasSuffix("Max-Age=0"))
            #expect(try await server.client.send("GET", "/api/v1/me", headers: ["Cookie": cookie]).status == 401)
        }
    }

    @Test(
        "another origin gets and uses no cookie",
        arguments: [
            "https://evil.example", "null", "https://chat.alpha.example.evil.example", "http://chat.alpha.example",
            "https://chat.alpha.example:444", "HTTPS://chat.alpha.example", "https://chat.alpha.example/",
        ])
    func foreignOrigin(origin: String) async throws {
        try await HTTPTestServer.run { server in
            let token = try #require(try await server.signedIn("alice").token)
            let foreign = ["Cookie": "__Host-home-session=\(token)", "Origin": origin]
            for (method, path) in [
                ("GET", "/api/v1/me"), ("POST", "/api/v1/ws-ticket"), ("DELETE", "/api/v1/sessions"),
            ] {
                let answer = try await server.client.send(method, path, headers: foreign)
                #expect(answer.status == 403, "\(method) \(path)")
                #expect(answer.code == "forbidden")
            }
            let login = try await server.client.send("POST", "/api/v1/login", Self.login, headers: ["Origin": origin])
            #expect(login.status == 403)
            #expect(login.header("set-cookie") == nil)
        }
    }

    @Test("a change by cookie needs an Origin; a token does not")
    func missingOrigin() async throws {
        try await HTTPTestServer.run { server in
            let alice = try await server.signedIn("alice")
            let token = try #require(alice.token)
            let cookie = ["Cookie": "__Host-home-session=\(token)"]
            #expect(try await server.client.send("POST", "/api/v1/ws-ticket", headers: cookie).status == 403)
            #expect(try await server.client.send("POST", "/api/v1/login", Self.login).status == 403)
            #expect(try await alice.send("POST", "/api/v1/ws-ticket").status == 200)
            let both = try await alice.send(
                "POST", "/api/v1/ws-ticket", headers: cookie.merging(["Origin": "https://evil.example"]) { $1 })
            #expect(both.status == 200, "an explicit token does not depend on the page")
        }
    }
}
