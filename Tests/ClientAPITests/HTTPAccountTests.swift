import Home
import Support
import Testing
import Wire

@testable import ClientAPI

/// Signing up, in and out, and one's own account, over real HTTP.
struct HTTPAccountTests {
    private static let credentials = #"{"username":"alice","password":"correct horse"}"#

    @Test("registering signs in, and the name is taken from then on")
    func register() async throws {
        try await HTTPTestServer.run { server in
            let answer = try await server.client.send("POST", "/api/v1/register", Self.credentials)
            #expect(answer.status == 201)
            #expect(try problems(answer, "http-signed-in.json") == [])
            let token = try #require(try answer.object?.string("token"))
            let me = try await server.client.with(token: token).send("GET", "/api/v1/me")
            #expect(me.status == 200)
            #expect(try problems(me, "http-me.json") == [])
            #expect(try me.object?.string("user_id") == "alice@alpha.example")
            #expect(try me.object?.bool("admin") == false)

            let again = try await server.client.send("POST", "/api/v1/register", Self.credentials)
            #expect(again.status == 409)
            #expect(again.code == "conflict")
        }
    }

    @Test("a closed homeserver registers nobody; one by token says so")
    func registrationModes() async throws {
        try await HTTPTestServer.run(registration: .closed) { server in
            let answer = try await server.client.send("POST", "/api/v1/register", Self.credentials)
            #expect(answer.status == 403)
            #expect(answer.code == "forbidden")
        }
        try await HTTPTestServer.run(registration: .token) { server in
            let without = try await server.client.send("POST", "/api/v1/register", Self.credentials)
            #expect(without.status == 400)
            #expect(without.field == "registration_token")
            let wrong = try await server.client.send(
                "POST", "/api/v1/register",
                #"{"username":"alice","password":"correct horse","registration_token":"x"}"#)
            #expect(wrong.status == 403)
        }
    }

    @Test("login answers a token; a wrong user and a wrong password look the same")
    func login() async throws {
        try await HTTPTestServer.run { server in
            _ = try await server.test.accounts("alice")
            let answer = try await server.client.send("POST", "/api/v1/login", Self.credentials)
            #expect(answer.status == 200)
            #expect(try problems(answer, "http-signed-in.json") == [])
            #expect(answer.header("set-cookie") == nil)
            let address = try await server.client.send(
                "POST", "/api/v1/login", #"{"username":"alice@alpha.example","password":"correct horse"}"#)
            #expect(address.status == 200)

            let wrongPassword = try await server.client.send(
                "POST", "/api/v1/login", #"{"username":"alice","password":"wrong horse"}"#)
            let wrongUser = try await server.client.send(
                "POST", "/api/v1/login", #"{"username":"nobody","password":"wrong horse"}"#)
            #expect(wrongPassword.status == 401)
            #expect(wrongPassword.code == "unauthorized")
            #expect(wrongPassword.header("www-authenticate") == "Bearer")
            #expect(wrongPassword.body == wrongUser.body)
            #expect(wrongUser.status == 401)
        }
    }

    @Test("too many attempts are answered 429 with a time to wait")
    func throttle() async throws {
        try await HTTPTestServer.run(limits: true) { server in
            _ = try await server.test.accounts("alice")
            var last = try await server.client.send("GET", "/health")
            for _ in 0..<200 where last.status != 429 {
                last = try await server.client.send(
                    "POST", "/api/v1/login", #"{"username":"alice","password":"wrong horse"}"#)
            }
            #expect(last.status == 429)
            #expect(last.code == "rate_limited")
            let wait = try #require(try last.object?.integer("retry_after_ms"))
            #expect(last.header("retry-after") == String((wait + 999) / 1000))
        }
    }

    @Test("logout voids the token")
    func logout() async throws {
        try await HTTPTestServer.run { server in
            let alice = try await server.signedIn("alice")
            #expect(try await alice.send("POST", "/api/v1/logout").status == 204)
            let after = try await alice.send("GET", "/api/v1/me")
            #expect(after.status == 401)
            #expect(after.code == "unauthorized")
        }
    }

    @Test("a new password ends all other sessions")
    func changePassword() async throws {
        try await HTTPTestServer.run { server in
            let alice = try await server.signedIn("alice")
            let other = try await server.signIn("alice")
            let wrong = try await alice.send(
                "POST", "/api/v1/me/password", #"{"current_password":"no","new_password":"battery staple"}"#)
            #expect(wrong.status == 401)
            let short = try await alice.send(
                "POST", "/api/v1/me/password", #"{"current_password":"correct horse","new_password":"short"}"#)
            #expect(short.status == 400)
            #expect(short.field == "new_password")
            let done = try await alice.send(
                "POST", "/api/v1/me/password", #"{"current_password":"correct horse","new_password":"battery staple"}"#)
            #expect(done.status == 204)
            #expect(done.body == [])
            #expect(try await alice.send("GET", "/api/v1/me").status == 200)
            #expect(try await other.send("GET", "/api/v1/me").status == 401)
        }
    }
}
