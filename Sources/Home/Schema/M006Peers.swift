import Postgres

/// What operators say of peers, what is known of them besides, quotas, invitations, and what an unclean stop leaves.
enum M006Peers {
    static let migration = Migration(
        name: "006-peers",
        sql: [
            // A row alone is nobody's word: until now it said `allowed`, and only a root that an operator gave told the two apart.
            "ALTER TABLE peers DROP CONSTRAINT peers_policy_check",
            """
            UPDATE peers SET policy = 'pending'
            WHERE policy = 'suspended' OR (policy = 'allowed' AND root_fingerprint IS NULL)
            """,
            """
            ALTER TABLE peers
                ALTER COLUMN policy SET DEFAULT 'pending',
                ADD CONSTRAINT peers_policy_check CHECK (policy IN ('pending', 'allowed', 'limited', 'blocked')),
                ADD COLUMN last_contact_at timestamptz,
                ADD COLUMN alarm text,
                ADD COLUMN alarm_at timestamptz,
                ADD COLUMN invite text,
                ADD COLUMN removed_at timestamptz
            """,
            // What waits is counted with the numbers, so that a quota costs no scan.
            """
            ALTER TABLE outbound_links
                ADD COLUMN waiting_events bigint NOT NULL DEFAULT 0,
                ADD COLUMN waiting_bytes bigint NOT NULL DEFAULT 0,
                ADD COLUMN failed_through bigint NOT NULL DEFAULT 0,
                ADD COLUMN fail_through bigint NOT NULL DEFAULT 0
            """,
            """
            UPDATE outbound_links l SET waiting_events = w.events, waiting_bytes = w.bytes
            FROM (
                SELECT k.peer, count(*) AS events, sum(octet_length(o.json)) AS bytes
                FROM outbound_links k JOIN outbox o ON o.peer = k.peer AND o.seq > k.acked GROUP BY k.peer
            ) w
            WHERE l.peer = w.peer
            """,
            """
            ALTER TABLE inbound_links
                ADD COLUMN suspect_epoch text,
                ADD COLUMN suspect bigint,
                ADD COLUMN suspect_stops int NOT NULL DEFAULT 0
            """,
            "ALTER TABLE homeserver ADD COLUMN is_running boolean NOT NULL DEFAULT false",
            """
            CREATE TABLE peer_invites (
                key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                token_hash bytea NOT NULL UNIQUE,
                guest text COLLATE "C",
                created_at timestamptz NOT NULL,
                expires_at timestamptz NOT NULL,
                used_at timestamptz,
                used_by text
            )
            """,
        ]
    )
}
