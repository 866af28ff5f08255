/// A transaction that `PostgresClient.transaction` runs: its statements see each other and take effect together.
///
/// The BEGIN travels with the first flight and the COMMIT can travel with the last (`finish`), so that reading,
/// deciding and writing cost two round trips in all.
package struct PostgresTransaction: Sendable {
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

    package nonisolated(nonsending) func query<each Value: PostgresDecodable>(
        _ query: PostgresQuery, as types: (repeat each Value).Type
    ) async throws(PostgresError) -> [(repeat each Value)] {
        try await self.query(query).decode(types)
    }

    /// The first row, nil when there is none.
    package nonisolated(nonsending) func first<each Value: PostgresDecodable>(
        _ query: PostgresQuery, as types: (repeat each Value).Type
    ) async throws(PostgresError) -> (repeat each Value)? {
        let rows = try await self.query(query)
        if rows.count == 0 { return nil }
        let row: (repeat each Value) = try rows.decode(row: 0, as: types)
        return row
    }

    /// The first row; `noRows` when there is none.
    package nonisolated(nonsending) func one<each Value: PostgresDecodable>(
        _ query: PostgresQuery, as types: (repeat each Value).Type
    ) async throws(PostgresError) -> (repeat each Value) {
        let rows = try await self.query(query)
        if rows.count == 0 { throw .noRows }
        return try rows.decode(row: 0, as: types)
    }

    /// Returns how many rows were affected.
    @discardableResult
    package nonisolated(nonsending) func execute(_ query: PostgresQuery) async throws(PostgresError) -> Int {
        try await self.query(query).affected
    }
}
