import Postgres
import Wire

/// The dead letters of peers' own events, of which the newest are kept (`Home.purgeDeadLetters`).
extension PeerStore {
    /// Every peer that was ever met.
    func keys() async throws(HomeError) -> [PeerKey] {
        try await HomeError.mapping { () async throws(PostgresError) in
            try await database.query("SELECT key FROM peers ORDER BY key", as: Int64.self)
        }.map { PeerKey($0) }
    }

    /// The newest dead letter of a peer that has `count` newer ones; nil when it has no more than that.
    func lastDeadLetter(of peer: PeerKey, behind count: Int) async throws(HomeError) -> Int64? {
        try await HomeError.mapping { () async throws(PostgresError) in
            try await database.first(Self.lastDeadLetterQuery(of: peer, behind: count), as: Int64.self)
        }
    }

    /// By pairs: with the peer as a constant, PostgreSQL may take the order of all keys, and walk past everybody else's.
    static func lastDeadLetterQuery(of peer: PeerKey, behind count: Int) -> PostgresQuery {
        """
        SELECT key FROM dead_letters
        WHERE direction = 'in' AND (peer, key) >= (\(peer.value), \(Int64.min))
          AND (peer, key) <= (\(peer.value), \(Int64.max))
        ORDER BY peer DESC, key DESC OFFSET \(Int64(count)) LIMIT 1
        """
    }

    /// Deletes the oldest dead letters of a peer behind `after`, through `last`, at most `chunk`; returns how many, and the last of them.
    ///
    /// Each chunk begins where the one before it ended: what was deleted is in the index until the next vacuum.
    func purgeDeadLetters(
        of peer: PeerKey, after: Int64, through last: Int64, chunk: Int
    ) async throws(HomeError) -> (count: Int, last: Int64)? {
        let rows = try await HomeError.mapping { () async throws(PostgresError) in
            try await database.query(
                Self.purgeDeadLettersQuery(of: peer, after: after, through: last, chunk: chunk),
                as: (Int64, Int64?).self)
        }
        guard let row = rows.first, let through = row.1 else { return nil }
        return (Int(row.0), through)
    }

    static func purgeDeadLettersQuery(
        of peer: PeerKey, after: Int64, through last: Int64, chunk: Int
    ) -> PostgresQuery {
        """
        WITH old AS (
            SELECT key FROM dead_letters
            WHERE direction = 'in' AND (peer, key) > (\(peer.value), \(after)) AND (peer, key) <= (\(peer.value), \(last))
            ORDER BY peer, key LIMIT \(Int64(chunk))
        ), gone AS (
            DELETE FROM dead_letters d USING old WHERE d.key = old.key
        )
        SELECT count(*), max(key) FROM old
        """
    }
}
