package import Postgres
package import Wire

/// What `homeserver doctor` asks PostgreSQL about itself.
package struct DatabaseHealthStore: Sendable {
    private let database: PostgresClient

    package init(database: PostgresClient) {
        self.database = database
    }

    package func read() async throws(HomeError) -> DatabaseHealth {
        do throws(PostgresError) {
            let rows = try await database.query(
                """
                SELECT current_setting('server_version_num')::bigint, current_setting('max_connections')::bigint,
                    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
                    clock_timestamp(), pg_database_size(current_database()),
                    (
                        SELECT setting FROM pg_settings WHERE name = 'data_directory'
                          AND (inet_server_addr() IS NULL OR inet_server_addr() << '127.0.0.0/8')
                    ),
                    EXISTS (
                        SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                        WHERE d.datname = current_database() AND l.locktype = 'advisory' AND l.granted
                          AND l.objsubid = 1 AND (l.classid::bigint << 32 | l.objid::bigint) = \(Home.servingLock)
                    )
                """)
            guard rows.count > 0 else { throw .noRows }
            return DatabaseHealth(
                version: try rows.int64(0, 0), maximumConnections: try rows.int64(0, 1),
                connections: try rows.int64(0, 2), now: try rows.instant(0, 3), bytes: try rows.int64(0, 4),
                dataDirectory: try rows.optionalText(0, 5), isServed: try rows.bool(0, 6))
        } catch { throw HomeError(error) }
    }
}

/// How the database is, at one moment.
package struct DatabaseHealth: Sendable {
    /// 150004 is 15.4.
    package let version: Int64
    package let maximumConnections: Int64
    package let connections: Int64
    /// The database's clock.
    package let now: Instant
    /// What it takes on disk.
    package let bytes: Int64
    /// Nil when it is on another machine, or our role is not allowed to know it.
    package let dataDirectory: String?
    /// Whether a homeserver process serves it.
    package let isServed: Bool
}
