import Postgres
package import Wire

/// A registration token as the operator sees it; its text is shown only when it is made.
package struct RegistrationToken: Sendable, Equatable {
    /// The short name by which it is listed and revoked.
    package let key: Int64
    package let usesLeft: Int
    package let createdAt: Instant
    package let expiresAt: Instant?
    package let revokedAt: Instant?
}

/// The SQL of registration tokens; made by `register` and by `AccountAdministration`.
struct RegistrationTokenStore: Sendable {
    let database: PostgresClient

    /// Whether the token could be used now; only `AccountStore.create` uses it.
    func isUsable(_ hash: SecretToken.Hash, at now: Instant) async throws(HomeError) -> Bool {
        try await HomeError.mapping { () async throws(PostgresError) in
            try await database.one(
                """
                SELECT EXISTS (
                    SELECT FROM registration_tokens
                    WHERE token_hash = \(hash.bytes) AND uses_left > 0 AND revoked_at IS NULL
                        AND (expires_at IS NULL OR expires_at > \(now))
                )
                """, as: (Bool).self)
        }
    }

    func insert(
        _ hash: SecretToken.Hash, uses: Int, expiresAt: Instant?, at now: Instant
    ) async throws(HomeError) -> Int64 {
        try await HomeError.mapping { () async throws(PostgresError) in
            try await database.one(
                """
                INSERT INTO registration_tokens (token_hash, uses_left, created_at, expires_at)
                VALUES (\(hash.bytes), \(uses), \(now), \(expiresAt))
                RETURNING key
                """, as: (Int64).self)
        }
    }

    /// The newest `limit` tokens, newest first.
    func list(limit: Int) async throws(HomeError) -> [RegistrationToken] {
        let rows = try await HomeError.mapping { () async throws(PostgresError) in
            try await database.query(
                """
                SELECT key, uses_left, created_at, expires_at, revoked_at FROM registration_tokens
                ORDER BY key DESC LIMIT \(limit)
                """, as: (Int64, Int, Instant, Instant?, Instant?).self)
        }
        return rows.map { row in
            RegistrationToken(
                key: row.0, usesLeft: row.1, createdAt: row.2, expiresAt: row.3, revokedAt: row.4)
        }
    }

    /// False when there is no such token; revoking one twice keeps the first time.
    func revoke(_ key: Int64, at now: Instant) async throws(HomeError) -> Bool {
        try await HomeError.mapping { () async throws(PostgresError) in
            try await database.execute(
                "UPDATE registration_tokens SET revoked_at = coalesce(revoked_at, \(now)) WHERE key = \(key)") == 1
        }
    }
}
