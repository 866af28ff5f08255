import Postgres

/// Peers, the durable lanes to and from them, and what could not be delivered.
enum M002Peers {
    static let migration = Migration(
        name: "002-peers",
        sql: [
            """
            CREATE TABLE homeserver (
                only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
                name text NOT NULL,
                incarnation uuid NOT NULL DEFAULT gen_random_uuid(),
                created_at timestamptz NOT NULL DEFAULT now()
            )
            """,
            """
            CREATE TABLE peers (
                key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                name text COLLATE "C" NOT NULL UNIQUE,
                policy text NOT NULL DEFAULT 'allowed'
                    CHECK (policy IN ('pending', 'allowed', 'limited', 'blocked', 'suspended')),
                root_fingerprint text,
                root_public bytea,
                keyset_version bigint NOT NULL DEFAULT 0,
                keyset_sha256 bytea,
                keys_document bytea,
                created_at timestamptz NOT NULL DEFAULT now()
            )
            """,
            "ALTER TABLE users ADD FOREIGN KEY (peer) REFERENCES peers",
            // One row a peer: what was numbered for it, and how far it has acknowledged. Rewritten with every batch: leave room on the page.
            """
            CREATE TABLE outbound_links (
                peer bigint PRIMARY KEY REFERENCES peers,
                epoch text NOT NULL DEFAULT gen_random_uuid()::text,
                last bigint NOT NULL DEFAULT 0,
                acked bigint NOT NULL DEFAULT 0,
                delayed_through bigint NOT NULL DEFAULT 0,
                attempts int NOT NULL DEFAULT 0,
                next_try_at timestamptz,
                first_failure_at timestamptz,
                stopped text
            ) WITH (fillfactor = 50)
            """,
            """
            CREATE TABLE inbound_links (
                peer bigint PRIMARY KEY REFERENCES peers,
                epoch text,
                last bigint NOT NULL DEFAULT 0,
                last_event uuid
            ) WITH (fillfactor = 50)
            """,
            """
            CREATE TABLE outbox (
                peer bigint NOT NULL,
                seq bigint NOT NULL,
                event uuid NOT NULL,
                type text NOT NULL,
                sender bigint NOT NULL,
                receiver bigint NOT NULL,
                json bytea NOT NULL,
                created_at timestamptz NOT NULL,
                PRIMARY KEY (peer, seq)
            )
            """,
            """
            CREATE TABLE dead_letters (
                key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                direction text NOT NULL CHECK (direction IN ('in', 'out')),
                peer bigint NOT NULL REFERENCES peers,
                epoch text NOT NULL,
                seq bigint NOT NULL,
                event uuid NOT NULL,
                type text NOT NULL,
                code text NOT NULL,
                json bytea NOT NULL,
                created_at timestamptz NOT NULL,
                UNIQUE (direction, peer, epoch, seq)
            )
            """,
            "CREATE INDEX dead_letters_event ON dead_letters (event) WHERE direction = 'out'",
        ]
    )
}
