import Postgres
import Support
import Testing
import Wire

@testable import Home

/// What PostgreSQL does for the Writer's statements when the tables are large, and when they are empty.
///
/// A plan is made once per connection and kept: one that was chosen over empty tables must still be right a million rows later.
@Suite("Plans of the message path")
struct QueryPlanTests {
    @Test("Every statement of the Writer looks rows up by index, planned on empty tables and at a million rows")
    func plans() async throws {
        let test = try await TestHome.make()
        let statements = statements()
        #expect(statements.count >= 13)
        try await check(statements, test, "empty")
        try await fill(test.database)
        try await check(statements, test, "large")
        try await checkCost(of: statements, test)
        try await checkSummaries(test)
        await test.close()
    }

    /// The columns that each index of `messages` must be entered with: fewer would walk a whole conversation.
    private func check(_ statements: [(name: String, sql: String)], _ test: TestHome, _ size: String) async throws {
        for (index, statement) in statements.enumerated() {
            let name = "\(size)\(index)"
            let parameters = (1...20).reversed().first { statement.sql.contains("$\($0)") } ?? 0
            let arguments = Array(repeating: "NULL", count: parameters).joined(separator: ", ")
            try await test.writerDatabase.execute(.once("PREPARE \(name) AS \(statement.sql)"))
            let plan = try await test.writerDatabase.query(
                .once("EXPLAIN EXECUTE \(name)" + (parameters > 0 ? "(\(arguments))" : "")), as: String.self
            ).joined(separator: "\n")
            #expect(!plan.contains("Seq Scan"), "\(size) \(statement.name):\n\(plan)")
            #expect(!plan.contains("Hash Join") && !plan.contains("Merge Join"), "\(size) \(statement.name):\n\(plan)")
            if plan.contains("messages_nonce") {
                #expect(
                    plan.contains("(author = ") && plan.contains("(nonce = "), "\(size) \(statement.name):\n\(plan)")
            }
            // What is left of a copied channel that nobody sees any more goes whole.
            if statement.sql.hasPrefix("DELETE FROM messages") {
                #expect(plan.contains("messages_pkey") && plan.contains("(conversation = ANY"), "\(size):\n\(plan)")
                continue
            }
            // A conversation is entered where the reader is in it, or not at all.
            let entersConversation = plan.contains("using messages_pkey")
            #expect(entersConversation == statement.sql.contains("m.seq > "), "\(size) \(statement.name):\n\(plan)")
            let place = statement.sql.contains("channel_markers") ? "u.channel" : "r.conversation"
            #expect(
                !entersConversation || plan.contains("(conversation = \(place)) AND (seq > "),
                "\(size) \(statement.name):\n\(plan)")
        }
    }

    /// Ten messages behind the place, five of them one's own: no other row is read.
    private func checkCost(of statements: [(name: String, sql: String)], _ test: TestHome) async throws {
        let index = try #require(statements.firstIndex { $0.sql.contains("m.seq > ") })
        let plan = try await test.writerDatabase.query(
            .once("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) EXECUTE large\(index)('{1}', '{2}', '{990}')"),
            as: String.self)
        let scan = try #require(plan.firstIndex { $0.contains("using messages_pkey") })
        #expect(plan[scan].contains("(actual rows=5"), "\(plan.joined(separator: "\n"))")
        #expect(plan[scan...].contains { $0.contains("Rows Removed by Filter: 5") }, "\(plan.joined(separator: "\n"))")
    }

    /// `ready` reads of each conversation what is behind the marker and the last message.
    private func checkSummaries(_ test: TestHome) async throws {
        try await test.database.execute(.once("UPDATE roster SET read_seq = 990"))
        let query = DirectMessageStore.summariesQuery(of: UserKey(1))
        let plan = try await test.database.transaction { transaction in
            _ = try await transaction.run([.once("PREPARE summaries AS \(query.sql)")])
            return try await transaction.run([
                .once("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) EXECUTE summaries(200, 200, 1)")
            ])
        }
        let lines = try (0..<plan[0].count).map { try plan[0].text($0, 0) }
        let scans = lines.filter { $0.contains("messages") }
        #expect(scans.count == 2, "\(lines.joined(separator: "\n"))")
        #expect(scans.allSatisfy { $0.contains("messages_pkey") }, "\(lines.joined(separator: "\n"))")
        #expect(
            scans.contains { $0.contains("Backward") && $0.contains("rows=1 ") }, "\(lines.joined(separator: "\n"))")
        #expect(scans.contains { $0.contains("rows=5 ") }, "\(lines.joined(separator: "\n"))")
    }

    private func statements() -> [(name: String, sql: String)] {
        let store = BatchStore(
            database: PostgresClient(PostgresConfiguration(conninfo: "")), board: CommunityBoard(), ids: IDSource(),
            incarnation: Incarnation())
        let pair = RosterPair(owner: UserKey(1), other: UserKey(2))
        let ids = IDSource()
        var needs = BatchNeeds(mayHaveRun: false)
        needs.conversations = [pair]
        needs.rosters = [pair]
        needs.nonces = [
            NonceKey(author: pair.owner, place: .direct(pair.other), nonce: "n"),
            NonceKey(author: pair.owner, place: .channel(ChannelKey(1)), nonce: "n"),
        ]
        needs.messages = [ids.next()]
        needs.unread = [ReadPlace(pair: pair, seq: 1)]
        needs.requests = [ids.next()]
        needs.outbound = [PeerKey(1)]
        needs.inbound = [PeerKey(1)]
        needs.acknowledged = [PeerKey(1): 5]
        needs.overdue = [PeerKey(1): 5]
        needs.shown = [UserKey(1)]
        declareCommunities(&needs)
        var batch = Batch(now: Instant(seconds: 1), mayHaveRun: false, ids: ids, incarnation: "")
        batch.conversations[1] = ConversationCounters(id: ids.next(), lastSeq: 1, lastN: 1)
        batch.touchedConversations = [1]
        batch.outbound[PeerKey(1)] = OutboundCounters(epoch: "e", last: 1, acked: 1, delayedThrough: 1)
        batch.touchedOutbound = [PeerKey(1)]
        batch.shown[UserKey(1)] = StoredPresence(isInvisible: true, showsLastSeen: true)
        batch.touchedShown = [UserKey(1)]
        batch.failedOutbox = [(PeerKey(1), 1)]
        touchCommunities(&batch, ids)
        return store.reads(for: needs).enumerated().map { ("read \($0.offset)", $0.element.query.sql) }
            + store.writes(of: batch).enumerated().map { ("write \($0.offset)", $0.element.sql) }
    }

    private func declareCommunities(_ needs: inout BatchNeeds) {
        let ids = IDSource()
        let member = MemberPlace(community: CommunityKey(1), user: UserKey(1))
        let marker = MarkerPlace(owner: UserKey(1), channel: ChannelKey(900))
        needs.communities = [member.community]
        needs.newCommunities = 1
        needs.channels = [marker.channel]
        needs.channelPlaces = [ChannelPlace(marker: marker, seq: 20990, words: "everyone")]
        needs.lastMessages = [marker]
        needs.logged = [ids.next()]
        needs.invites = [ids.next()]
        needs.openInvites = [member]
        needs.links = ["code"]
        needs.reports = [ids.next()]
        needs.counts = [member]
        needs.invitesTo = [member.user]
        needs.invitesOf = [member.community]
        needs.channelsOf = [member.community]
        needs.memberships = [member.user]
        needs.namedChannels = [ids.next()]
        needs.consents = [ids.next()]
        needs.submissions = [ids.next()]
        needs.submissionNonces = [NonceKey(author: UserKey(1), place: .channel(marker.channel), nonce: "n")]
    }

    private func touchCommunities(_ batch: inout Batch, _ ids: IDSource) {
        let member = MemberPlace(community: CommunityKey(1), user: UserKey(1))
        guard let owner = UserID("u1@alpha.example") else { preconditionFailure("an address") }
        let gone = Community(
            key: member.community, id: ids.next(), host: nil, name: "c", description: nil,
            owner: ResolvedUser(key: member.user, id: owner, peer: nil), version: 1, createdAt: batch.now)
        batch.rows.members = [member]
        batch.rows.timeOuts = [member]
        batch.rows.communities = [member.community]
        batch.rows.joined = [member]
        batch.rows.roles = [RolePlace(community: member.community, role: ids.next())]
        batch.rows.channels = [ChannelKey(1): member.community]
        batch.rows.overrides = [ChannelKey(1): member.community]
        batch.rows.endedBans = [member]
        batch.rows.deleted = [member.community: gone]
        batch.rows.conversationEvents = [
            ConversationEventRow(
                conversation: 1, seq: 1, kind: .messageDeleted, message: ids.next(), messageSeq: 1,
                actor: UserKey(1), at: batch.now)
        ]
        batch.rows.emptiedChannels = [ChannelKey(900)]
        batch.rows.endedSubmissions = [ids.next()]
        batch.rows.endedConsents = [Consent(member: UserKey(1), community: ids.next(), host: PeerKey(1))]
        batch.rows.deletedCopies = [ids.next()]
        batch.rows.behindHosts = [PeerKey(1)]
    }

    private func fill(_ database: PostgresClient) async throws {
        for statement in [
            "INSERT INTO users (address, created_at) SELECT 'u' || i || '@alpha.example', now() FROM generate_series(1, 2000) i",
            "INSERT INTO accounts (key, password_hash, created_at) SELECT key, 'x', now() FROM users",
            "INSERT INTO conversations (id, last_seq, last_n) SELECT gen_random_uuid(), 1000, 1000 FROM generate_series(1, 1000)",
            """
            INSERT INTO roster (owner, other, state, conversation, since)
            SELECT CASE side WHEN 0 THEN 2 * c - 1 ELSE 2 * c END, CASE side WHEN 0 THEN 2 * c ELSE 2 * c - 1 END,
                'friends', c, now()
            FROM generate_series(1, 1000) c, generate_series(0, 1) side
            """,
            """
            INSERT INTO messages (conversation, seq, n, id, author, receiver, body, nonce, sent_at)
            SELECT c, s, s, gen_random_uuid(), 2 * c - s % 2, 2 * c - 1 + s % 2, 'hello', 'n' || s, now()
            FROM generate_series(1, 1000) c, generate_series(1, 1000) s
            """,
            """
            INSERT INTO communities (key, id, name, owner, created_at)
            SELECT i, gen_random_uuid(), 'c', 1, now() FROM generate_series(1, 100) i
            """,
            """
            INSERT INTO community_roles (community, id, name, permissions, position, is_everyone)
            SELECT c, gen_random_uuid(), 'r', 0, r, r = 0 FROM generate_series(1, 100) c, generate_series(0, 20) r
            """,
            """
            INSERT INTO community_channels (conversation, community, kind, name, position)
            SELECT i, 1 + i / 10, 'text', 'c', 1 FROM generate_series(1, 900) i
            """,
            """
            INSERT INTO channel_overrides (conversation, kind, target, allow, deny)
            SELECT i, 'everyone', '', 1, 0 FROM generate_series(1, 900) i
            """,
            """
            INSERT INTO community_members (community, member, joined_at)
            SELECT c, m, now() FROM generate_series(1, 100) c, generate_series(1, 1000) m
            """,
            """
            INSERT INTO channel_markers (owner, conversation, read_seq)
            SELECT m, c, 20990 FROM generate_series(1, 500) m, generate_series(801, 900) c
            """,
            """
            INSERT INTO community_bans (community, banned, by_user, created_at)
            SELECT c, m, 1, now() FROM generate_series(1, 100) c, generate_series(1001, 1100) m
            """,
            """
            INSERT INTO community_log (community, version, event, at, actor, action)
            SELECT c, v, gen_random_uuid(), now(), 1, 'member.join'
            FROM generate_series(1, 100) c, generate_series(1, 1000) v
            """,
            """
            INSERT INTO community_invites (id, community, inviter, invitee, state, is_shown, created_at, expires_at)
            SELECT gen_random_uuid(), c, 1, m, 'pending', true, now(), now()
            FROM generate_series(1, 100) c, generate_series(1101, 1200) m
            """,
            """
            INSERT INTO community_links (code, community, creator, created_at)
            SELECT 'l' || c || ' ' || i, c, 1, now() FROM generate_series(1, 100) c, generate_series(1, 50) i
            """,
            """
            INSERT INTO community_reports (id, community, conversation, message, author, reporter, reason, created_at)
            SELECT gen_random_uuid(), c, c, gen_random_uuid(), 1, 1, 'r', now()
            FROM generate_series(1, 100) c, generate_series(1, 50) i
            """,
            """
            INSERT INTO messages (conversation, seq, n, id, author, body, nonce, sent_at)
            SELECT 900, 1000 + s, 1000 + s, gen_random_uuid(), 1 + s % 100, 'hello', 'n' || s, now()
            FROM generate_series(1, 20000) s
            """,
            "INSERT INTO peers (name) SELECT 'p' || i || '.example' FROM generate_series(1, 300) i",
            "INSERT INTO outbound_links (peer, last, acked) SELECT key, 1000, 900 FROM peers",
            "INSERT INTO inbound_links (peer) SELECT key FROM peers",
            """
            INSERT INTO outbox (peer, seq, event, type, sender, receiver, json, created_at)
            SELECT p, s, gen_random_uuid(), 'direct.message', 1, 2, '{}', now()
            FROM generate_series(1, 100) p, generate_series(1, 1000) s
            """,
            "ANALYZE",
        ] {
            try await database.execute(.once(statement))
        }
    }
}
