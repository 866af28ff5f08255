package import Postgres
package import Wire

/// The SQL of the commands that the CLI leaves for the running process; `ControlListener` reads them.
package struct ControlStore: Sendable {
    struct Command: Sendable, Equatable {
        let key: Int64
        let kind: String
        let payload: String
    }

    /// The channel of the notification that says "look now"; what is to be done stands in the table alone.
    static let channel = "control"
    /// The advisory lock under which keys are given: a reader of `key > last` must never see a key before a smaller one.
    private static let lock: Int64 = 0x686f_6d65_6374_6c00

    let database: PostgresClient

    package init(database: PostgresClient) {
        self.database = database
    }

    /// The statements that leave a command, for the end of the batch whose effect it announces.
    package static func append(_ kind: String, payload: String, at now: Instant) -> [PostgresQuery] {
        [
            "SELECT pg_advisory_xact_lock(\(lock))",
            "INSERT INTO control (kind, payload, created_at) VALUES (\(kind), \(payload), \(now))",
            "SELECT pg_notify(\(channel), '')",
        ]
    }

    /// The statements that delete all logins of an account and leave a command naming them, if there were any.
    static func revokeLogins(of account: UserKey, at now: Instant) -> [PostgresQuery] {
        [
            "SELECT pg_advisory_xact_lock(\(lock))",
            """
            WITH gone AS (DELETE FROM logins WHERE account = \(account.value) RETURNING id)
            INSERT INTO control (kind, payload, created_at)
            SELECT \(RevokedLogins.kind), json_build_object('logins', json_agg(id))::text, \(now)
            FROM gone HAVING count(*) > 0
            """,
            "SELECT pg_notify(\(channel), '')",
        ]
    }

    func commands(after key: Int64, limit: Int) async throws(HomeError) -> [Command] {
        let rows = try await HomeError.mapping { () async throws(PostgresError) in
            try await database.query(
                "SELECT key, kind, payload FROM control WHERE key > \(key) ORDER BY key LIMIT \(limit)",
                as: (Int64, String, String).self)
        }
        return rows.map { Command(key: $0.0, kind: $0.1, payload: $0.2) }
    }

    func deleteCommands(before instant: Instant) async throws(HomeError) {
        try await HomeError.mapping { () async throws(PostgresError) in
            _ = try await database.execute("DELETE FROM control WHERE created_at < \(instant)")
        }
    }
}
