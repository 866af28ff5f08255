import Logging
import Postgres

extension Settings {
    /// The database client of this process, for everything but the writer.
    var postgres: PostgresConfiguration {
        PostgresConfiguration(conninfo: database.url, connections: database.connections)
    }
}

/// Connects, lets `body` work, and closes whatever happens; what commands use that end by themselves.
func withDatabase<Value>(
    _ configuration: PostgresConfiguration, _ body: (PostgresClient) async throws -> Value
) async throws -> Value {
    let client = PostgresClient(configuration, logger: Logger(label: "homeserver.database"))
    try await client.start()
    do {
        let value = try await body(client)
        await client.close()
        return value
    } catch {
        await client.close()
        throw error
    }
}
