import Postgres

/// How far each local user has read each of his conversations.
enum M004ReadMarkers {
    static let migration = Migration(
        name: "004-read-markers",
        sql: [
            "ALTER TABLE roster ADD COLUMN read_seq bigint NOT NULL DEFAULT 0",
            // Nobody could say what he had read until now, and an unread count over years of history would be noise: all of it counts as read.
            """
            UPDATE roster r SET read_seq = c.last_seq
            FROM conversations c WHERE c.key = r.conversation
            """,
            // The marker is no part of any index: with room on its page a row is updated in place.
            "ALTER TABLE roster SET (fillfactor = 70)",
        ]
    )
}
