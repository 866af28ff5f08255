import Postgres
import Synchronization
import Wire

/// Asks the database whether it answers, for `Home.isReady`: at most once a second, however many ask at `/health`.
///
/// State: a `Mutex`. Whoever comes while somebody asks already gets the answer before that one.
final class Readiness: Sendable {
    /// How old an answer may be.
    static let lifetime = Duration.seconds(1)
    /// A database that answers later than this does not answer.
    private static let patience = Duration.seconds(1)

    private struct State {
        var answer: Bool?
        /// When it was asked for, by the monotonic clock.
        var askedAt = Duration.zero
    }

    private let database: PostgresClient
    private let time: any TimeSource
    private let state = Mutex(State())

    init(database: PostgresClient, time: any TimeSource) {
        self.database = database
        self.time = time
    }

    var isReady: Bool {
        get async {
            let now = time.monotonic()
            let known: Bool? = state.withLock { state in
                if let answer = state.answer, now - state.askedAt < Self.lifetime { return answer }
                state.askedAt = now
                return nil
            }
            if let known { return known }
            // Not as a part of the asking task: if that is cancelled, this is no answer of the database's.
            let answer = await Task { await ask() }.value
            state.withLock { $0.answer = answer }
            return answer
        }
    }

    private func ask() async -> Bool {
        await within(Self.patience) { (try? await self.database.query("SELECT 1")) != nil } ?? false
    }
}
