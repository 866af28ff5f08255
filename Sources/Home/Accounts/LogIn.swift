import Wire

extension Home {
    /// Signs in with a password and opens a login session.
    ///
    /// Errors: `unauthorized`, the same after the same work, for a wrong password, an unknown or a deactivated user; `invalid` for a name that
    /// no user can have; `rateLimited` (`LoginThrottle`), `unavailable`.
    package func login(username: String, password: String, client: ClientOrigin) async throws(HomeError) -> NewLogin {
        let user = try Credentials.localUser(username, at: server)
        let network = client.network
        // A second round only when the stored hash was replaced between check and insertion, for example by the rehash of another login.
        for _ in 0..<2 {
            let checked = try await checkPassword(password, of: user, from: network)
            let token = SecretToken(.login)
            let now = time.now()
            let row = loginRow(token, client: client, network: network, at: now)
            let store = LoginStore(database: database)
            guard
                let ended = try await store.insert(row, for: checked.account.key, verified: checked.hash, at: now)
            else { continue }
            if !ended.isEmpty { end(ended) }
            await rehashIfOutdated(password, of: checked)
            let login = Login(id: row.id, account: checked.account, expiresAt: row.expiresAt)
            return NewLogin(login: login, token: token.text)
        }
        throw .unauthorized
    }

    /// Brings the stored hash to today's parameters; if that fails the next login will.
    private func rehashIfOutdated(_ password: String, of checked: CheckedPassword) async {
        guard accountState.hasher.isOutdated(checked.hash) else { return }
        guard let hash = try? await accountState.hasher.hash(password) else { return }
        try? await AccountStore(database: database).rehash(checked.account.key, from: checked.hash, to: hash)
    }
}
