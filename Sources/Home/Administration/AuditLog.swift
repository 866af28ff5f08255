package import Postgres
package import Wire

/// What operators have changed, by whom and when: every command that changes keys, peers or policy leaves an entry here.
///
/// An entry says what was done and never holds a secret. It is written in the transaction of the change that it records wherever
/// that change lies in the database.
package struct AuditLog: Sendable {
    /// Longer texts are cut.
    package static let maximumTextBytes = 512
    /// How many entries one read gives at most.
    package static let maximumPage = 1000

    private let database: PostgresClient

    package init(database: PostgresClient) {
        self.database = database
    }

    /// Records a change that lies outside of the database, such as one of the key files.
    package func record(_ change: AuditedChange, at now: Instant) async throws(HomeError) {
        _ = try await HomeError.mapping { () async throws(PostgresError) in
            try await database.execute(Self.append(change, at: now))
        }
    }

    /// The statement that records a change, for the batch that makes it.
    package static func append(_ change: AuditedChange, at now: Instant) -> PostgresQuery {
        """
        INSERT INTO audit_log (at, actor, action, subject, detail)
        VALUES (\(now), \(cut(change.actor)), \(cut(change.action)), \(cut(change.subject)), \(cut(change.detail)))
        """
    }

    /// The newest entries before an entry, newest first.
    package func entries(before key: Int64 = .max, limit: Int = 100) async throws(HomeError) -> [AuditEntry] {
        let limit = max(1, min(limit, Self.maximumPage))
        let rows = try await HomeError.mapping { () async throws(PostgresError) in
            try await database.query(
                """
                SELECT key, at, actor, action, subject, detail FROM audit_log
                WHERE key < \(key) ORDER BY key DESC LIMIT \(limit)
                """, as: (Int64, Instant, String, String, String, String).self)
        }
        return rows.map { row in
            AuditEntry(
                key: row.0, at: row.1,
                change: AuditedChange(actor: row.2, action: row.3, subject: row.4, detail: row.5))
        }
    }

    private static func cut(_ text: String) -> String {
        guard text.utf8.count > maximumTextBytes else { return text }
        var cut = ""
        var bytes = 0
        for character in text {
            bytes += character.utf8.count
            guard bytes <= maximumTextBytes else { break }
            cut.append(character)
        }
        return cut
    }
}

/// One change as it is recorded.
package struct AuditedChange: Sendable, Equatable {
    /// Who: the user of the system who ran the command, or `homeserver` for what the serving process did by itself.
    package let actor: String
    /// What, as the command is called: `peer block`, `keys revoke`.
    package let action: String
    /// To what: a homeserver's name, a key id.
    package let subject: String
    /// How, in the words of the command's options; empty when the action says all.
    package let detail: String

    package init(actor: String, action: String, subject: String, detail: String = "") {
        self.actor = actor
        self.action = action
        self.subject = subject
        self.detail = detail
    }
}

/// An entry of the audit log.
package struct AuditEntry: Sendable, Equatable {
    /// Grows with time; the cursor of the list.
    package let key: Int64
    package let at: Instant
    package let change: AuditedChange
}
