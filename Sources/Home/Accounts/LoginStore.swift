import Postgres
import Wire

/// The SQL of logins; made by the use cases for one call.
struct LoginStore: Sendable {
    struct NewRow: Sendable {
        let id: LoginID
        let tokenHash: SecretToken.Hash
        let expiresAt: Instant
        let label: String?
        let network: ClientNetwork
    }

    let database: PostgresClient

    /// Opens a login if the password that was checked still is the account's; answers which logins had to end for it, nil if refused.
    ///
    /// The share lock makes a password change wait for this or this for the change, so no login survives one that it preceded.
    func insert(
        _ row: NewRow, for account: UserKey, verified hash: String, at now: Instant
    ) async throws(HomeError) -> [LoginID]? {
        let results = try await HomeError.mapping { () async throws(PostgresError) in
            try await database.batch([
                """
                INSERT INTO logins (id, account, token_hash, created_at, last_used_at, expires_at, label, address)
                SELECT \(row.id), a.key, \(row.tokenHash.bytes), \(now), \(now), \(row.expiresAt), \(row.label),
                    \(row.network.text)
                FROM accounts a
                WHERE a.key = \(account.value) AND a.password_hash = \(hash) AND a.deactivated_at IS NULL
                FOR SHARE OF a
                """,
                """
                DELETE FROM logins WHERE id IN (
                    SELECT id FROM logins WHERE account = \(account.value) AND id <> \(row.id)
                    ORDER BY last_used_at DESC, id DESC OFFSET \(AccountLimits.loginsPerAccount - 1)
                ) RETURNING id
                """,
            ])
        }
        guard results[0].affected == 1 else { return nil }
        return try await HomeError.mapping { () async throws(PostgresError) in try results[1].decode((LoginID).self) }
    }

    func login(
        withToken hash: SecretToken.Hash, at now: Instant
    ) async throws(HomeError) -> (Login, lastUsedAt: Instant)? {
        let row = try await HomeError.mapping { () async throws(PostgresError) in
            try await database.first(
                """
                SELECT l.id, l.expires_at, l.last_used_at, u.key, u.address, a.is_admin
                FROM logins l JOIN accounts a ON a.key = l.account JOIN users u ON u.key = a.key
                WHERE l.token_hash = \(hash.bytes) AND l.expires_at > \(now) AND a.deactivated_at IS NULL
                """, as: (LoginID, Instant, Instant, Int64, String, Bool).self)
        }
        guard let (id, expiresAt, lastUsedAt, key, address, isAdmin) = row else { return nil }
        // What stands in `users` was checked when it was written.
        guard let user = UserID(address) else { throw .internal }
        let account = Account(key: UserKey(key), id: user, isAdmin: isAdmin)
        return (Login(id: id, account: account, expiresAt: expiresAt), lastUsedAt)
    }

    func exists(_ id: LoginID, at now: Instant) async throws(HomeError) -> Bool {
        try await HomeError.mapping { () async throws(PostgresError) in
            try await database.one(
                """
                SELECT EXISTS (
                    SELECT FROM logins l JOIN accounts a ON a.key = l.account
                    WHERE l.id = \(id) AND l.expires_at > \(now) AND a.deactivated_at IS NULL
                )
                """, as: (Bool).self)
        }
    }

    func markUsed(_ id: LoginID, at now: Instant) async throws(HomeError) {
        try await HomeError.mapping { () async throws(PostgresError) in
            _ = try await database.execute(
                "UPDATE logins SET last_used_at = \(now) WHERE id = \(id) AND last_used_at < \(now)")
        }
    }

    func logins(of account: UserKey, at now: Instant) async throws(HomeError) -> [LoginSummary] {
        let rows = try await HomeError.mapping { () async throws(PostgresError) in
            try await database.query(
                """
                SELECT id, created_at, last_used_at, expires_at, label FROM logins
                WHERE account = \(account.value) AND expires_at > \(now)
                ORDER BY last_used_at DESC, id DESC
                """, as: (LoginID, Instant, Instant, Instant, String?).self)
        }
        return rows.map { row in
            LoginSummary(id: row.0, createdAt: row.1, lastUsedAt: row.2, expiresAt: row.3, label: row.4)
        }
    }

    /// Whether it was there, and the account's own.
    func delete(_ id: LoginID, of account: UserKey) async throws(HomeError) -> Bool {
        try await HomeError.mapping { () async throws(PostgresError) in
            try await database.execute("DELETE FROM logins WHERE id = \(id) AND account = \(account.value)") == 1
        }
    }

    func deleteAll(of account: UserKey, except id: LoginID) async throws(HomeError) -> [LoginID] {
        try await HomeError.mapping { () async throws(PostgresError) in
            try await database.query(
                "DELETE FROM logins WHERE account = \(account.value) AND id <> \(id) RETURNING id", as: (LoginID).self)
        }
    }

    /// Deletes at most `limit` logins that have expired and answers which.
    func deleteExpired(at now: Instant, limit: Int) async throws(HomeError) -> [LoginID] {
        try await HomeError.mapping { () async throws(PostgresError) in
            try await database.query(
                """
                DELETE FROM logins WHERE id IN (
                    SELECT id FROM logins WHERE expires_at <= \(now) ORDER BY expires_at LIMIT \(limit)
                ) RETURNING id
                """, as: (LoginID).self)
        }
    }
}
