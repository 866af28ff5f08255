extension PostgresClient {
    /// Runs `body` in a transaction on a connection of its own, and commits unless `finish` has done so.
    ///
    /// Whatever `body` throws rolls back and is thrown on. When PostgreSQL gave up the transaction for the sake of
    /// another one (40001, 40P01) `body` runs again, `retries` times at most: it must have no effects but on the database.
    /// A connection lost before the COMMIT was sent is `connectionLost(mayHaveRun: false)`, later `true`.
    @discardableResult
    package nonisolated(nonsending) func transaction<Value: Sendable>(
        isolation: PostgresIsolation = .readCommitted, retries: Int = 3,
        _ body: (PostgresTransaction) async throws -> Value
    ) async throws -> Value {
        var attempt = 0
        while true {
            let lease = PostgresLease(isolation)
            do {
                let value = try await body(PostgresTransaction(client: self, lease: lease))
                try await commit(lease)
                return value
            } catch {
                _ = lease.markOver()
                let pool = pool
                thread.perform { pool.assumeIsolated { $0.release(lease) } }
                guard attempt < retries, lease.isWorthRetrying, !Task.isCancelled else { throw error }
            }
            attempt += 1
            // Two that met should not meet again.
            try await Task.sleep(for: .milliseconds(Int.random(in: 1...(10 * attempt))))
        }
    }

    private nonisolated(nonsending) func commit(_ lease: PostgresLease) async throws(PostgresError) {
        guard lease.markOver() else {
            // `finish` was called. If its failure was swallowed by the body, it must not look like success.
            if let failure = lease.failureOfEnd { throw failure }
            return
        }
        guard lease.hasBegun else { return }
        _ = try await run(PostgresFlight([], lease: lease, commits: true))
    }
}
