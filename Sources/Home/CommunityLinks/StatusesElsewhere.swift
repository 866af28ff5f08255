import Synchronization
import Wire

/// What other homeservers have said lately of who is online, and which of them say nothing; `Home.onlineElsewhere` asks it first.
///
/// State: a `Mutex`; memory only. At most `Limits.statusAnswers` answers are kept, each for its viewer alone, because it tells of blocks, and an
/// entry for each peer that does not answer.
final class StatusesElsewhere: Sendable {
    private struct Place: Hashable {
        let server: ServerName
        let community: CommunityID
        let viewer: UserID

        init(_ question: StatusQuestion, _ server: ServerName) {
            self.server = server
            community = question.community
            viewer = question.viewer
        }
    }

    private struct Answer {
        let asked: Set<UserID>
        let online: Set<UserID>
        let end: Duration
    }

    private struct State {
        var answers: [Place: Answer] = [:]
        var silences: [ServerName: Duration] = [:]
    }

    private let state = Mutex(State())

    /// Nil when the homeserver has to be asked. A part of what was asked is known as well; of one that says nothing nobody is online.
    func known(_ question: StatusQuestion, of server: ServerName, at now: Duration) -> Set<UserID>? {
        state.withLock { state in
            if let end = state.silences[server], now < end { return [] }
            guard let answer = state.answers[Place(question, server)], now < answer.end,
                answer.asked.isSuperset(of: question.users)
            else { return nil }
            return answer.online.intersection(question.users)
        }
    }

    func learn(_ online: Set<UserID>, _ question: StatusQuestion, of server: ServerName, at now: Duration) {
        let answer = Answer(asked: Set(question.users), online: online, end: now + Limits.statusLife)
        state.withLock { state in
            state.silences[server] = nil
            if state.answers.count >= Limits.statusAnswers {
                state.answers = state.answers.filter { now < $0.value.end }
            }
            // So many viewers within seconds: they ask again.
            if state.answers.count >= Limits.statusAnswers { state.answers = [:] }
            state.answers[Place(question, server)] = answer
        }
    }

    func noteSilence(of server: ServerName, until end: Duration) {
        state.withLock { $0.silences[server] = max($0.silences[server] ?? end, end) }
    }
}
