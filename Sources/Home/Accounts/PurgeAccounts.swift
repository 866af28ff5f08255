import Wire

extension Home {
    /// Deletes what has expired: logins (their sockets close) and commands of the CLI. `Home.run` calls it every hour.
    package func purgeAccounts() async throws(HomeError) {
        let chunk = 1000
        let store = LoginStore(database: database)
        var expired: [LoginID]
        repeat {
            expired = try await store.deleteExpired(at: time.now(), limit: chunk)
            end(expired)
        } while expired.count == chunk && !Task.isCancelled
        try await ControlStore(database: database).deleteCommands(before: time.now() - AccountLimits.controlLife)
    }
}
