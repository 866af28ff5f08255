import Postgres
import Support
import Testing
import Wire

@testable import Home

/// Whoever locks a peer and its lane locks the peer first: else an operator's command and what the homeserver does meanwhile
/// wait for each other, and PostgreSQL ends one of them.
struct PeerLocksTests {
    /// Runs `work` while another session has locked the peer, and then takes its lane too, as the operator's commands do.
    private func whileAPeerIsLocked(
        _ pair: Pair, _ work: @escaping @Sendable (OutboundLink) async throws -> Void
    ) async throws {
        let link = try await pair.a.home.outboundLinks()[0]
        // The connection of the Writer, which has nothing to do here.
        let other = pair.a.writerDatabase
        let waiting = try await other.transaction(retries: 0) { transaction in
            try await transaction.execute("UPDATE peers SET alarm = NULL WHERE key = \(link.peer.value)")
            let waiting = Task { try await work(link) }
            while try await pair.b.database.one(
                """
                SELECT count(*) < 1 FROM pg_stat_activity
                WHERE datname = \(try await pair.a.database.one("SELECT current_database()::text", as: String.self))
                  AND wait_event_type = 'Lock'
                """, as: Bool.self)
            {}
            try await transaction.execute(
                "SELECT FROM outbound_links WHERE peer = \(link.peer.value) FOR NO KEY UPDATE NOWAIT")
            return waiting
        }
        try await waiting.value
    }

    @Test func `a new epoch waits for a peer before it locks its lane`() async throws {
        let pair = try await Pair.make()
        try await whileAPeerIsLocked(pair) { link in
            let opened = try await pair.a.home.openOutboundEpoch(
                to: link.peer, server: link.server, replacing: link.epoch, from: nil, reason: "fork")
            #expect(opened != nil)
        }
        await pair.close()
    }

    @Test func `so does an operator who tries a peer again`() async throws {
        let pair = try await Pair.make()
        try await whileAPeerIsLocked(pair) { link in
            try await PeerAdministration(
                database: pair.a.database, us: pair.a.home.server, actor: "test", time: pair.a.time
            ).retry(link.server)
        }
        await pair.close()
    }
}
