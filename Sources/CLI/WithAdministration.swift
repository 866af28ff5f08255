import Home
import Postgres

/// Settings, a connection and the operator's use cases, for a command that ends by itself; refuses a database whose schema
/// is not this program's.
func withAdministration<Value>(
    _ options: ConfigurationOptions, _ body: (AccountAdministration) async throws -> Value
) async throws -> Value {
    let settings = try options.settings()
    StructuredLog.bootstrapForCommand(settings.log)
    return try await withDatabase(settings.postgres.alone) { client in
        try await requireCurrentSchema(client)
        return try await body(AccountAdministration(database: client, server: settings.name))
    }
}

extension PostgresConfiguration {
    /// With a single connection: a command does one thing after another.
    var alone: PostgresConfiguration {
        var copy = self
        copy.connections = 1
        return copy
    }
}

func requireCurrentSchema(_ client: PostgresClient) async throws {
    guard try await schemaState(client, migrations: Schema.migrations).isCurrent else {
        throw CommandFailure("the database's schema is older than this program; run homeserver migrate first")
    }
}
