package import Postgres

/// The schema of a homeserver's database: append-only and forward only. A migration that has landed never changes.
package enum Schema {
    package static let migrations: [Migration] = [
        M001Accounts.migration,
        M002Peers.migration,
        M003DirectMessages.migration,
        M004ReadMarkers.migration,
        M005AuditLog.migration,
        M006Peers.migration,
        M008Presence.migration,
        M009OutboxMarks.migration,
        M010DeadLetters.migration,
        M011Communities.migration,
    ]
}
