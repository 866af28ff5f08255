import Postgres
import Synchronization
import Wire

/// Asks the database whether it answers, for `Home.isReady`: at most once a second, however many ask at `/health`.
///
/// State: a `Mutex`. Whoever comes while the database is being asked, and the last answer is too old, waits for that answer too.
final class Readiness: Sendable {
    /// How old an answer may be.
    static let lifetime = Duration.seconds(1)
    /// A database that answers later than this does not answer.
    private static let patience = Duration.seconds(1)

    private struct State {
        var answer: Bool?
        /// When the question was put that `answer` belongs to, by the monotonic clock.
        var askedAt = Duration.zero
        var question: Task<Bool, Never>?
    }

    private enum Turn {
        case known(Bool)
        case asking(Task<Bool, Never>)
    }

    private let time: any TimeSource
    private let ask: @Sendable () async -> Bool
    private let state = Mutex(State())

    convenience init(database: PostgresClient, time: any TimeSource) {
        self.init(time: time) {
            await within(Self.patience) { (try? await database.query("SELECT 1")) != nil } ?? false
        }
    }

    /// - Parameter ask: Whether the database answers; does not take longer than its patience.
    init(time: any TimeSource, ask: @escaping @Sendable () async -> Bool) {
        self.time = time
        self.ask = ask
    }

    var isReady: Bool {
        get async {
            let now = time.monotonic()
            let turn: Turn = state.withLock { state in
                if let answer = state.answer, now - state.askedAt < Self.lifetime { return .known(answer) }
                if let question = state.question { return .asking(question) }
                // Not as a part of the asking task: if that is cancelled, this is no answer of the database's.
                let question = Task { await answer(to: now) }
                state.question = question
                return .asking(question)
            }
            switch turn {
            case .known(let answer): return answer
            case .asking(let question): return await question.value
            }
        }
    }

    private func answer(to askedAt: Duration) async -> Bool {
        let answer = await ask()
        state.withLock { $0 = State(answer: answer, askedAt: askedAt, question: nil) }
        return answer
    }
}
