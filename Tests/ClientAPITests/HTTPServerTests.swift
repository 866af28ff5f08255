import Home
import Support
import Testing
import Wire

@testable import ClientAPI

/// What the homeserver says of itself, and what holds for all answers.
struct HTTPServerTests {
    @Test("limits, health and well-known answer anybody")
    func server() async throws {
        try await HTTPTestServer.run { server in
            let about = try await server.client.send("GET", "/api/v1/server")
            #expect(about.text == #"{"name":"alpha.example","registration":"open","protocol":1}"#)
            let limits = try await server.client.send("GET", "/api/v1/limits")
            #expect(limits.status == 200)
            #expect(try problems(limits, "http-limits.json") == [])
            let health = try await server.client.send("GET", "/health")
            #expect(health.status == 200)
            #expect(try problems(health, "http-health.json") == [])
            let wellKnown = try await server.client.send("GET", "/.well-known/home-server")
            #expect(wellKnown.status == 200)
            #expect(try problems(wellKnown, "http-well-known.json") == [])
            #expect(wellKnown.text == #"{"v":1,"host":"alpha.example:8448"}"#)
        }
    }

    @Test("well-known is not served where the operator does not want it")
    func noWellKnown() async throws {
        try await HTTPTestServer.run(wellKnownHost: nil) { server in
            let answer = try await server.client.send("GET", "/.well-known/home-server")
            #expect(answer.status == 404)
            #expect(answer.code == "not_found")
        }
    }

    @Test("without its database the homeserver is not healthy, says unavailable and tells nothing more")
    func databaseAway() async throws {
        try await HTTPTestServer.run { server in
            let alice = try await server.signedIn("alice")
            await server.test.close()
            for (client, path) in [(server.client, "/health"), (alice, "/api/v1/friends"), (alice, "/api/v1/sessions")]
            {
                let answer = try await client.send("GET", path)
                #expect(answer.status == 503, "\(path)")
                #expect(answer.code == "unavailable")
                #expect(try problems(answer, "error.json") == [])
                #expect(!answer.text.contains("postgres") && !answer.text.contains("socket"))
            }
        }
    }

    @Test("every answer, good or bad, carries the security headers and is not cached")
    func headers() async throws {
        try await HTTPTestServer.run { server in
            let alice = try await server.signedIn("alice")
            for (method, path) in [
                ("GET", "/api/v1/me"), ("GET", "/health"), ("GET", "/nothing"), ("PUT", "/health"),
                ("POST", "/api/v1/login"), ("DELETE", "/api/v1/sessions/x"), ("POST", "/api/v1/logout"),
            ] {
                let answer = try await alice.send(method, path)
                #expect(answer.header("x-content-type-options") == "nosniff", "\(method) \(path)")
                #expect(answer.header("cache-control") == "no-store", "\(method) \(path)")
                #expect(answer.header("access-control-allow-origin") == nil)
            }
        }
    }

    @Test("a user's commands are limited, over HTTP as over his sockets")
    func rateLimit() async throws {
        try await HTTPTestServer.run(limits: true) { server in
            let alice = try await server.signedIn("alice")
            let bob = try await server.signedIn("bob")
            var last = try await alice.send("GET", "/api/v1/me")
            var asked = 1
            while last.status == 200, asked < 1000 {
                last = try await alice.send("GET", "/api/v1/me")
                asked += 1
            }
            #expect(last.status == 429)
            #expect(last.code == "rate_limited")
            #expect(last.header("retry-after") != nil)
            #expect(try problems(last, "error.json") == [])
            #expect(asked > Int(RateClass.command.rule.burst))
            #expect(try await bob.send("GET", "/api/v1/me").status == 200)
            #expect(try await alice.send("GET", "/api/v1/limits").status == 200)
        }
    }

    @Test("bytes that are not HTTP get 400, and the next connection is served")
    func notHTTP() async throws {
        try await HTTPTestServer.run { server in
            for text in [
                "\u{16}\u{3}\u{1}\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
                "GET / HTTP/1.1\r\nBad Header: x\r\n\r\n",
            ] {
                let answer = try? await server.client.send(raw: Array(text.utf8))
                #expect(answer == nil || answer?.status == 400, "\(text)")
            }
            let chunked =
                "POST /api/v1/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n"
            let answer = try? await server.client.send(raw: Array(chunked.utf8))
            #expect(answer == nil || answer?.status == 400)
            let health = try await server.client.send("GET", "/health")
            #expect(health.status == 200)
        }
    }

    @Test("a body over the limit is refused before it has all been sent")
    func endlessBody() async throws {
        try await HTTPTestServer.run { server in
            let head =
                "POST /api/v1/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000000000\r\n\r\n"
            let answer = try await server.client.send(raw: Array(head.utf8) + [UInt8](repeating: 0x20, count: 200_000))
            #expect(answer.status == 413)
            #expect(answer.code == "too_large")
            #expect(answer.header("connection") == "close")
        }
    }
}
