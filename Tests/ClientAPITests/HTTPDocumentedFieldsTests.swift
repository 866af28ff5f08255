import Home
import Postgres
import Support
import Testing
import Wire

@testable import ClientAPI

/// Every documented field of an answer is really sent; that nothing undocumented is sent each test of a route checks by its schema.
struct HTTPDocumentedFieldsTests {
    @Test("each field of each answer in the documents is sent by some answer")
    func answers() async throws {
        let schemas = try TestFiles.names(in: "docs/schemas").filter {
            $0.hasPrefix("http-") && !$0.hasSuffix("-request.json")
        }
        let documented = try schemas.reduce(into: Set<String>()) { $0.formUnion(try SchemaCheck.properties(of: $1)) }
        var met: Set<String> = []
        try await HTTPTestServer.run { server in
            var tour = Tour(server: server)
            try await tour.accounts()
            try await tour.friends()
            try await tour.history()
            for (path, schema) in [
                ("/api/v1/server", "http-server.json"), ("/api/v1/limits", "http-limits.json"),
                ("/health", "http-health.json"),
                ("/.well-known/home-server", "http-well-known.json"),
            ] { try await tour.ask(server.client, "GET", path, as: schema) }
            met = tour.check.met
        }
        #expect(documented.subtracting(met).sorted() == [])
        #expect(!documented.isEmpty)
    }

    /// Asks for everything once, with whatever makes optional fields appear.
    private struct Tour {
        let server: HTTPTestServer
        var check = SchemaCheck()

        init(server: HTTPTestServer) {
            self.server = server
        }

        @discardableResult
        mutating func ask(
            _ client: HTTPTestClient, _ method: String, _ path: String, _ body: String? = nil, as schema: String
        ) async throws -> JSONObject {
            let answer = try await client.send(method, path, body)
            let json = try #require(answer.json)
            #expect(try check.problems(of: json, in: schema) == [], "\(method) \(path)")
            return try #require(json.object)
        }

        mutating func accounts() async throws {
            let credentials = #"{"username":"alice","password":"correct horse"}"#
            try await ask(server.client, "POST", "/api/v1/register", credentials, as: "http-signed-in.json")
            let alice = try await server.signIn("alice", agent: "Tour/1.0")
            try await ask(alice, "GET", "/api/v1/me", as: "http-me.json")
            try await ask(alice, "GET", "/api/v1/sessions", as: "http-sessions.json")
            try await ask(alice, "GET", "/api/v1/sessions?limit=1", as: "http-sessions.json")
            try await ask(alice, "POST", "/api/v1/ws-ticket", as: "http-ticket.json")
            try await ask(alice, "DELETE", "/api/v1/sessions", as: "http-revoked.json")
        }

        mutating func friends() async throws {
            let alice = try await server.signIn("alice")
            for name in ["bob", "carol"] {
                let person = try await server.signedIn(name)
                let request = try await ask(
                    person, "POST", "/api/v1/friend-requests", #"{"user_id":"alice"}"#,
                    as: "http-friend-request-receipt.json")
                _ = try await alice.send("POST", "/api/v1/friend-requests/\(try request.string("request_id"))/accept")
            }
            _ = try await server.test.database.execute("UPDATE accounts SET last_seen = created_at")
            try await ask(alice, "GET", "/api/v1/friends?limit=1", as: "http-friends.json")
            for name in ["dan@beta.example", "eve@beta.example"] {
                _ = try await alice.send("POST", "/api/v1/friend-requests", #"{"user_id":"\#(name)"}"#)
            }
            try await ask(alice, "GET", "/api/v1/friend-requests?limit=1", as: "http-friend-requests.json")
            for name in ["bob", "carol"] { _ = try await alice.send("PUT", "/api/v1/blocks/\(name)") }
            try await ask(alice, "GET", "/api/v1/blocks?limit=1", as: "http-blocks.json")
            for name in ["bob", "carol"] { _ = try await alice.send("DELETE", "/api/v1/blocks/\(name)") }
        }

        /// Messages with a nonce, an answer, and one that another homeserver refused.
        mutating func history() async throws {
            let home = server.test.home
            let alice = try await server.signIn("alice")
            let account = try await home.authenticate(token: try #require(alice.token)).account
            let fay = try #require(UserID("fay@beta.example"))
            try await PopulateDemo(database: server.test.database, server: home.server)
                .run(accounts: [], password: HTTPTestServer.password, friendships: [.init(account.id, fay)])
            var last: MessageID?
            for nonce in ["a", "b"] {
                let receipt = try await home.sendDirectMessage(
                    to: fay, text: "hello", nonce: nonce, replyTo: last, from: account, stream: nil)
                last = receipt.messageID
            }
            let link = try #require(try await home.outboundLinks().first)
            try await home.acknowledge(
                link.peer, server: link.server, epoch: link.epoch, through: link.last,
                rejected: [RejectedEvent(seq: link.last, code: "not_friends")])
            let history = try await ask(
                alice, "GET", "/api/v1/direct/fay@beta.example/messages", as: "http-direct-messages.json")
            let id = try history.string("conversation_id")
            try await ask(alice, "GET", "/api/v1/channels/\(id)/events?after=0", as: "http-events.json")
        }
    }
}
