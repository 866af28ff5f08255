import HTTPTypes
import Logging
import Support
import Testing
import Wire

@testable import ClientAPI
@testable import Home

/// Requests that go to another homeserver or come from one.
struct CarriedCallTests {
    // MARK: What only the home knows

    @Test func `what only a user's homeserver knows is put into the answer, however deep`() throws {
        let text = try #require(ConversationID("019aa000-0000-7000-8000-000000000001"))
        let own = try #require(UserID("bob@b.example"))
        let knowledge = OwnKnowledge(
            server: try #require(ServerName("b.example")),
            summaries: [
                text: ChannelSummary(
                    id: text, community: try #require(CommunityID("019aa000-0000-7000-8000-000000000009")), lastSeq: 9,
                    readSeq: 4, unread: 3, mentions: 1)
            ], statuses: [own: .online])
        let answer = #"""
            {"channels":[
            {"channel_id":"019aa000-0000-7000-8000-000000000001","kind":"text","last_seq":9,"read_seq":77},
            {"channel_id":"019aa000-0000-7000-8000-000000000002","kind":"text","last_seq":2},
            {"channel_id":"019aa000-0000-7000-8000-000000000003","kind":"voice"},
            {"channel_id":"nonsense","kind":"text"}],
            "messages":[{"channel_id":"019aa000-0000-7000-8000-000000000001","message":"kind"}],
            "members":[{"user_id":"bob@b.example","status":"offline"},{"user_id":"eve@b.example","status":"online"},
            {"user_id":"alice@a.example","status":"online"},{"user_id":"bob@b.example"}]}
            """#
        let expected = #"""
            {"channels":[
            {"channel_id":"019aa000-0000-7000-8000-000000000001","kind":"text","last_seq":9,"read_seq":4,"unread":3,"mentions":1},
            {"channel_id":"019aa000-0000-7000-8000-000000000002","kind":"text","last_seq":2,"read_seq":0,"unread":0,"mentions":0},
            {"channel_id":"019aa000-0000-7000-8000-000000000003","kind":"voice"},
            {"channel_id":"nonsense","kind":"text"}],
            "messages":[{"channel_id":"019aa000-0000-7000-8000-000000000001","message":"kind"}],
            "members":[{"user_id":"bob@b.example","status":"online"},{"user_id":"eve@b.example","status":"offline"},
            {"user_id":"alice@a.example","status":"online"},{"user_id":"bob@b.example"}]}
            """#
        let object = try #require(try JSON.parse(answer).object)
        #expect(knowledge.added(to: object) == (try #require(try JSON.parse(expected).object)))
    }

    // MARK: Which routes

    @Test func `what a peer may carry here are the routes of communities, and no others`() {
        let carried = HTTPRoutes.all.filter(\.isForMembers)
        #expect(carried.allSatisfy { $0.needsLogin })
        let others = HTTPRoutes.all.filter { !$0.isForMembers }.map(\.path)
        #expect(
            Set(others.filter { $0.hasPrefix("/api/v1/servers") || $0.hasPrefix("/api/v1/channels") })
                == ["/api/v1/servers", "/api/v1/servers/{id}/leave"])
        #expect(
            Set(carried.map { $0.path.split(separator: "/")[2] }) == ["servers", "channels", "invite-links"])
    }

    // MARK: At the host

    /// alpha.example with a community of alice's, and the peer beta.example.
    private struct Host {
        let test: TestHome
        let alice: Account
        let community: Community
        let peer: Peer
        let answerCall: AnswerCarriedCall

        static func run(limits: Bool = false, _ body: (Host) async throws -> Void) async throws {
            let test = try await TestHome.make(limitsEnabled: limits)
            let alice = try await test.accounts("alice")[0]
            let host = Host(
                test: test, alice: alice,
                community: try await test.home.createCommunity(name: "Garden", description: nil, by: alice),
                peer: try await test.home.knownPeer(named: try #require(ServerName("beta.example"))),
                answerCall: AnswerCarriedCall(
                    home: test.home, settings: ClientAPISettings(port: 0), rateLimits: RateLimits(isEnabled: limits),
                    logger: Logger(label: "test")))
            try await body(host)
            await test.close()
        }

        func ask(
            _ user: String, _ method: String, _ path: String, _ body: String? = nil
        ) async throws -> (status: Int, body: JSONObject) {
            let answer = await answerCall.run(
                CarriedCall(
                    user: try #require(UserID(user)), method: method, target: "/api/v1" + path,
                    body: body.map { Array($0.utf8) }), from: peer)
            let object = try answer.body.flatMap { try JSON.parse($0).object }
            return (answer.status, object ?? JSONObject())
        }

        /// Whether there is a row of him.
        func knows(_ user: String) async throws -> Bool {
            try await test.home.directory.resolve(try #require(UserID(user))) != nil
        }
    }

    @Test func `a stranger sees what a link leads to, and leaves no row until he joins`() async throws {
        try await Host.run { host in
            let link = try await host.test.home.createLink(in: host.community.id, life: nil, maxUses: 1, by: host.alice)
            #expect(try await host.ask("bob@beta.example", "GET", "/invite-links/\(link.code)").status == 200)
            #expect(try await host.ask("bob@beta.example", "GET", "/servers/\(host.community.id)").status == 404)
            let wrong = String(link.code.dropLast(4)) + "AAAA"
            #expect(try await host.ask("bob@beta.example", "POST", "/invite-links/\(wrong)/join").status == 404)
            #expect(try await !host.knows("bob@beta.example"))
            let joined = try await host.ask("bob@beta.example", "POST", "/invite-links/\(link.code)/join")
            #expect(joined.status == 200)
            #expect(try joined.body.string("state") == "joined")
            #expect(try await host.knows("bob@beta.example"))
            // It is used up: whoever comes next leaves no row either.
            #expect(try await host.ask("eve@beta.example", "POST", "/invite-links/\(link.code)/join").status == 404)
            #expect(try await !host.knows("eve@beta.example"))
        }
    }

    @Test func `a member elsewhere may what members may, and of himself hears only what the host knows`() async throws {
        try await Host.run { host in
            let link = try await host.test.home.createLink(
                in: host.community.id, life: nil, maxUses: nil, by: host.alice)
            _ = try await host.ask("bob@beta.example", "POST", "/invite-links/\(link.code)/join")
            let view = try await host.ask("bob@beta.example", "GET", "/servers/\(host.community.id)")
            #expect(view.status == 200)
            let channel = try #require(try view.body.objects("channels").first)
            #expect(channel["last_seq"] != nil)
            #expect(channel["read_seq"] == nil && channel["unread"] == nil && channel["mentions"] == nil)
            let id = try channel.string("channel_id")
            let history = try await host.ask("bob@beta.example", "GET", "/channels/\(id)/messages")
            #expect(history.status == 200 && history.body["read_seq"] == nil)
            #expect(try await host.ask("bob@beta.example", "PATCH", "/channels/\(id)", #"{"topic":"x"}"#).status == 403)
            // A short name means his own homeserver's.
            let himself = try await host.ask("bob@beta.example", "GET", "/servers/\(host.community.id)/members/bob")
            #expect(try himself.body.string("user_id") == "bob@beta.example")
            #expect(
                try await host.ask("bob@beta.example", "GET", "/servers/\(host.community.id)/members/alice").status
                    == 404)
            #expect(try await host.ask("bob@beta.example", "POST", "/servers/\(host.community.id)/leave").status == 404)
        }
    }

    @Test func `a body that is missing, and one that is wrong, are refused as a client's are`() async throws {
        try await Host.run { host in
            let path = "/servers/\(host.community.id)/roles"
            let missing = try await host.ask("bob@beta.example", "POST", path)
            #expect(missing.status == 415)
            let wrong = try await host.ask("bob@beta.example", "POST", path, #"{"name":5}"#)
            #expect(wrong.status == 400)
            #expect(try wrong.body.string("field") == "name")
        }
    }

    @Test func `strangers are counted apart`() async throws {
        try await Host.run(limits: true) { host in
            var refused = 0
            for _ in 0..<130 where try await host.ask("bob@beta.example", "GET", "/invite-links/none").status == 429 {
                refused += 1
            }
            #expect(refused > 0)
            #expect(try await host.ask("eve@beta.example", "GET", "/invite-links/none").status == 404)
        }
    }
}
