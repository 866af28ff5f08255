import Synchronization

/// The statements between two syncs, which PostgreSQL runs as one: all or nothing. Made by `PostgresClient` and
/// `PostgresTransaction`, carried by the pool and a connection.
///
/// State: `waiter` under its mutex, from any thread; the variables belong to the connections' thread.
final class PostgresFlight: @unchecked Sendable {  // because of the line above
    typealias Outcome = Result<[PostgresRows], PostgresError>

    private enum Waiter {
        case none
        case waiting(UnsafeContinuation<Outcome, Never>)
        case settled
    }

    private let waiter = Mutex(Waiter.none)
    let queries: [PostgresQuery]
    let lease: PostgresLease?
    /// Whether a COMMIT of the lease's transaction stands at its end.
    let commits: Bool
    /// Called on the thread instead of a waiting task, for the connections' own statements.
    let onThread: (@Sendable (Outcome) -> Void)?

    /// Whether the lease's BEGIN stands at its front; decided when the lease gets its connection.
    var begins = false
    var queuedAt: UInt64 = 0
    var sentAt: UInt64 = 0
    /// How many statements have their whole answer.
    var answered = 0
    /// Those that are prepared in this flight, each in front of the statement of that number.
    var preparations: [(before: Int, statement: PostgresStatement)] = []
    var rows: [PostgresRows] = []
    var failure: PostgresServerError?
    var wasRetried = false

    init(
        _ queries: [PostgresQuery], lease: PostgresLease? = nil, commits: Bool = false,
        onThread: (@Sendable (Outcome) -> Void)? = nil
    ) {
        self.queries = queries
        self.lease = lease
        self.commits = commits
        self.onThread = onThread
    }

    /// All statements, with the BEGIN and COMMIT of its transaction.
    var statementCount: Int { queries.count + (begins ? 1 : 0) + (commits ? 1 : 0) }

    /// Outside a transaction the sync commits; inside only a COMMIT does.
    var mayHaveRun: Bool { lease == nil || commits }

    func statement(_ index: Int) -> PostgresQuery {
        let position = begins ? index - 1 : index
        if position < 0, let lease { return lease.begin }
        return position < queries.count ? queries[position] : PostgresLease.commit
    }

    /// The number of a statement as its caller counts.
    func callersIndex(_ index: Int) -> Int {
        let position = begins ? index - 1 : index
        return position < queries.count ? position : -1
    }

    /// Whether its caller has gone.
    var isSettled: Bool {
        waiter.withLock { waiter in
            if case .settled = waiter { true } else { false }
        }
    }

    /// Waits for the outcome of what `submit` starts; a cancelled task stops waiting at once, wherever the flight is.
    nonisolated(nonsending) func outcome(_ submit: () -> Void) async -> Outcome {
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let mayBegin = waiter.withLock { waiter in
                    if case .settled = waiter { return false }
                    waiter = .waiting(continuation)
                    return true
                }
                if mayBegin { submit() } else { continuation.resume(returning: .failure(.cancelled)) }
            }
        } onCancel: {
            settle(.failure(.cancelled))
        }
    }

    /// The first outcome counts.
    func settle(_ outcome: Outcome) {
        let continuation: UnsafeContinuation<Outcome, Never>? = waiter.withLock { waiter in
            defer { waiter = .settled }
            if case .waiting(let continuation) = waiter { return continuation }
            return nil
        }
        continuation?.resume(returning: outcome)
        onThread?(outcome)
    }

    /// Back to the state before it was sent.
    func rewind() {
        answered = 0
        preparations = []
        rows = []
        failure = nil
    }
}
