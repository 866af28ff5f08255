import Postgres
import Support
import Testing

@Suite struct MigrationTests {
    private static let migrations = [
        Migration(
            name: "accounts",
            sql: ["CREATE TABLE accounts (id int8 PRIMARY KEY)", "INSERT INTO accounts VALUES (1), (2)"]),
        Migration(name: "names", sql: ["ALTER TABLE accounts ADD name text"]),
    ]

    @Test func missingOnesAreAppliedInOrderAndOnce() async throws {
        let client = try await startClient()
        #expect(
            try await schemaState(client, migrations: Self.migrations)
                == SchemaState(applied: [], pending: ["accounts", "names"]))
        #expect(try await migrate(client, migrations: [Self.migrations[0]]) == ["accounts"])
        #expect(try await migrate(client, migrations: Self.migrations) == ["names"])
        #expect(try await migrate(client, migrations: Self.migrations) == [])
        let state = try await schemaState(client, migrations: Self.migrations)
        #expect(state == SchemaState(applied: ["accounts", "names"], pending: []))
        #expect(state.isCurrent)
        let names = try await client.query("SELECT name FROM accounts", as: String?.self)
        #expect(names == [nil, nil])
    }

    @Test func severalProcessesMayMigrateAtOnce() async throws {
        let conninfo = try await TestDatabase.make()
        let applied = try await withThrowingTaskGroup { group in
            for _ in 0..<5 {
                group.addTask {
                    let client = try await startClient(conninfo: conninfo) { $0 = $0.unhurried() }
                    return try await migrate(client, migrations: Self.migrations)
                }
            }
            return try await group.reduce(into: [String]()) { $0 += $1 }
        }
        #expect(applied.sorted() == ["accounts", "names"])
    }

    @Test func aFailedOneLeavesNothingBehind() async throws {
        let client = try await startClient()
        let broken = Migration(name: "broken", sql: ["CREATE TABLE halfway (id int8)", "SELECT 1 / 0"])
        let error = await #expect(throws: MigrationError.self) {
            try await migrate(client, migrations: Self.migrations + [broken])
        }
        guard case .failed(let name, let statement, _) = error else {
            Issue.record("another error: \(String(describing: error))")
            return
        }
        #expect(name == "broken")
        #expect(statement == 2)
        #expect(try await schemaState(client, migrations: Self.migrations).isCurrent)
        let exists = try await client.one("SELECT to_regclass('halfway') IS NOT NULL", as: Bool.self)
        #expect(!exists)
    }

    @Test func aDatabaseNewerThanTheProgramIsRefused() async throws {
        let client = try await startClient()
        try await migrate(client, migrations: Self.migrations)
        let newer = MigrationError.databaseIsNewer(applied: 2, known: 1)
        await #expect(throws: newer) { try await migrate(client, migrations: [Self.migrations[0]]) }
        await #expect(throws: newer) { try await schemaState(client, migrations: [Self.migrations[0]]) }
        await #expect(throws: MigrationError.databaseIsNewer(applied: 2, known: 0)) {
            try await migrate(client, migrations: [])
        }
    }

    @Test func aRenamedPastMigrationIsRefused() async throws {
        let client = try await startClient()
        try await migrate(client, migrations: Self.migrations)
        let renamed = [Migration(name: "users", sql: []), Self.migrations[1]]
        await #expect(throws: MigrationError.differs(number: 1, applied: "accounts", known: "users")) {
            try await migrate(client, migrations: renamed)
        }
    }
}
