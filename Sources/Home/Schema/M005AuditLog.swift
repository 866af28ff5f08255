import Postgres

/// What operators have changed (`AuditLog`).
enum M005AuditLog {
    static let migration = Migration(
        name: "005-audit-log",
        sql: [
            """
            CREATE TABLE audit_log (
                key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                at timestamptz NOT NULL,
                actor text NOT NULL,
                action text NOT NULL,
                subject text NOT NULL,
                detail text NOT NULL
            )
            """
        ]
    )
}
