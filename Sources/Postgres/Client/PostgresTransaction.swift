/// A transaction that `PostgresClient.transaction` runs: its statements see each other and take effect together.
///
/// The BEGIN travels with the first flight and the COMMIT can travel with the last (`finish`), so that reading,
/// deciding and writing cost two round trips in all.
package struct PostgresTransaction: PostgresSession {
    let client: PostgresClient
    let lease: PostgresLease

    /// Runs the statements in one round trip. When one fails, nothing of the transaction remains.
    package nonisolated(nonsending) func run(
        _ queries: [PostgresQuery]
    ) async throws(PostgresError) -> [PostgresRows] {
        guard lease.markBegun() else { throw .invalidQuery("the transaction is over") }
        return try await client.run(PostgresFlight(queries, lease: lease))
    }

    /// Runs the statements and the COMMIT in one round trip. The transaction is over then, whatever comes of it.
    package nonisolated(nonsending) func finish(
        _ queries: [PostgresQuery]
    ) async throws(PostgresError) -> [PostgresRows] {
        guard lease.markOver() else { throw .invalidQuery("the transaction is over") }
        do {
            return try await client.run(PostgresFlight(queries, lease: lease, commits: true))
        } catch {
            lease.noteEnd(error)
            throw error
        }
    }

    package nonisolated(nonsending) func query(_ query: PostgresQuery) async throws(PostgresError) -> PostgresRows {
        try await run([query])[0]
    }
}
