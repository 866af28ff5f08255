import Wire

extension Home {
    /// The account's logins that live, the latest used first; at most `AccountLimits.loginsPerAccount`.
    package func logins(of account: Account) async throws(HomeError) -> [LoginSummary] {
        try await LoginStore(database: database).logins(of: account.key, at: time.now())
    }
}
