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
            guard rows.count > 0 else { return nil }
            return ResolvedUser(
                key: UserKey(try rows.int64(0, 0)), id: try rows.user(0, 1), peer: try rows.peer(0, 2))
        } catch { throw HomeError(error) }
    }
}

/// The columns in which the stores name people.
extension PostgresRows {
    /// A column with a user's address.
    func user(_ row: Int, _ column: Int) throws(PostgresError) -> UserID {
        guard let id = UserID(try text(row, column)) else {
            throw .decoding(column: "address", problem: "is no address")
        }
        return id
    }

    /// A column with a peer's key and the next one with its name; nil for a local user, who has neither.
    func peer(_ row: Int, _ column: Int) throws(PostgresError) -> RemotePeer? {
        guard let key = try optionalInt64(row, column), let name = ServerName(try text(row, column + 1)) else {
            return nil
        }
        return RemotePeer(key: PeerKey(key), name: name)
    }
}
