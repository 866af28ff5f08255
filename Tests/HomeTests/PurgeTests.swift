import Postgres
import Support
import Testing
import Wire

@testable import Home

/// What is deleted by and by, where there is so much that one statement could not do it.
struct PurgeTests {
    /// Ranking all of them for every chunk was so slow from some millions on that no purge ever came to its end.
    @Test func `the dead letters of a peer are found by their index, however many others there are`() async throws {
        let test = try await TestHome.make()
        for statement in [
            "INSERT INTO peers (name) SELECT 'p' || i || '.example' FROM generate_series(1, 20) i",
            """
            INSERT INTO dead_letters (direction, peer, epoch, seq, event, type, code, json, created_at)
            SELECT CASE WHEN i > 30000 THEN 'out' ELSE 'in' END, 1 + i % 20, 'E1', i, gen_random_uuid(), 'strange',
                'unsupported', '{}', now()
            FROM generate_series(1, 40000) i
            """,
            "VACUUM ANALYZE dead_letters",
        ] {
            try await test.database.execute(.once(statement))
        }
        let store = PeerStore.self
        for (query, arguments) in [
            (store.lastDeadLetterQuery(of: PeerKey(2), behind: 20), "2, \(Int64.min), 2, \(Int64.max), 20"),
            (
                store.purgeDeadLettersQuery(of: PeerKey(2), after: .min, through: 9000, chunk: 20),
                "2, \(Int64.min), 2, 9000, 20"
            ),
        ] {
            let plan = try await test.database.transaction { transaction in
                _ = try await transaction.run([.once("PREPARE purge AS \(query.sql)")])
                let rows = try await transaction.run([
                    .once("EXPLAIN (COSTS OFF) EXECUTE purge(\(arguments))"), .once("DEALLOCATE purge"),
                ])[0]
                return try (0..<rows.count).map { try rows.text($0, 0) }.joined(separator: "\n")
            }
            #expect(plan.contains("using dead_letters_in"), "\(plan)")
            #expect(!plan.contains("Seq Scan") && !plan.contains("WindowAgg"), "\(plan)")
        }
        try await test.home.purgeDeadLetters(keeping: 100, chunk: 1000)
        let left = try await test.database.query(
            "SELECT direction, count(*) FROM dead_letters GROUP BY direction ORDER BY 1", as: (String, Int64).self)
        #expect(left.map { "\($0.0) \($0.1)" } == ["in 2000", "out 10000"])
        await test.close()
    }

    @Test func `one statement deletes no more than its chunk of all outboxes together`() async throws {
        let test = try await TestHome.make()
        for statement in [
            "INSERT INTO peers (name) SELECT 'p' || i || '.example' FROM generate_series(1, 5) i",
            "INSERT INTO outbound_links (peer, last, acked) SELECT key, 3, 2 FROM peers",
            "INSERT INTO outbox_marks (peer, at, acked) SELECT key, 'epoch', 2 FROM peers",
            """
            INSERT INTO outbox (peer, seq, event, type, sender, receiver, json, created_at)
            SELECT p, s, gen_random_uuid(), 'direct.message', 1, 2, '{}', now()
            FROM generate_series(1, 5) p, generate_series(1, 3) s
            """,
        ] {
            try await test.database.execute(.once(statement))
        }
        var counts: [Int] = []
        repeat {
            counts.append(
                try await test.home.peerStore.purgeOutbox(acknowledgedSince: test.home.time.now(), chunk: 4))
        } while counts.last != 0
        #expect(counts == [4, 4, 2, 0])
        #expect(try await test.database.query("SELECT DISTINCT seq FROM outbox", as: Int64.self) == [3])
        await test.close()
    }

    @Test func `a purge that fails keeps none of the others from its turn`() async throws {
        let test = try await TestHome.make()
        try await test.database.execute(.once("DROP TABLE outbox_marks"))
        try await test.database.execute("INSERT INTO control (kind, payload, created_at) VALUES ('old', '{}', 'epoch')")
        await test.home.purge()
        #expect(try await test.database.one("SELECT count(*) FROM control", as: Int64.self) == 0)
        await test.close()
    }
}
