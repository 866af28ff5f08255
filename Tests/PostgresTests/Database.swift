import Postgres
import Support

/// A started client, on a fresh database unless one is given. A test that ends lets go of it, which closes it.
func startClient(
    connections: Int = 2, maximumWaiters: Int = 10_000, conninfo: String? = nil,
    adjust: (inout PostgresConfiguration) -> Void = { _ in }
) async throws -> PostgresClient {
    let database: String
    if let conninfo { database = conninfo } else { database = try await TestDatabase.make() }
    var configuration = PostgresConfiguration(conninfo: database, connections: connections)
    configuration.maximumWaiters = maximumWaiters
    // For machines that run many tests at once: a test that is about a limit sets it.
    configuration.connectTimeout = .seconds(60)
    configuration.queryTimeout = .seconds(60)
    configuration.statementTimeout = .seconds(60)
    configuration.lockTimeout = .seconds(60)
    configuration.idleInTransactionTimeout = .seconds(60)
    adjust(&configuration)
    let client = PostgresClient(configuration)
    try await client.start()
    return client
}

/// Waits until so many sessions of the database wait for a lock, as the server itself sees it: no test needs to sleep.
func waitForLockWaiters(_ count: Int, seenBy client: PostgresClient) async throws {
    while try await client.one(
        """
        SELECT count(*) < \(count) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'
        """, as: Bool.self)
    {}
}

/// Ends other sessions of the database whose last statement is like the text, as an operator or a failing server would.
/// Returns how many.
@discardableResult
func terminateSessions(like text: String, by client: PostgresClient) async throws -> Int {
    try await client.one(
        """
        SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE \(text)
        """, as: Int.self)
}
