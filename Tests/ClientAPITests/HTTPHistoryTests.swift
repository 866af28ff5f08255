import Home
import Support
import Testing
import Wire

@testable import ClientAPI

/// Direct history by number, and events that fill a hole.
struct HTTPHistoryTests {
    /// alice and bob are friends, and alice has sent `count` messages; the nonces are n1, n2 ….
    private static func conversation(
        _ count: Int, _ test: (HTTPTestServer, _ alice: HTTPTestClient, _ bob: HTTPTestClient) async throws -> Void
    ) async throws {
        try await HTTPTestServer.run { server in
            let accounts = try await server.test.accounts("alice", "bob")
            let home = server.test.home
            let request = try await home.sendFriendRequest(to: accounts[1].id, from: accounts[0])
            try await home.acceptFriendRequest(request.requestID, by: accounts[1])
            for number in 0..<count {
                _ = try await home.sendDirectMessage(
                    to: accounts[1].id, text: "message \(number + 1)", nonce: "n\(number + 1)", replyTo: nil,
                    from: accounts[0], stream: nil)
            }
            try await test(server, try await server.signIn("alice"), try await server.signIn("bob"))
        }
    }

    private static func seqs(_ client: HTTPTestClient, _ query: String) async throws -> [Int64] {
        let answer = try await client.send("GET", "/api/v1/direct/bob/messages" + query)
        #expect(try problems(answer, "http-direct-messages.json") == [])
        return try #require(try answer.object?.objects("messages")).map { try $0.integer("seq") }
    }

    @Test("pages of history, by exclusive cursors in both directions")
    func pages() async throws {
        let pages: [(query: String, seqs: [Int64])] = [
            ("", [1, 2, 3, 4, 5, 6, 7]), ("?limit=3", [5, 6, 7]), ("?before=5&limit=3", [2, 3, 4]),
            ("?before=2&limit=3", [1]), ("?before=1", []), ("?after=0&limit=2", [1, 2]),
            ("?after=5&limit=200", [6, 7]),
            ("?after=7", []), ("?before=9223372036854775807&limit=1", [7]), ("?after=9223372036854775807", []),
        ]
        try await Self.conversation(7) { _, alice, _ in
            for page in pages {
                let seqs = try await Self.seqs(alice, page.query)
                #expect(seqs == page.seqs, "\(page.query)")
            }
        }
    }

    @Test("the author sees his nonce, the receiver does not; the rest is the same")
    func whoSeesWhat() async throws {
        try await Self.conversation(1) { _, alice, bob in
            let mine = try await alice.send("GET", "/api/v1/direct/bob@alpha.example/messages")
            let his = try await bob.send("GET", "/api/v1/direct/alice/messages")
            #expect(try problems(his, "http-direct-messages.json") == [])
            let sent = try #require(try mine.object?.objects("messages").first)
            let received = try #require(try his.object?.objects("messages").first)
            #expect(try sent.string("nonce") == "n1")
            #expect(received["nonce"] == nil)
            #expect(sent.members.filter { $0.key != "nonce" }.map(\.key) == received.keys)
            #expect(received.members.allSatisfy { sent[$0.key] == $0.value })
            #expect(try received.string("message") == "message 1")
            #expect(try received.integer("n") == 1)
            #expect(try mine.object?.integer("last_seq") == 1)
        }
    }

    @Test("events behind a number are the live frames")
    func events() async throws {
        try await Self.conversation(5) { _, alice, bob in
            let history = try await alice.send("GET", "/api/v1/direct/bob/messages")
            let id = try #require(try history.object?.string("conversation_id"))
            for (person, type) in [(alice, "private-message-sent"), (bob, "new-private-message")] {
                let answer = try await person.send("GET", "/api/v1/channels/\(id)/events?after=2&limit=2")
                #expect(try problems(answer, "http-events.json") == [])
                let events = try #require(try answer.object?.objects("events"))
                #expect(try events.map { try $0.integer("seq") } == [3, 4])
                #expect(try events.map { try $0.string("type") } == [type, type])
                #expect(try answer.object?.integer("last_seq") == 5)
            }
        }
    }

    @Test("a conversation of others does not exist")
    func foreignConversation() async throws {
        try await Self.conversation(1) { server, alice, _ in
            let carol = try await server.signedIn("carol")
            let history = try await alice.send("GET", "/api/v1/direct/bob/messages")
            let id = try #require(try history.object?.string("conversation_id"))
            for id in [id, "0192d9d0-0000-7000-8000-000000000000"] {
                let answer = try await carol.send("GET", "/api/v1/channels/\(id)/events?after=0")
                #expect(answer.status == 404)
                #expect(answer.code == "not_found")
            }
            let none = try await carol.send("GET", "/api/v1/direct/bob/messages")
            #expect(none.status == 200)
            #expect(none.text == #"{"messages":[],"last_seq":0,"read_seq":0}"#)
        }
    }

    @Test("history shows the author how a message to another homeserver fares")
    func delivery() async throws {
        try await HTTPTestServer.run { server in
            let alice = try await server.test.accounts("alice")[0]
            let carol = try #require(UserID("carol@beta.example"))
            try await PopulateDemo(database: server.test.database, server: server.test.home.server)
                .run(accounts: [alice.id], password: "correct horse", friendships: [.init(alice.id, carol)])
            let home = server.test.home
            for text in ["one", "two"] {
                _ = try await home.sendDirectMessage(
                    to: carol, text: text, nonce: nil, replyTo: nil, from: alice, stream: nil)
            }
            let client = try await server.signIn("alice")
            func deliveries() async throws -> [String] {
                let answer = try await client.send("GET", "/api/v1/direct/carol@beta.example/messages")
                #expect(try problems(answer, "http-direct-messages.json") == [])
                return try #require(try answer.object?.objects("messages")).map { message in
                    let delivery = try message.object("delivery")
                    #expect(try delivery.string("server") == "beta.example")
                    return try [delivery.string("state"), delivery.optionalString("reason")].compactMap { $0 }
                        .joined(separator: " ")
                }
            }
            let queued = try await deliveries()
            #expect(queued == ["queued", "queued"])
            let link = try #require(try await home.outboundLinks().first)
            try await home.acknowledge(
                link.peer, server: link.server, epoch: link.epoch, through: link.last,
                rejected: [RejectedEvent(seq: link.last, code: "not_friends")])
            let answered = try await deliveries()
            #expect(answered == ["delivered", "failed not_friends"])
        }
    }
}
