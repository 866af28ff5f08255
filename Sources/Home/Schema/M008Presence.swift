import Postgres

/// What accounts show of themselves, blocking, and the way from a peer's users to the rosters that they are in.
enum M008Presence {
    static let migration = Migration(
        name: "008-presence",
        sql: [
            """
            ALTER TABLE accounts
                ADD COLUMN invisible boolean NOT NULL DEFAULT false,
                ADD COLUMN show_last_seen boolean NOT NULL DEFAULT true,
                ADD COLUMN last_seen timestamptz
            """,
            // A blocked entry keeps the request that the other has sent meanwhile: it comes up when the block ends.
            "ALTER TABLE roster DROP CONSTRAINT roster_state_check",
            """
            ALTER TABLE roster ADD CONSTRAINT roster_state_check
                CHECK (state IN ('none', 'outgoing', 'incoming', 'friends', 'blocked'))
            """,
            "CREATE INDEX roster_other ON roster (other)",
            "CREATE INDEX users_peer ON users (peer) WHERE peer IS NOT NULL",
        ]
    )
}
