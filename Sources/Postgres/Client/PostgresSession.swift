/// What answers queries: the client, or a transaction of it. Stores take either.
package protocol PostgresSession: Sendable {
    /// Runs one statement.
    nonisolated(nonsending) func query(_ query: PostgresQuery) async throws(PostgresError) -> PostgresRows
}

extension PostgresSession {
    /// Runs one statement and reads its rows as tuples.
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

/// The same for a single column: without packs, which the compiler reads with more trouble.
extension PostgresSession {
    package nonisolated(nonsending) func query<Value: PostgresDecodable>(
        _ query: PostgresQuery, as type: Value.Type
    ) async throws(PostgresError) -> [Value] {
        try await self.query(query).decode(type)
    }

    package nonisolated(nonsending) func first<Value: PostgresDecodable>(
        _ query: PostgresQuery, as type: Value.Type
    ) async throws(PostgresError) -> Value? {
        try await self.query(query, as: type).first
    }

    package nonisolated(nonsending) func one<Value: PostgresDecodable>(
        _ query: PostgresQuery, as type: Value.Type
    ) async throws(PostgresError) -> Value {
        guard let value = try await first(query, as: type) else { throw .noRows }
        return value
    }
}
