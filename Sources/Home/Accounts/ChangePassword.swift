import Wire

extension Home {
    /// Sets a new password and ends every other login of the account.
    ///
    /// Errors: `unauthorized` when `current` is wrong (counted like a failed login), `invalid` or `tooLarge` naming `current_password` or
    /// `new_password`, `conflict` when somebody else changed it at the same time, `rateLimited`, `unavailable`.
    package func changePassword(
        of login: Login, current: String, new: String, client: ClientOrigin
    ) async throws(HomeError) {
        let user = login.account.id
        try Credentials.checkNewPassword(new, field: "new_password", for: user)
        let checked = try await checkPassword(current, of: user, from: client.network, field: "current_password")
        let newHash = try await accountState.hasher.hash(new)
        let ended = try await AccountStore(database: database).changePassword(
            of: checked.account.key, from: checked.hash, to: newHash, keeping: login.id)
        guard let ended else { throw .conflict("the password was changed by another session") }
        end(ended)
    }
}
