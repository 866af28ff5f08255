import Postgres
import Wire

/// The SQL of `users` that is not about accounts.
struct UserStore: Sendable {
    let database: PostgresClient

    func user(address: UserID) async throws(HomeError) -> ResolvedUser? {
        try await user(
            """
            SELECT u.key, u.address, u.peer, p.name FROM users u LEFT JOIN peers p ON p.key = u.peer
            WHERE u.address = \(address.text)
            """)
    }

    func user(key: UserKey) async throws(HomeError) -> ResolvedUser? {
        try await user(
            """
            SELECT u.key, u.address, u.peer, p.name FROM users u LEFT JOIN peers p ON p.key = u.peer
            WHERE u.key = \(key.value)
            """)
    }

    /// Notes a peer's user, and the peer with its two lanes when it is new too.
    func meet(_ id: UserID) async throws(HomeError) -> ResolvedUser? {
        let peer = try await PeerStore(database: database).meet(id.server)
        do throws(PostgresError) {
            try await database.execute(
                """
                INSERT INTO users (address, peer, created_at) VALUES (\(id.text), \(peer.key.value), now())
                ON CONFLICT (address) DO NOTHING
                """)
        } catch { throw HomeError(error) }
        return try await user(address: id)
    }

    private func user(_ query: PostgresQuery) async throws(HomeError) -> ResolvedUser? {
        do throws(PostgresError) {
            let rows = try await database.query(query)
            guard rows.count > 0, let id = UserID(try rows.text(0, 1)) else { return nil }
            var peer: RemotePeer?
            if let key = try rows.optionalInt64(0, 2), let name = ServerName(try rows.text(0, 3)) {
                peer = RemotePeer(key: PeerKey(key), name: name)
            }
            return ResolvedUser(key: UserKey(try rows.int64(0, 0)), id: id, peer: peer)
        } catch { throw HomeError(error) }
    }
}
