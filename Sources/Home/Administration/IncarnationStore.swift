import Postgres
import Wire

/// The SQL of the one row that says whose database this is, and which life of it.
struct IncarnationStore: Sendable {
    let database: PostgresClient

    /// Nil before the first start of a homeserver.
    func name() async throws(HomeError) -> String? {
        try await HomeError.mapping { () async throws(PostgresError) in
            try await database.query("SELECT name FROM homeserver", as: String.self).first
        }
    }

    /// Draws a new incarnation, deletes all logins and records that, together or not at all.
    func renew(_ change: AuditedChange, at now: Instant) async throws(HomeError) -> NewIncarnation.Result {
        try await HomeError.mapping { () async throws(PostgresError) in
            let rows = try await database.batch([
                "UPDATE homeserver SET incarnation = gen_random_uuid() RETURNING incarnation::text",
                "WITH gone AS (DELETE FROM logins RETURNING id) SELECT count(*) FROM gone",
                AuditLog.append(change, at: now),
            ])
            return NewIncarnation.Result(incarnation: try rows[0].text(0, 0), endedLogins: try rows[1].int64(0, 0))
        }
    }
}
