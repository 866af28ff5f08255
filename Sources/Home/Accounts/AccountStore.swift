import Postgres
import Wire

/// The SQL of users and accounts; made by the use cases for one call and by `AccountAdministration`.
struct AccountStore: Sendable {
    /// What a password is checked against. An account that is deactivated has no `passwordHash`, as if there were none.
    struct Credentials: Sendable {
        let key: UserKey
        let passwordHash: String?
        let isAdmin: Bool
        /// Whether the account holds a login that came from the network asked about.
        let holdsLoginThere: Bool
    }

    /// A new account, with the login that its registration opens (none when the CLI makes it).
    struct NewAccount: Sendable {
        let user: UserID
        let passwordHash: String
        let isAdmin: Bool
        let createdAt: Instant
        let login: LoginStore.NewRow?
        /// The hash of the registration token that is to be used up; nil when none is needed.
        let registrationToken: SecretToken.Hash?
    }

    enum Creation: Equatable, Sendable {
        case created(UserKey)
        case nameTaken
        case tokenRefused
    }

    let database: PostgresClient

    func credentials(of user: UserID, network: ClientNetwork, at now: Instant) async throws(HomeError) -> Credentials? {
        let row = try await HomeError.mapping { () async throws(PostgresError) in
            try await database.first(
                """
                SELECT u.key, CASE WHEN a.deactivated_at IS NULL THEN a.password_hash END, a.is_admin,
                    EXISTS (SELECT FROM logins l
                            WHERE l.account = a.key AND l.address = \(network.text) AND l.expires_at > \(now))
                FROM users u JOIN accounts a ON a.key = u.key
                WHERE u.address = \(user.text)
                """, as: (Int64, String?, Bool, Bool).self)
        }
        guard let (key, hash, isAdmin, holdsLogin) = row else { return nil }
        return Credentials(key: UserKey(key), passwordHash: hash, isAdmin: isAdmin, holdsLoginThere: holdsLogin)
    }

    /// Makes user, account and first login, and uses up the token, in one statement: all of it happens or nothing.
    ///
    /// Two registrations with a token's last use meet at its row: the second one waits there and then finds no use left.
    func create(_ account: NewAccount) async throws(HomeError) -> Creation {
        let login = account.login
        let row = try await HomeError.mapping { () async throws(PostgresError) in
            try await database.one(
                """
                WITH token AS MATERIALIZED (
                    SELECT key FROM registration_tokens
                    WHERE token_hash = \(account.registrationToken?.bytes) AND uses_left > 0 AND revoked_at IS NULL
                        AND (expires_at IS NULL OR expires_at > \(account.createdAt))
                    FOR UPDATE
                ), allowed AS MATERIALIZED (
                    SELECT \(account.registrationToken == nil) OR EXISTS (SELECT FROM token) AS is_allowed
                ), new_user AS (
                    INSERT INTO users (address, created_at)
                    SELECT \(account.user.text), \(account.createdAt) FROM allowed WHERE is_allowed
                    ON CONFLICT (address) DO NOTHING
                    RETURNING key
                ), used AS (
                    UPDATE registration_tokens t SET uses_left = t.uses_left - 1
                    FROM token, new_user WHERE t.key = token.key
                ), new_account AS (
                    INSERT INTO accounts (key, password_hash, is_admin, created_at)
                    SELECT key, \(account.passwordHash), \(account.isAdmin), \(account.createdAt) FROM new_user
                ), new_login AS (
                    INSERT INTO logins (id, account, token_hash, created_at, last_used_at, expires_at, label, address)
                    SELECT \(login?.id), key, \(login?.tokenHash.bytes), \(account.createdAt), \(account.createdAt),
                        \(login?.expiresAt), \(login?.label), \(login?.network.text)
                    FROM new_user WHERE \(login != nil)
                )
                SELECT is_allowed, (SELECT key FROM new_user) FROM allowed
                """, as: (Bool, Int64?).self)
        }
        guard row.0 else { return .tokenRefused }
        return row.1.map { .created(UserKey($0)) } ?? .nameTaken
    }

    /// Sets the password and ends every other login, if the password is still the one that was checked. Nil if it is not.
    func changePassword(
        of account: UserKey, from oldHash: String, to newHash: String, keeping login: LoginID
    ) async throws(HomeError) -> [LoginID]? {
        let results = try await HomeError.mapping { () async throws(PostgresError) in
            try await database.batch([
                """
                UPDATE accounts SET password_hash = \(newHash)
                WHERE key = \(account.value) AND password_hash = \(oldHash) AND deactivated_at IS NULL
                """,
                """
                DELETE FROM logins
                WHERE account = \(account.value) AND id <> \(login)
                    AND EXISTS (SELECT FROM accounts WHERE key = \(account.value) AND password_hash = \(newHash))
                RETURNING id
                """,
            ])
        }
        guard results[0].affected == 1 else { return nil }
        return try await HomeError.mapping { () async throws(PostgresError) in try results[1].decode((LoginID).self) }
    }

    /// Stores the same password hashed with today's parameters, unless the password was changed meanwhile.
    func rehash(_ account: UserKey, from oldHash: String, to newHash: String) async throws(HomeError) {
        try await HomeError.mapping { () async throws(PostgresError) in
            _ = try await database.execute(
                """
                UPDATE accounts SET password_hash = \(newHash)
                WHERE key = \(account.value) AND password_hash = \(oldHash)
                """)
        }
    }
}
