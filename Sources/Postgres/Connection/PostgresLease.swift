import Synchronization

/// How strictly transactions are kept apart (PostgreSQL's manual, chapter "Transaction Isolation").
package enum PostgresIsolation: Sendable {
    case readCommitted, repeatableRead, serializable

    fileprivate var begin: PostgresQuery {
        switch self {
        case .readCommitted: "BEGIN ISOLATION LEVEL READ COMMITTED"
        case .repeatableRead: "BEGIN ISOLATION LEVEL REPEATABLE READ"
        case .serializable: "BEGIN ISOLATION LEVEL SERIALIZABLE"
        }
    }
}

/// The claim of one transaction on one connection, from its first flight to its COMMIT or ROLLBACK; kept by the pool.
///
/// State: `record` under its mutex; the variables belong to the connections' thread.
final class PostgresLease: @unchecked Sendable {  // because of the line above
    private struct Record {
        var hasBegun = false
        var isOver = false
        var failure: PostgresServerError?
        var failureOfEnd: PostgresError?
    }

    static let commit: PostgresQuery = "COMMIT"
    static let rollback: PostgresQuery = "ROLLBACK"

    let begin: PostgresQuery
    private let record = Mutex(Record())

    var connection: PostgresConnection?
    /// It had a connection, so what it was for has an end, good or bad.
    var wasUsed = false
    /// The connection goes back as soon as nothing is under way on it.
    var isReleasing = false
    var wasRolledBack = false

    init(_ isolation: PostgresIsolation) { begin = isolation.begin }

    /// The first refusal by the server; everything after it only says that the transaction is aborted.
    func note(_ failure: PostgresServerError) {
        record.withLock { $0.failure = $0.failure ?? failure }
    }

    var failure: PostgresServerError? { record.withLock { $0.failure } }

    /// Why `finish` failed.
    func noteEnd(_ error: PostgresError) { record.withLock { $0.failureOfEnd = error } }

    var failureOfEnd: PostgresError? { record.withLock { $0.failureOfEnd } }

    /// Whether the whole transaction may succeed when it is run again.
    var isWorthRetrying: Bool {
        guard let failure else { return false }
        return failure.code == .serializationFailure || failure.code == .deadlockDetected || failure.isStaleStatement
    }

    /// Whether anything was asked of the transaction. False when it is over already.
    func markBegun() -> Bool {
        record.withLock { record in
            guard !record.isOver else { return false }
            record.hasBegun = true
            return true
        }
    }

    var hasBegun: Bool { record.withLock { $0.hasBegun } }

    /// True once, for the one who ends the transaction.
    func markOver() -> Bool {
        record.withLock { record in
            defer { record.isOver = true }
            return !record.isOver
        }
    }
}
