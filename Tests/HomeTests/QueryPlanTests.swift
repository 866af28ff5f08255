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
            // A conversation is entered where the reader is in it, or not at all.
            let entersConversation = plan.contains("using messages_pkey")
            #expect(entersConversation == statement.sql.contains("m.seq > "), "\(size) \(statement.name):\n\(plan)")
            #expect(
                !entersConversation || plan.contains("(conversation = r.conversation) AND (seq > "),
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
        let store = BatchStore(database: PostgresClient(PostgresConfiguration(conninfo: "")))
        let pair = RosterPair(owner: UserKey(1), other: UserKey(2))
        let ids = IDSource()
        var needs = BatchNeeds(mayHaveRun: false)
        needs.conversations = [pair]
        needs.rosters = [pair]
        needs.nonces = [NonceKey(pair: pair, nonce: "n")]
        needs.messages = [ids.next()]
        needs.unread = [ReadPlace(pair: pair, seq: 1)]
        needs.requests = [ids.next()]
        needs.outbound = [PeerKey(1)]
        needs.inbound = [PeerKey(1)]
        needs.acknowledged = [PeerKey(1): 5]
        needs.overdue = [PeerKey(1): 5]
        needs.shown = [UserKey(1)]
        var batch = Batch(now: Instant(seconds: 1), mayHaveRun: false)
        batch.conversations[1] = ConversationCounters(id: ids.next(), lastSeq: 1, lastN: 1)
        batch.touchedConversations = [1]
        batch.outbound[PeerKey(1)] = OutboundCounters(epoch: "e", last: 1, acked: 1, delayedThrough: 1)
        batch.touchedOutbound = [PeerKey(1)]
        batch.shown[UserKey(1)] = StoredPresence(isInvisible: true, showsLastSeen: true)
        batch.touchedShown = [UserKey(1)]
        batch.failedOutbox = [(PeerKey(1), 1)]
        return store.reads(for: needs).enumerated().map { ("read \($0.offset)", $0.element.query.sql) }
            + store.writes(of: batch).enumerated().map { ("write \($0.offset)", $0.element.sql) }
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
