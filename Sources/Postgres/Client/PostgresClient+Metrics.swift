/// What a client is doing, for the metrics endpoint and for tests.
package struct PostgresMetrics: Sendable, Equatable {
    /// Callers that wait for a connection.
    package let waiters: Int
    /// Flights that were sent and not answered yet.
    package let inFlight: Int
    /// Connections that were lost since the start.
    package let reconnects: Int
    /// Statements that were sent since the start, BEGIN and COMMIT among them.
    package let statements: Int

    package init(waiters: Int, inFlight: Int, reconnects: Int, statements: Int) {
        self.waiters = waiters
        self.inFlight = inFlight
        self.reconnects = reconnects
        self.statements = statements
    }
}

extension PostgresClient {
    /// All zero before the start and after the end.
    package var metricsSnapshot: PostgresMetrics {
        get async {
            await withUnsafeContinuation { continuation in
                let isRunning = thread.perform { [pool] in
                    continuation.resume(returning: pool.assumeIsolated { $0.metrics })
                }
                if !isRunning {
                    continuation.resume(
                        returning: PostgresMetrics(waiters: 0, inFlight: 0, reconnects: 0, statements: 0))
                }
            }
        }
    }
}
