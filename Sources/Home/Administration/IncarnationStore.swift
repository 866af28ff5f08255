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

    /// Draws a new incarnation and records that, together or not at all.
    func renew(_ change: AuditedChange, at now: Instant) async throws(HomeError) -> String {
        try await HomeError.mapping { () async throws(PostgresError) in
            let rows = try await database.batch([
                "UPDATE homeserver SET incarnation = gen_random_uuid() RETURNING incarnation::text",
                AuditLog.append(change, at: now),
            ])
            return try rows[0].text(0, 0)
        }
    }
}
