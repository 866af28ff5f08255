import Postgres

/// How far each peer had acknowledged our lane, and when: acknowledged rows are kept from their acknowledgement on, which the rows
/// themselves do not carry, because writing it there would cost every message a second version of its row.
enum M009OutboxMarks {
    static let migration = Migration(
        name: "009-outbox-marks",
        sql: [
            """
            CREATE TABLE outbox_marks (
                peer bigint NOT NULL REFERENCES peers,
                at timestamptz NOT NULL,
                acked bigint NOT NULL,
                PRIMARY KEY (peer, at)
            )
            """,
            // From here on no row of the outbox was ever missing.
            "ALTER TABLE outbound_links ADD COLUMN whole_from bigint NOT NULL DEFAULT 1",
        ]
    )
}
