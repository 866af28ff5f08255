/// How to reach the database and every limit of the client; filled by the CLI's settings and by tests.
package struct PostgresConfiguration: Sendable {
    /// libpq keywords and values, or a `postgresql://` URI. A host is a socket directory, an IP address or `localhost`:
    /// names are looked up with a blocking call, so another name needs its address beside it in `hostaddr`.
    package var conninfo: String
    /// Connections that queries share and transactions lease, 1…64.
    package var connections: Int
    /// Server settings for every session, such as `enable_seqscan: off`.
    package var options: [String: String]
    /// PostgreSQL ends a statement that runs longer (0 is never).
    package var statementTimeout: Duration
    /// PostgreSQL ends a statement that waits longer for a lock (0 is never).
    package var lockTimeout: Duration
    /// PostgreSQL ends a session whose transaction is idle for longer (0 is never).
    package var idleInTransactionTimeout: Duration
    /// For one attempt to connect, and for `start()` as a whole.
    package var connectTimeout: Duration
    /// A connection that stays silent for this long while somebody waits for it is given up; nobody waits longer for
    /// a connection. Keep it above `statementTimeout`.
    package var queryTimeout: Duration
    /// How many callers may wait for a free connection; the next one gets `overloaded`.
    package var maximumWaiters: Int
    /// What `pg_stat_activity` shows.
    package var applicationName: String

    package init(
        conninfo: String,
        connections: Int = 8,
        options: [String: String] = [:],
        statementTimeout: Duration = .seconds(5),
        lockTimeout: Duration = .seconds(2),
        idleInTransactionTimeout: Duration = .seconds(10),
        connectTimeout: Duration = .seconds(5),
        queryTimeout: Duration = .seconds(10),
        maximumWaiters: Int = 10_000,
        applicationName: String = "homeserver"
    ) {
        self.conninfo = conninfo
        self.connections = connections
        self.options = options
        self.statementTimeout = statementTimeout
        self.lockTimeout = lockTimeout
        self.idleInTransactionTimeout = idleInTransactionTimeout
        self.connectTimeout = connectTimeout
        self.queryTimeout = queryTimeout
        self.maximumWaiters = maximumWaiters
        self.applicationName = applicationName
    }

    /// The same without limits on how long a statement runs or waits: for migrations and other work of hours.
    package func unhurried() -> PostgresConfiguration {
        var copy = self
        copy.statementTimeout = .zero
        copy.lockTimeout = .zero
        copy.idleInTransactionTimeout = .zero
        copy.queryTimeout = .seconds(86_400)
        return copy
    }
}
