package import Postgres
package import Wire

/// Tells a database that it came from a backup: what was numbered in its former life is not what will be numbered in this one, and
/// nobody is signed in, because a login that was ended after the backup, one of a thief perhaps, is among those in it.
/// Called by `homeserver database restored` while nobody serves the database.
package struct NewIncarnation: Sendable {
    /// What there is to tell the operator.
    package struct Result: Sendable {
        package let incarnation: String
        package let endedLogins: Int64
    }

    private let store: IncarnationStore

    package init(database: PostgresClient) {
        store = IncarnationStore(database: database)
    }

    /// Refuses a database that belongs to another homeserver, or to none yet.
    package func callAsFunction(
        of server: ServerName, by actor: String, at now: Instant
    ) async throws(HomeError) -> Result {
        guard let name = try await store.name() else {
            throw .conflict("this database has never been served: there is nothing in it that was restored")
        }
        guard name == server.text else {
            throw .conflict("this database belongs to the homeserver \(name), not to \(server.text)")
        }
        return try await store.renew(
            AuditedChange(actor: actor, action: "database restored", subject: server.text), at: now)
    }
}
