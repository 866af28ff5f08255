import Postgres
import Wire

/// The SQL behind `AccountAdministration`; each change and the command that announces it are one batch, all or nothing.
struct AccountAdministrationStore: Sendable {
    let database: PostgresClient

    func create(_ account: AccountStore.NewAccount) async throws(HomeError) -> AccountStore.Creation {
        try await AccountStore(database: database).create(account)
    }

    func key(of user: UserID) async throws(HomeError) -> UserKey? {
        let key = try await HomeError.mapping { () async throws(PostgresError) in
            try await database.first(
                "SELECT a.key FROM accounts a JOIN users u ON u.key = a.key WHERE u.address = \(user.text)",
                as: (Int64).self)
        }
        return key.map { UserKey($0) }
    }

    func setPassword(of account: UserKey, to hash: String, at now: Instant) async throws(HomeError) {
        let change: PostgresQuery = "UPDATE accounts SET password_hash = \(hash) WHERE key = \(account.value)"
        try await run([change] + ControlStore.revokeLogins(of: account, at: now))
    }

    /// Deletes the logins only when the right really changes; the share lock of `LoginStore.insert` keeps new ones waiting.
    func setAdmin(_ isAdmin: Bool, for account: UserKey, at now: Instant) async throws(HomeError) {
        do {
            try await database.transaction { transaction in
                let changed = try await transaction.execute(
                    "UPDATE accounts SET is_admin = \(isAdmin) WHERE key = \(account.value) AND is_admin <> \(isAdmin)")
                guard changed > 0 else { return }
                _ = try await transaction.finish(ControlStore.revokeLogins(of: account, at: now))
            }
        } catch let error as PostgresError {
            throw HomeError(error)
        } catch {
            // Only the wait between two tries throws something else: the task was cancelled.
            throw .unavailable("the request was cancelled")
        }
    }

    func deactivate(_ account: UserKey, at now: Instant) async throws(HomeError) {
        let change: PostgresQuery =
            "UPDATE accounts SET deactivated_at = \(now) WHERE key = \(account.value) AND deactivated_at IS NULL"
        try await run([change] + ControlStore.revokeLogins(of: account, at: now))
    }

    func list(after user: UserID?, limit: Int, at now: Instant) async throws(HomeError) -> [AccountSummary] {
        let rows = try await HomeError.mapping { () async throws(PostgresError) in
            try await database.query(
                """
                SELECT u.address, a.is_admin, a.created_at, a.deactivated_at, count(l.id), max(l.last_used_at)
                FROM (
                    SELECT key, address FROM users
                    WHERE address > \(user?.text ?? "") AND peer IS NULL
                        AND EXISTS (SELECT FROM accounts WHERE accounts.key = users.key)
                    ORDER BY address LIMIT \(limit)
                ) u
                JOIN accounts a ON a.key = u.key
                LEFT JOIN logins l ON l.account = a.key AND l.expires_at > \(now)
                GROUP BY u.address, a.key
                ORDER BY u.address
                """, as: (String, Bool, Instant, Instant?, Int, Instant?).self)
        }
        return rows.compactMap { row in
            UserID(row.0).map { user in
                AccountSummary(
                    user: user, isAdmin: row.1, createdAt: row.2, deactivatedAt: row.3, logins: row.4, lastUsedAt: row.5
                )
            }
        }
    }

    private func run(_ queries: [PostgresQuery]) async throws(HomeError) {
        _ = try await HomeError.mapping { () async throws(PostgresError) in try await database.batch(queries) }
    }
}
