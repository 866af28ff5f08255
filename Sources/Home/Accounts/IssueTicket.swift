package import Wire

extension Home {
    /// A one-use secret for `/ws?token=`, so that the session token never stands in a URL.
    package func issueTicket(for login: Login) throws(HomeError) -> (ticket: String, expiresAt: Instant) {
        guard !isRevoked(login) else { throw .unauthorized }
        return try accountState.tickets.issue(for: login)
    }

    /// Uses a ticket up and answers whose it was, if that login still lives.
    package func redeem(ticket: String) async throws(HomeError) -> Login {
        guard let login = accountState.tickets.redeem(ticket),
            try await LoginStore(database: database).exists(login.id, at: time.now())
        else { throw .unauthorized }
        return login
    }
}
