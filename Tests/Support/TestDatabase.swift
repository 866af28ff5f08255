import Glibc
import Postgres

/// Fresh databases in the `TestCluster`, one for each test. Nothing is dropped: the cluster is thrown away.
package enum TestDatabase {
    /// Creates a database with a name of its own, as a copy of `template` when there is one, and returns its conninfo.
    package static func make(template: String? = nil) async throws -> String {
        let name = uniqueName("test")
        try await create(name, template: template ?? "template1")
        return try TestCluster.conninfo(database: name)
    }

    /// Creates a database, lets `prepare` fill it by its conninfo (and close its connections), and returns its name for
    /// `make(template:)`. Copying takes a tenth of a second, whatever it cost to fill.
    package static func makeTemplate(_ prepare: (_ conninfo: String) async throws -> Void) async throws -> String {
        let name = uniqueName("template")
        try await create(name, template: "template1")
        try await prepare(try TestCluster.conninfo(database: name))
        return name
    }

    private static func uniqueName(_ prefix: String) -> String {
        "\(prefix)_\(String(UInt64.random(in: .min ... .max), radix: 36))"
    }

    private static func create(_ name: String, template: String) async throws {
        var configuration = PostgresConfiguration(conninfo: try TestCluster.conninfo(database: "postgres"))
        configuration.connections = 1
        configuration.statementTimeout = .seconds(60)
        // Copies of one template wait for each other.
        configuration.lockTimeout = .seconds(60)
        configuration.queryTimeout = .seconds(90)
        configuration.connectTimeout = .seconds(30)
        let client = PostgresClient(configuration)
        try await client.start()
        do {
            try await create(name, template: template, client: client)
        } catch {
            await client.close()
            throw error
        }
        await client.close()
    }

    private static func create(_ name: String, template: String, client: PostgresClient) async throws {
        for attempt in 1... {
            do throws(PostgresError) {
                try await client.execute(.once("CREATE DATABASE \"\(name)\" TEMPLATE \"\(template)\""))
                return
            } catch {
                // A session of the template's filler has not quite ended: PostgreSQL itself waits five seconds for it.
                guard error.sqlState == .objectInUse, attempt < 20 else { throw error }
            }
        }
    }
}
