/// What a call of the Postgres module can end with; thrown by everything in it, mapped to the domain's errors by Home.
///
/// `description` never holds data: neither binds nor rows nor the server's message (which may quote a value).
package enum PostgresError: Error, Sendable, Equatable {
    /// PostgreSQL refused a statement; nothing of its flight (or of its transaction) has happened.
    case server(PostgresServerError)
    /// The connection broke before the answer came. With `mayHaveRun` the effect is unknown, without it there is none.
    case connectionLost(mayHaveRun: Bool)
    /// No answer within `queryTimeout`; `mayHaveRun` as above.
    case timedOut(mayHaveRun: Bool)
    /// The waiting task was cancelled. The statement may still run to its end; its result is thrown away.
    case cancelled
    /// More than `maximumWaiters` callers already wait for a connection. Nothing was sent.
    case overloaded
    /// The client is not running (not started, closing or closed). Nothing was sent.
    case closed
    /// No first connection within `connectTimeout`; the reason is the last one that libpq or the server gave.
    case connecting(reason: String)
    /// A setting that cannot work, named.
    case configuration(String)
    /// A statement that cannot be sent: too many or too large binds, or a transaction that is over.
    case invalidQuery(String)
    /// A value that does not fit the Swift type asked for.
    case decoding(column: String, problem: String)
    /// `one` found no row.
    case noRows
}

extension PostgresError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .server(let error): error.description
        case .connectionLost(let mayHaveRun): "connection lost\(mayHaveRun ? ", the statement may have run" : "")"
        case .timedOut(let mayHaveRun): "timed out\(mayHaveRun ? ", the statement may have run" : "")"
        case .cancelled: "cancelled"
        case .overloaded: "too many callers wait for a database connection"
        case .closed: "the database client is not running"
        case .connecting(let reason): "cannot connect to PostgreSQL: \(reason)"
        case .configuration(let problem): "database settings: \(problem)"
        case .invalidQuery(let problem): "invalid query: \(problem)"
        case .decoding(let column, let problem): "column \(column) \(problem)"
        case .noRows: "no row was found"
        }
    }

    /// The SQLSTATE when PostgreSQL itself refused the statement.
    package var sqlState: SQLState? {
        guard case .server(let error) = self else { return nil }
        return error.code
    }

    /// Whether a unique constraint (this one, when named) refused the row.
    package func isUniqueViolation(of constraint: String? = nil) -> Bool {
        guard case .server(let error) = self, error.code == .uniqueViolation else { return false }
        return constraint == nil || constraint == error.constraint
    }
}
