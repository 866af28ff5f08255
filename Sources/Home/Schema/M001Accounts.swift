import Postgres

/// Users, accounts, their logins, registration tokens and the commands of the CLI; the first entry of `Migrations`.
///
/// A row of `users` is never deleted, so that an address is never given out twice.
enum M001Accounts {
    static let migration = Migration(
        name: "001-accounts",
        sql: [
            // Every user known here. `peer` is null for a user of this homeserver; it gets its foreign key with `peers`.
            """
            CREATE TABLE users (
                key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                address text COLLATE "C" NOT NULL UNIQUE,
                peer bigint,
                created_at timestamptz NOT NULL
            )
            """,
            """
            CREATE TABLE accounts (
                key bigint PRIMARY KEY REFERENCES users,
                password_hash text NOT NULL,
                is_admin boolean NOT NULL DEFAULT false,
                created_at timestamptz NOT NULL,
                deactivated_at timestamptz
            )
            """,
            // `address` is the client's network (`ClientNetwork`), by which an attack on a password is told from its owner.
            """
            CREATE TABLE logins (
                id uuid PRIMARY KEY,
                account bigint NOT NULL REFERENCES accounts,
                token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
                created_at timestamptz NOT NULL,
                last_used_at timestamptz NOT NULL,
                expires_at timestamptz NOT NULL,
                label text,
                address text NOT NULL
            )
            """,
            "CREATE INDEX logins_of_account ON logins (account, last_used_at)",
            "CREATE INDEX logins_by_expiry ON logins (expires_at)",
            // `key` is the short public name of a token.
            """
            CREATE TABLE registration_tokens (
                key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
                uses_left integer NOT NULL CHECK (uses_left >= 0),
                created_at timestamptz NOT NULL,
                expires_at timestamptz,
                revoked_at timestamptz
            )
            """,
            // What the CLI tells the running process; `ControlStore.append` makes the keys commit in their order.
            """
            CREATE TABLE control (
                key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                kind text NOT NULL,
                payload text NOT NULL,
                created_at timestamptz NOT NULL
            )
            """,
        ]
    )
}
