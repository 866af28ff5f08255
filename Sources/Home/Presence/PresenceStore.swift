import Postgres
import Wire

/// The SQL of presence: what accounts keep of it, and who is to be told.
struct PresenceStore: Sendable {
    /// Somebody who is to be told of a local user's presence.
    struct Watcher: Sendable {
        let owner: UserKey
        let user: UserID
        let lastSeen: Instant?
        let watcher: UserKey
        /// Nil for a local watcher.
        let peer: RemotePeer?
    }

    let database: PostgresClient

    func own(_ user: UserKey) async throws(HomeError) -> (isInvisible: Bool, showsLastSeen: Bool) {
        try await HomeError.mapping { () async throws(PostgresError) in
            try await database.one(
                "SELECT invisible, show_last_seen FROM accounts WHERE key = \(user.value)", as: (Bool, Bool).self)
        }
    }

    func areInvisible(_ users: [UserKey]) async throws(HomeError) -> [(user: UserKey, isInvisible: Bool)] {
        try await HomeError.mapping { () async throws(PostgresError) in
            try await database.query(
                "SELECT key, invisible FROM accounts WHERE key = ANY(\(users.map(\.value))::bigint[])",
                as: (Int64, Bool).self
            ).map { (UserKey($0.0), $0.1) }
        }
    }

    /// Notes when users were last seen. Never back: a choice that was made later has been noted already.
    func saveLastSeen(_ times: [(user: UserKey, at: Instant)]) async throws(HomeError) {
        try await HomeError.mapping { () async throws(PostgresError) in
            _ = try await database.execute(
                """
                UPDATE accounts a SET last_seen = greatest(a.last_seen, i.at)
                FROM unnest(\(times.map(\.user.value))::bigint[], \(times.map(\.at))::timestamptz[]) AS i(key, at)
                WHERE a.key = i.key
                """)
        }
    }

    /// When users were last seen, of those who show it.
    func lastSeen(_ users: [UserKey]) async throws(HomeError) -> [UserKey: Instant] {
        let rows = try await HomeError.mapping { () async throws(PostgresError) in
            try await database.query(
                """
                SELECT key, last_seen FROM accounts
                WHERE key = ANY(\(users.map(\.value))::bigint[]) AND show_last_seen AND last_seen IS NOT NULL
                """, as: (Int64, Instant).self)
        }
        return Dictionary(rows.map { (UserKey($0.0), $0.1) }, uniquingKeysWith: { first, _ in first })
    }

    /// Who are friends of these local users, with what he may see.
    func watchers(of users: [UserKey]) async throws(HomeError) -> [Watcher] {
        do throws(PostgresError) {
            let rows = try await database.query(
                """
                SELECT o.address, CASE WHEN a.show_last_seen THEN a.last_seen END, r.other, u.peer, p.name, o.key
                FROM unnest(\(users.map(\.value))::bigint[]) AS i(key)
                JOIN accounts a ON a.key = i.key
                JOIN users o ON o.key = i.key
                JOIN roster r ON r.owner = i.key AND r.state = 'friends'
                JOIN users u ON u.key = r.other
                LEFT JOIN peers p ON p.key = u.peer
                """)
            var watchers: [Watcher] = []
            watchers.reserveCapacity(rows.count)
            for row in 0..<rows.count {
                watchers.append(
                    Watcher(
                        owner: UserKey(try rows.int64(row, 5)), user: try rows.user(row, 0),
                        lastSeen: try rows.optionalInstant(row, 1),
                        watcher: UserKey(try rows.int64(row, 2)), peer: try rows.peer(row, 3)))
            }
            return watchers
        } catch { throw HomeError(error) }
    }

    /// Which local users are friends of these users of peers.
    func localFriends(of users: [UserID]) async throws(HomeError) -> [UserID: [UserKey]] {
        do throws(PostgresError) {
            let rows = try await database.query(
                """
                SELECT u.address, r.owner
                FROM users u JOIN roster r ON r.other = u.key AND r.state = 'friends'
                WHERE u.address = ANY(\(users.map(\.text))::text[])
                """)
            var friends: [UserID: [UserKey]] = [:]
            for row in 0..<rows.count {
                friends[try rows.user(row, 0), default: []].append(UserKey(try rows.int64(row, 1)))
            }
            return friends
        } catch { throw HomeError(error) }
    }

    /// Those of these pairs of whom a side that lives here says that they are friends.
    func areFriends(_ pairs: [(UserKey, UserKey)]) async throws(HomeError) -> Set<RosterPair> {
        guard !pairs.isEmpty else { return [] }
        let rows = try await HomeError.mapping { () async throws(PostgresError) in
            try await database.query(
                """
                SELECT i.a, i.b FROM unnest(
                    \(pairs.map(\.0.value))::bigint[], \(pairs.map(\.1.value))::bigint[]) AS i(a, b)
                WHERE EXISTS (
                    SELECT FROM roster r WHERE r.state = 'friends'
                      AND ((r.owner = i.a AND r.other = i.b) OR (r.owner = i.b AND r.other = i.a)))
                """, as: (Int64, Int64).self)
        }
        return Set(rows.map { RosterPair(owner: UserKey($0.0), other: UserKey($0.1)) })
    }

    /// Local users who have a friend at a peer, in the order of their addresses.
    func shownTo(
        _ peer: PeerKey, after address: String, limit: Int
    ) async throws(HomeError) -> [(key: UserKey, user: UserID, lastSeen: Instant?)] {
        do throws(PostgresError) {
            let rows = try await database.query(
                """
                SELECT DISTINCT o.address, o.key, CASE WHEN a.show_last_seen THEN a.last_seen END
                FROM users u
                JOIN roster r ON r.other = u.key AND r.state = 'friends'
                JOIN users o ON o.key = r.owner
                JOIN accounts a ON a.key = r.owner
                WHERE u.peer = \(peer.value) AND o.address > \(address)
                ORDER BY o.address LIMIT \(Int64(limit))
                """)
            var users: [(key: UserKey, user: UserID, lastSeen: Instant?)] = []
            for row in 0..<rows.count {
                users.append(
                    (UserKey(try rows.int64(row, 1)), try rows.user(row, 0), try rows.optionalInstant(row, 2)))
            }
            return users
        } catch { throw HomeError(error) }
    }
}
