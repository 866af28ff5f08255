import Postgres

extension HomeError {
    /// Runs a store's query and turns what the database did wrong into what a caller is told.
    static nonisolated(nonsending) func mapping<Value>(
        _ body: nonisolated(nonsending) () async throws(PostgresError) -> Value
    ) async throws(HomeError) -> Value {
        do {
            return try await body()
        } catch {
            throw HomeError(error)
        }
    }
}
