import Home
import Logging
import Postgres
import ServiceLifecycle

/// The two database clients of the serving process; the first service to start and the last to stop.
struct ServingDatabase: Service {
    /// For everything but the Writer.
    let shared: PostgresClient
    /// One connection, the Writer's alone.
    let writer: PostgresClient

    /// Connects both, and refuses a database whose schema is not this program's.
    static func open(_ settings: Settings) async throws -> ServingDatabase {
        let logger = Logger(label: "homeserver.database")
        var writing = settings.postgres.alone
        writing.options = Home.writerOptions
        writing.applicationName = "homeserver writer"
        let database = ServingDatabase(
            shared: PostgresClient(settings.postgres, logger: logger), writer: PostgresClient(writing, logger: logger))
        do {
            try await database.shared.start()
            try await database.writer.start()
            try await requireCurrentSchema(database.shared)
        } catch {
            await database.close()
            throw error
        }
        return database
    }

    func run() async throws {
        try? await gracefulShutdown()
        await close()
    }

    func close() async {
        await writer.close()
        await shared.close()
    }
}
