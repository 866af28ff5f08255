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
            try await tour.communities()
            try await tour.communityElsewhere()
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

        /// A community of another homeserver, which is away.
        mutating func communityElsewhere() async throws {
            let home = server.test.home
            let alice = try await server.signIn("alice")
            let beta = try #require(ServerName("beta.example"))
            let peer = try await home.knownPeer(named: beta)
            _ = try await home.openInboundEpoch("e1", firstSeq: 1, of: peer.key)
            let id = "0190a0a0-0000-7000-8000-000000000001"
            let channel = "0190a0a0-0000-7000-8000-000000000002"
            let role = "0190a0a0-0000-7000-8000-000000000003"
            func tell(_ seq: Int64, _ type: String, to: UserID?, _ data: String) async throws {
                let event = InboundEvent(
                    seq: seq, id: EventID(high: 1, low: UInt64(seq)), type: type,
                    sender: try #require(UserID("fay@beta.example")), to: to, timestamp: home.time.now(),
                    data: try #require(try JSON.parse(data).object))
                let result = try await home.applyTransaction(from: peer, epoch: "e1", events: [event])
                #expect(result.rejected == [])
            }
            try await tell(
                1, "community.invite", to: UserID("alice", home: home.server),
                """
                {"invite_id":"\(role)","community_id":"\(id)","name":"Tracks","expires_at":"2100-01-01T00:00:00.000Z"}
                """)
            _ = try await alice.send("POST", "/api/v1/server-invites/\(role)/accept")
            try await tell(
                2, "community.state", to: nil,
                """
                {"community_id":"\(id)","version":3,"incarnation":"i","member_count":2,"snapshot":"last",
                "community":{"name":"Tracks","owner":"fay@beta.example","created_at":"2026-01-01T00:00:00.000Z"},
                "only_roles":["\(role)"],"roles":[{"role_id":"\(role)","name":"everyone","position":0,"everyone":true,
                "permissions":["view_channel","read_history"]}],"only_channels":["\(channel)"],
                "channels":[{"channel_id":"\(channel)","kind":"text","name":"general","position":1,"slow_mode_seconds":0,
                "last_seq":4,"last_n":4,"overrides":[]}],"member_range":{},
                "members":[{"user_id":"alice@\(home.server.text)","state":"member","role_ids":[],
                "joined_at":"2026-01-01T00:00:00.000Z"}]}
                """)
            await home.noteAnswer(of: beta, isAway: true, asked: home.time.monotonic())
            try await ask(alice, "GET", "/api/v1/servers", as: "http-servers.json")
            try await ask(alice, "GET", "/api/v1/servers/\(id)", as: "http-community.json")
            try await ask(alice, "GET", "/api/v1/channels/\(channel)/messages", as: "http-channel-messages.json")
        }

        /// A community with everything that can be said of one.
        mutating func communities() async throws {
            let alice = try await server.signIn("alice")
            let made = try await ask(
                alice, "POST", "/api/v1/servers", #"{"name":"Gardens","description":"Of beds"}"#,
                as: "http-community.json")
            let path = "/api/v1/servers/\(try made.string("server_id"))"
            try await ask(alice, "GET", "/api/v1/servers", as: "http-servers.json")
            let role = try await ask(
                alice, "POST", path + "/roles",
                ##"{"name":"Gardener","permissions":["kick_members","mention_everyone"],"color":"#00ff7f"}"##,
                as: "http-role.json")
            let roleID = try role.string("role_id")
            try await ask(alice, "GET", path + "/roles", as: "http-roles.json")
            let channel = try await ask(
                alice, "POST", path + "/channels",
                #"{"name":"beds","topic":"What grows","private":true,"role_ids":["\#(roleID)"]}"#,
                as: "http-channel.json")
            let channelPath = "/api/v1/channels/\(try channel.string("channel_id"))"
            try await ask(alice, "GET", path + "/channels", as: "http-channels.json")
            let (bob, carol, dora) = (
                try await server.signIn("bob"), try await server.signIn("carol"), try await server.signedIn("dora")
            )
            try await comeIn(to: path, alice, bob: bob, carol: carol, dora: dora)
            try await moderate(path, channelPath, roleID, alice, bob)
        }

        /// Invitations and links: bob and carol join, dora is invited.
        private mutating func comeIn(
            to path: String, _ alice: HTTPTestClient, bob: HTTPTestClient, carol: HTTPTestClient, dora: HTTPTestClient
        ) async throws {
            for name in ["bob", "dora", "carol"] {
                try await ask(alice, "POST", path + "/invites", #"{"user_id":"\#(name)"}"#, as: "http-invite.json")
            }
            try await ask(alice, "GET", path + "/invites?limit=1", as: "http-invites.json")
            let invites = try await ask(bob, "GET", "/api/v1/server-invites", as: "http-server-invites.json")
            let invite = try #require(try invites.objects("server_invites").first).string("invite_id")
            try await ask(bob, "POST", "/api/v1/server-invites/\(invite)/accept", as: "http-joined.json")
            let link = try await ask(
                alice, "POST", path + "/invite-links", #"{"expires_in_seconds":3600,"max_uses":9}"#,
                as: "http-invite-link.json")
            let code = try link.string("code")
            try await ask(alice, "GET", path + "/invite-links", as: "http-invite-links.json")
            try await ask(carol, "GET", "/api/v1/invite-links/\(code)", as: "http-invite-link-preview.json")
            for client in [carol, dora] {
                try await ask(client, "POST", "/api/v1/invite-links/\(code)/join", as: "http-joined.json")
            }
            try await ask(
                alice, "GET", path + "/invite-links/\(code)/uses?limit=1", as: "http-invite-link-uses.json")
            for name in ["erik", "fred"] {
                _ = try await server.signedIn(name)
                try await ask(alice, "POST", path + "/invites", #"{"user_id":"\#(name)"}"#, as: "http-invite.json")
            }
            try await ask(alice, "GET", path + "/invites?limit=1", as: "http-invites.json")
            // Of somebody who is invited twice there are two pages.
            let second = try await ask(
                alice, "POST", "/api/v1/servers", #"{"name":"Ponds"}"#, as: "http-community.json")
            let erik = try await server.signIn("erik")
            try await ask(
                alice, "POST", "/api/v1/servers/\(try second.string("server_id"))/invites", #"{"user_id":"erik"}"#,
                as: "http-invite.json")
            try await ask(erik, "GET", "/api/v1/server-invites?limit=1", as: "http-server-invites.json")
        }

        private mutating func moderate(
            _ path: String, _ channelPath: String, _ role: String, _ alice: HTTPTestClient, _ bob: HTTPTestClient
        ) async throws {
            try await ask(alice, "PUT", path + "/members/bob/roles/\(role)", as: "http-member.json")
            try await ask(
                alice, "PUT", path + "/members/bob/time-out", #"{"seconds":600,"reason":"calm"}"#,
                as: "http-member.json")
            try await ask(alice, "GET", path + "/members?limit=2", as: "http-members.json")
            try await ask(alice, "GET", path + "/members/bob", as: "http-member.json")
            try await ask(bob, "GET", path, as: "http-community.json")
            try await ask(alice, "PATCH", channelPath, #"{"slow_mode_seconds":5}"#, as: "http-channel.json")
            try await write(in: channelPath, alice)
            for name in ["carol", "dora"] {
                _ = try await alice.send("PUT", path + "/bans/\(name)", #"{"reason":"spam"}"#)
            }
            try await ask(alice, "GET", path + "/bans?limit=1", as: "http-bans.json")
            let messages = try await ask(
                alice, "GET", channelPath + "/messages", as: "http-channel-messages.json")
            for message in try messages.objects("messages") {
                let id = try message.string("message_id")
                let report = try await ask(
                    alice, "POST", channelPath + "/messages/\(id)/reports", #"{"reason":"look"}"#,
                    as: "http-report-receipt.json")
                _ = try await alice.send(
                    "POST", path + "/reports/\(try report.string("report_id"))/close", #"{"note":"seen"}"#)
            }
            try await ask(alice, "GET", path + "/reports?limit=1", as: "http-reports.json")
            let last = try #require(try messages.objects("messages").last).string("message_id")
            _ = try await alice.send("DELETE", channelPath + "/messages/\(last)?reason=spam")
            try await ask(alice, "GET", channelPath + "/messages", as: "http-channel-messages.json")
            try await ask(alice, "GET", channelPath + "/events?after=0", as: "http-channel-events.json")
            try await ask(alice, "GET", path + "/audit-log?limit=2", as: "http-audit-log.json")
            try await ask(alice, "GET", path + "/audit-log?limit=200", as: "http-audit-log.json")
        }

        private func write(in channelPath: String, _ client: HTTPTestClient) async throws {
            let home = server.test.home
            let account = try await home.authenticate(token: try #require(client.token)).account
            let id = try #require(channelPath.split(separator: "/").last.flatMap { ConversationID(String($0)) })
            var last: MessageID?
            for nonce in ["a", "b", "c"] {
                let message = NewChannelMessage(
                    channel: id, text: "hello", nonce: nonce, replyTo: last, mentions: [.everyone])
                last = try await home.sendChannelMessages([message], from: account)[0].get().messageID
            }
        }
    }
}
