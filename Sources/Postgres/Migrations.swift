/// One step of the schema: forward only, never changed once it was released. Home's Schema folder lists them.
package struct Migration: Sendable {
    package let name: String
    /// Statements, each alone: a string with several of them cannot be sent in a pipeline.
    package let sql: [String]

    package init(name: String, sql: [String]) {
        self.name = name
        self.sql = sql
    }
}

/// How the schema of a database relates to the migrations of this program; asked by `migrate --check` and at start.
package struct SchemaState: Sendable, Equatable {
    /// Migrations that were applied, by name, in order.
    package let applied: [String]
    /// Those that are still to come.
    package let pending: [String]

    package init(applied: [String], pending: [String]) {
        self.applied = applied
        self.pending = pending
    }

    package var isCurrent: Bool { pending.isEmpty }
}

/// Why migrations and database do not fit together; for the operator.
package enum MigrationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The database has migrations that this program does not know.
    case databaseIsNewer(applied: Int, known: Int)
    /// A past migration is another one than this program has at its place.
    case differs(number: Int, applied: String, known: String)
    /// A migration's statement was refused.
    case failed(name: String, statement: Int, PostgresError)

    package var description: String {
        switch self {
        case .databaseIsNewer(let applied, let known):
            "the database has \(applied) migrations and this program knows \(known): it needs a newer program"
        case .differs(let number, let applied, let known):
            "migration \(number) of the database is \"\(applied)\", of this program \"\(known)\""
        case .failed(let name, let statement, let error):
            "migration \"\(name)\", statement \(statement): \(error)"
        }
    }
}

/// The key of the advisory lock under which migrations run: "migrate" in ASCII.
private let migrationLock: Int64 = 0x6d69_6772_6174_65

/// Applies what is missing, each migration in a transaction of its own; several processes may do so at once. Returns the
/// names of those that it applied. Give it a client with an `unhurried()` configuration.
@discardableResult
package func migrate(_ client: PostgresClient, migrations: [Migration]) async throws -> [String] {
    try await createTable(client)
    var applied: [String] = []
    for (index, migration) in migrations.enumerated() {
        let wasMissing = try await client.transaction { transaction in
            let names = try await lockAndRead(transaction)
            try check(names, against: migrations)
            guard names.count <= index else { return false }
            guard names.count == index else {
                preconditionFailure("migrations are applied in order, under a lock")
            }
            try await apply(migration, number: index + 1, in: transaction)
            return true
        }
        if wasMissing { applied.append(migration.name) }
    }
    if migrations.isEmpty { _ = try await schemaState(client, migrations: migrations) }
    return applied
}

/// Compares without changing anything; a database without the table has no migrations yet.
package func schemaState(_ client: PostgresClient, migrations: [Migration]) async throws -> SchemaState {
    let exists = try await client.one("SELECT to_regclass('schema_migrations') IS NOT NULL", as: Bool.self)
    let names: [String] =
        exists ? try await client.query("SELECT name FROM schema_migrations ORDER BY number", as: String.self) : []
    try check(names, against: migrations)
    return SchemaState(applied: names, pending: migrations.dropFirst(names.count).map(\.name))
}

private func createTable(_ client: PostgresClient) async throws {
    // CREATE … IF NOT EXISTS can still collide with itself in another session, hence the lock.
    try await client.batch([
        "SELECT pg_advisory_xact_lock(\(migrationLock))",
        .once(
            """
            CREATE TABLE IF NOT EXISTS schema_migrations (
                number int PRIMARY KEY,
                name text NOT NULL UNIQUE,
                applied_at timestamptz NOT NULL DEFAULT now()
            )
            """),
    ])
}

private func lockAndRead(_ transaction: PostgresTransaction) async throws -> [String] {
    let rows = try await transaction.run([
        "SELECT pg_advisory_xact_lock(\(migrationLock))",
        // A statement of its own, so that its snapshot is taken when the lock is held.
        "SELECT name FROM schema_migrations ORDER BY number",
    ])
    return try rows[1].decode(String.self)
}

private func check(_ names: [String], against migrations: [Migration]) throws(MigrationError) {
    for (index, pair) in zip(names, migrations).enumerated() where pair.0 != pair.1.name {
        throw .differs(number: index + 1, applied: pair.0, known: pair.1.name)
    }
    guard names.count <= migrations.count else {
        throw .databaseIsNewer(applied: names.count, known: migrations.count)
    }
}

private func apply(_ migration: Migration, number: Int, in transaction: PostgresTransaction) async throws {
    let statements = migration.sql.map { PostgresQuery.once($0) }
    let record: PostgresQuery =
        "INSERT INTO schema_migrations (number, name) VALUES (\(Int32(number)), \(migration.name))"
    do throws(PostgresError) {
        _ = try await transaction.finish(statements + [record])
    } catch {
        guard case .server(let refusal) = error, statements.indices.contains(refusal.statement) else { throw error }
        throw MigrationError.failed(name: migration.name, statement: refusal.statement + 1, error)
    }
}
