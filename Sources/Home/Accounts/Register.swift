import Wire

extension Home {
    /// Makes an account of one's own and signs in.
    ///
    /// Errors: `forbidden` when registration is closed or the token is not usable, `invalid` or `tooLarge` naming the field, `conflict` when
    /// the name is or ever was in use, `rateLimited` (`LoginThrottle`), `unavailable`.
    package func register(
        username: String, password: String, registrationToken: String?, client: ClientOrigin
    ) async throws(HomeError) -> NewLogin {
        guard settings.registration != .closed else {
            throw .forbidden("registration is closed on this homeserver")
        }
        let user = try Credentials.newUser(username, at: server)
        try Credentials.checkNewPassword(password, for: user)
        let network = client.network
        try accountState.throttle.admitRegistration(from: network)
        let now = time.now()
        let tokenHash = try await usableToken(registrationToken, at: now)

        let passwordHash = try await accountState.hasher.hash(password)
        let token = SecretToken(.login)
        let row = loginRow(token, client: client, network: network, at: now)
        let account = AccountStore.NewAccount(
            user: user, passwordHash: passwordHash, isAdmin: false, createdAt: now, login: row,
            registrationToken: tokenHash)
        switch try await AccountStore(database: database).create(account) {
        case .tokenRefused: throw Home.tokenRefused
        case .nameTaken: throw .conflict("the username is taken")
        case .created(let key):
            let login = Login(id: row.id, account: Account(key: key, id: user), expiresAt: row.expiresAt)
            return NewLogin(login: login, token: token.text)
        }
    }

    private static let tokenRefused = HomeError.forbidden(
        "the registration token is unknown, used up, expired or revoked")

    /// The hash of a token that is needed and looks usable, so that a useless request costs no password hash.
    private func usableToken(_ text: String?, at now: Instant) async throws(HomeError) -> SecretToken.Hash? {
        guard settings.registration == .token else { return nil }
        guard let text else {
            throw .invalid(field: "registration_token", problem: "is missing; this homeserver registers by token only")
        }
        guard let token = SecretToken(text, .registration),
            try await RegistrationTokenStore(database: database).isUsable(token.hash, at: now)
        else { throw Home.tokenRefused }
        return token.hash
    }

    /// The row of a login that begins now.
    func loginRow(
        _ token: SecretToken, client: ClientOrigin, network: ClientNetwork, at now: Instant
    ) -> LoginStore.NewRow {
        LoginStore.NewRow(
            id: ids.next(), tokenHash: token.hash, expiresAt: now + settings.loginLifetime, label: client.cleanLabel,
            network: network)
    }
}
