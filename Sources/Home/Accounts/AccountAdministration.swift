package import Postgres
package import Wire

/// An account as the operator sees it in `homeserver user list`.
package struct AccountSummary: Sendable, Equatable {
    package let user: UserID
    package let isAdmin: Bool
    package let createdAt: Instant
    package let deactivatedAt: Instant?
    /// Logins that live.
    package let logins: Int
    package let lastUsedAt: Instant?
}

/// The text of a new registration token, shown once, and the name by which it is revoked.
package struct NewRegistrationToken: Sendable {
    package let key: Int64
    package let token: String
    package let expiresAt: Instant?
}

/// What an operator does to accounts and registration tokens (`homeserver user …`, `homeserver registration-token …`).
///
/// It works in the process of the command line on a client of its own, whether or not the homeserver runs. Whatever ends logins leaves a command
/// in the same transaction, so that a running homeserver forgets them and closes their sockets at once. A user is named by name or address.
package struct AccountAdministration: Sendable {
    private let accounts: AccountAdministrationStore
    private let tokens: RegistrationTokenStore
    private let server: ServerName
    private let time: any TimeSource
    private let hasher: PasswordHasher

    package init(database: PostgresClient, server: ServerName, time: any TimeSource = SystemTime()) {
        accounts = AccountAdministrationStore(database: database)
        tokens = RegistrationTokenStore(database: database)
        self.server = server
        self.time = time
        hasher = PasswordHasher()
    }

    // MARK: Accounts

    /// Makes an account. Errors: `invalid` or `tooLarge` naming the field, `conflict` when the name is or ever was in use.
    @discardableResult
    package func addAccount(
        username: String, password: String, isAdmin: Bool = false
    ) async throws(HomeError) -> UserID {
        let named = username.utf8.contains(UInt8(ascii: "@")) ? try localUser(username).local : username
        let user = try Credentials.newUser(named, at: server)
        try Credentials.checkNewPassword(password, for: user)
        let account = AccountStore.NewAccount(
            user: user, passwordHash: try await hasher.hash(password), isAdmin: isAdmin, createdAt: time.now(),
            login: nil, registrationToken: nil)
        guard case .created = try await accounts.create(account) else { throw .conflict("the username is taken") }
        return user
    }

    /// Sets a password and ends all logins of the account.
    package func setPassword(of username: String, to password: String) async throws(HomeError) {
        let user = try localUser(username)
        try Credentials.checkNewPassword(password, for: user)
        let account = try await key(of: user)
        let hash = try await hasher.hash(password)
        try await accounts.setPassword(of: account, to: hash, at: time.now())
    }

    /// Gives or takes an administrator's rights. When that changes something all logins of the account end, because each carries its rights.
    package func setAdmin(_ isAdmin: Bool, for username: String) async throws(HomeError) {
        let account = try await key(of: try localUser(username))
        try await accounts.setAdmin(isAdmin, for: account, at: time.now())
    }

    /// Ends the account for good: nobody can sign in, all logins end, the name is never given out again. Twice is as good as once.
    package func deactivate(_ username: String) async throws(HomeError) {
        let account = try await key(of: try localUser(username))
        try await accounts.deactivate(account, at: time.now())
    }

    /// A page of the accounts by name; the next one begins after the last name of this one.
    package func listAccounts(
        after username: String? = nil, limit: Int = 100
    ) async throws(HomeError) -> [AccountSummary] {
        guard (1...1000).contains(limit) else { throw .invalid(field: "limit", problem: "must be 1 to 1000") }
        var after: UserID?
        if let username { after = try localUser(username) }
        return try await accounts.list(after: after, limit: limit, at: time.now())
    }

    // MARK: Registration tokens

    /// Makes a registration token; without `lifetime` it holds until its uses are up.
    package func addRegistrationToken(
        uses: Int = 1, lifetime: Duration? = nil
    ) async throws(HomeError) -> NewRegistrationToken {
        guard (1...AccountLimits.registrationTokenUses).contains(uses) else {
            throw .invalid(field: "uses", problem: "must be 1 to \(AccountLimits.registrationTokenUses)")
        }
        if let lifetime {
            guard lifetime > .zero, lifetime <= AccountLimits.registrationTokenLife else {
                throw .invalid(field: "expires", problem: "must lie in the future and at most ten years ahead")
            }
        }
        let token = SecretToken(.registration)
        let now = time.now()
        let expiresAt = lifetime.map { now + $0 }
        let key = try await tokens.insert(token.hash, uses: uses, expiresAt: expiresAt, at: now)
        return NewRegistrationToken(key: key, token: token.text, expiresAt: expiresAt)
    }

    /// The newest thousand tokens, newest first, used up and revoked ones among them.
    package func listRegistrationTokens() async throws(HomeError) -> [RegistrationToken] {
        try await tokens.list(limit: 1000)
    }

    package func revokeRegistrationToken(_ key: Int64) async throws(HomeError) {
        guard try await tokens.revoke(key, at: time.now()) else {
            throw .notFound("there is no registration token \(key)")
        }
    }

    private func localUser(_ username: String) throws(HomeError) -> UserID {
        try Credentials.localUser(username, at: server)
    }

    private func key(of user: UserID) async throws(HomeError) -> UserKey {
        guard let key = try await accounts.key(of: user) else { throw .notFound("there is no account \(user.text)") }
        return key
    }
}
