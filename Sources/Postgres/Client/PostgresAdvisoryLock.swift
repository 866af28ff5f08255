import Synchronization

/// A lock that this process holds in the database: one serving process per database. It ends with `release()`, with its
/// session or with the client, and not when this object is let go of, which could happen unnoticed.
///
/// State: `record` under its mutex; the session lives on `PostgresThread`.
package final class PostgresAdvisoryLock: Sendable {
    private enum Phase { case asking, held, released, lost }

    private struct Record {
        var phase = Phase.asking
        var waiters: [UInt64: UnsafeContinuation<Bool, Never>] = [:]
        var cancelled: Set<UInt64> = []
        var nextWaiter: UInt64 = 0
        var connection: PostgresConnection?
        var answer: UnsafeContinuation<Result<Bool, PostgresError>, Never>?
    }

    private let key: Int64
    private let pool: PostgresPool
    private let connectTimeout: Duration
    private let record = Mutex(Record())

    fileprivate init(key: Int64, client: PostgresClient) {
        self.key = key
        self.pool = client.pool
        self.connectTimeout = client.configuration.connectTimeout
    }

    /// Returns true when the session that held the lock is lost, and false when the lock was released or the waiting
    /// task is cancelled.
    package func waitUntilLost() async -> Bool {
        let number = record.withLock { record in
            record.nextWaiter += 1
            return record.nextWaiter
        }
        return await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let known: Bool? = record.withLock { record in
                    if record.phase == .lost { return true }
                    if record.phase == .released || record.cancelled.remove(number) != nil { return false }
                    record.waiters[number] = continuation
                    return nil
                }
                if let known { continuation.resume(returning: known) }
            }
        } onCancel: {
            let waiter = record.withLock { record in
                let waiter = record.waiters.removeValue(forKey: number)
                if waiter == nil { record.cancelled.insert(number) }
                return waiter
            }
            waiter?.resume(returning: false)
        }
    }

    /// Gives the lock back; returns when the server has confirmed it or the session is gone.
    package func release() async {
        let connection = record.withLock { record in
            guard record.phase == .held else { return nil as PostgresConnection? }
            record.phase = .released
            return record.connection
        }
        guard let connection else { return }
        let flight = PostgresFlight(["SELECT pg_advisory_unlock(\(key))"])
        _ = await flight.outcome {
            let isRunning = pool.thread.perform {
                if !connection.assumeIsolated({ $0.send(flight) }) { flight.settle(.failure(.closed)) }
            }
            if !isRunning { flight.settle(.failure(.closed)) }
        }
        pool.thread.perform { connection.assumeIsolated { $0.end(.closed) } }
    }

    /// Connects and asks for the lock: false when another session has it.
    fileprivate func acquire(_ parameters: PostgresParameters) async -> Result<Bool, PostgresError> {
        await withUnsafeContinuation { continuation in
            record.withLock { $0.answer = continuation }
            let isRunning = pool.thread.perform { self.connect(parameters) }
            if !isRunning { self.answer(.failure(.closed)) }
        }
    }

    private func connect(_ parameters: PostgresParameters) {
        let connection = PostgresConnection(thread: pool.thread) { event in self.handle(event) }
        record.withLock { $0.connection = connection }
        pool.assumeIsolated { $0.add(self) { connection.assumeIsolated { $0.end(.closed) } } }
        connection.assumeIsolated { $0.connect(parameters, timeout: connectTimeout) }
    }

    private func handle(_ event: PostgresConnection.Event) {
        switch event {
        case .ready:
            let flight = PostgresFlight(["SELECT pg_try_advisory_lock(\(key))"]) { outcome in
                self.answer(
                    outcome.flatMap { rows in
                        Result { () throws(PostgresError) in try rows[0].bool(0, 0) }
                    })
            }
            _ = record.withLock { $0.connection }?.assumeIsolated { $0.send(flight) }
        case .ended(let cause):
            if case .refused(let reason) = cause { answer(.failure(.connecting(reason: reason))) }
            answer(.failure(cause.error(mayHaveRun: false)))
            pool.assumeIsolated { $0.remove(self) }
            end()
        case .progressed, .notification:
            break
        }
    }

    /// The first answer counts.
    private func answer(_ answer: Result<Bool, PostgresError>) {
        let continuation = record.withLock { record in
            defer { record.answer = nil }
            if record.answer != nil { record.phase = (try? answer.get()) == true ? .held : .released }
            return record.answer
        }
        guard let continuation else { return }
        continuation.resume(returning: answer)
        if (try? answer.get()) != true {
            record.withLock { $0.connection }?.assumeIsolated { $0.end(.closed) }
        }
    }

    private func end() {
        let (wasLost, waiters) = record.withLock { record in
            if record.phase == .held { record.phase = .lost }
            defer { record.waiters = [:] }
            record.connection = nil
            return (record.phase == .lost, record.waiters)
        }
        for waiter in waiters.values { waiter.resume(returning: wasLost) }
    }
}

extension PostgresClient {
    /// Asks for a session-wide advisory lock on a connection of its own; nil when another session holds it.
    package func advisoryLock(_ key: Int64) async throws(PostgresError) -> PostgresAdvisoryLock? {
        let parameters = try PostgresParameters(configuration)
        let lock = PostgresAdvisoryLock(key: key, client: self)
        return try await lock.acquire(parameters).get() ? lock : nil
    }
}
