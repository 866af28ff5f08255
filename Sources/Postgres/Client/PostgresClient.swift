package import Logging
import Synchronization

/// The database as the rest of the homeserver sees it: queries in, rows out. One per process, made by the CLI (and one
/// per test); safe to use from any task.
///
/// State: `phase` under its mutex; connections and queues live on `PostgresThread`.
package final class PostgresClient: PostgresSession {
    private enum Phase { case idle, starting, running, closing, closed }

    package let configuration: PostgresConfiguration
    /// For a task that does little but transactions: it then runs on the thread of the connections. It must not block.
    package let executor: any TaskExecutor
    let logger: Logger
    let thread: PostgresThread
    let pool: PostgresPool
    private let phase = Mutex(Phase.idle)

    package init(_ configuration: PostgresConfiguration, logger: Logger = Logger(label: "postgres")) {
        self.configuration = configuration
        self.logger = logger
        self.thread = PostgresThread()
        self.executor = PostgresExecutor(thread: thread)
        self.pool = PostgresPool(configuration, thread: thread, logger: logger)
    }

    deinit {
        // Somebody forgot `close()`: end the sessions and the thread all the same.
        guard phase.withLock({ $0 }) == .running else { return }
        let (pool, thread) = (pool, thread)
        thread.perform {
            pool.assumeIsolated { $0.close { thread.stopUnattended() } }
        }
    }

    /// Connects. Returns at the first ready connection; throws `connecting` when there is none within `connectTimeout`,
    /// `configuration` for settings that cannot work. To be called once.
    package func start() async throws(PostgresError) {
        let mayStart = phase.withLock { phase in
            guard phase == .idle else { return false }
            phase = .starting
            return true
        }
        guard mayStart else { throw .closed }
        do throws(PostgresError) {
            let parameters = try PostgresParameters(configuration)
            try thread.start()
            let failure = await withUnsafeContinuation { (continuation: UnsafeContinuation<PostgresError?, Never>) in
                thread.perform {
                    self.pool.assumeIsolated { $0.start(parameters) { continuation.resume(returning: $0) } }
                }
            }
            if let failure { throw failure }
        } catch {
            phase.withLock { $0 = .running }
            await close()
            throw error
        }
        phase.withLock { $0 = .running }
    }

    /// Lets running queries and transactions end (for `queryTimeout` at most), refuses new ones, ends the thread.
    /// Returns when all that is done; further calls do nothing.
    package func close() async {
        let mustClose = phase.withLock { phase in
            guard phase == .running else {
                if phase == .idle { phase = .closed }
                return false
            }
            phase = .closing
            return true
        }
        guard mustClose else { return }
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            let isRunning = thread.perform {
                self.pool.assumeIsolated { $0.close { continuation.resume() } }
            }
            if !isRunning { continuation.resume() }
        }
        await thread.stop()
        phase.withLock { $0 = .closed }
    }

    /// Runs one statement.
    package nonisolated(nonsending) func query(_ query: PostgresQuery) async throws(PostgresError) -> PostgresRows {
        try await run(PostgresFlight([query]))[0]
    }

    /// Runs the statements in one round trip and as one implicit transaction: all or nothing.
    @discardableResult
    package nonisolated(nonsending) func batch(
        _ queries: [PostgresQuery]
    ) async throws(PostgresError) -> [PostgresRows] {
        if queries.isEmpty { return [] }
        return try await run(PostgresFlight(queries))
    }

    nonisolated(nonsending) func run(_ flight: PostgresFlight) async throws(PostgresError) -> [PostgresRows] {
        for query in flight.queries { try query.binds.validate() }
        return try await flight.outcome {
            // A task of `executor` is on the thread already, and nothing of the pool is under way while it runs.
            if thread.isCurrent { return pool.assumeIsolated { $0.dispatch(flight) } }
            let isRunning = thread.perform {
                self.pool.assumeIsolated { $0.dispatch(flight) }
            }
            if !isRunning { flight.settle(.failure(.closed)) }
        }.get()
    }
}
