import Logging
import Wire

extension Home {
    /// The login of a session token: what every HTTP request and every socket begins with. From memory as a rule.
    ///
    /// Errors: `unauthorized` for anything that is not the token of a login that lives; `unavailable`.
    package func authenticate(token text: String) async throws(HomeError) -> Login {
        guard let token = SecretToken(text, .login) else { throw .unauthorized }
        guard let (login, isUseDue) = try await lookUp(token) else { throw .unauthorized }
        if isUseDue { await noteUse(of: login) }
        return login
    }

    private func lookUp(_ token: SecretToken) async throws(HomeError) -> (login: Login, isUseDue: Bool)? {
        let cache = accountState.cache
        if let found = cache.find(token.hash) { return found }
        let store = LoginStore(database: database)
        guard let (login, lastUsedAt) = try await store.login(withToken: token.hash, at: time.now()) else { return nil }
        cache.insert(login, lastUsedAt: lastUsedAt, for: token.hash)
        // Through the cache again: the login may have been revoked while the database answered.
        return cache.find(token.hash)
    }

    /// The login of whatever `/ws?token=` may hold: a session token or a ticket.
    package func authenticate(socketToken text: String) async throws(HomeError) -> Login {
        if SecretToken.isOfKind(text, .ticket) { return try await redeem(ticket: text) }
        return try await authenticate(token: text)
    }

    /// Whether a login was revoked lately. A socket asks once it is where `Delivery.close` finds it: a revocation may have come before that.
    package func isRevoked(_ login: Login) -> Bool {
        accountState.cache.isRevoked(login.id) || login.expiresAt <= time.now()
    }

    private func noteUse(of login: Login) async {
        do {
            try await LoginStore(database: database).markUsed(login.id, at: time.now())
        } catch {
            // Only the list of sessions is the poorer for it.
            Logger(label: "home.accounts").warning("could not note the use of a login", metadata: ["error": "\(error)"])
        }
    }
}
