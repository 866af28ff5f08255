import Synchronization
import Wire

/// Who is shown as online, here and on peers: sockets report to it, the Writer says what was committed, lists read it, and
/// `Home.tellPresence` tells others what has changed.
///
/// State: `Mutex`; nothing waits in it. It holds an entry for each local user who has a socket or is still shown, and what each
/// peer said (`PeerPresence`); all else is in the database. What waits to be told is coalesced by user.
package final class PresenceBoard: Sendable {
    /// What a commit means for presence.
    enum News: Sendable {
        case chosen(UserKey, OwnStatus)
        case befriended(ResolvedUser, ResolvedUser)
    }

    /// What is to be told, taken out of the board at once.
    struct Work: Sendable {
        /// Accounts that have to be read before anything of their users is shown.
        var unread: [UserKey] = []
        var changed: [UserKey: PresenceStateMachine.Change] = [:]
        var befriended: [(ResolvedUser, ResolvedUser)] = []
        /// Local users after whom a peer has asked.
        var asked: [(UserKey, RemotePeer)] = []
        /// Users of peers of whom nothing is known any more.
        var remote: [(user: UserID, peer: PeerKey)] = []

        var isEmpty: Bool {
            unread.isEmpty && changed.isEmpty && befriended.isEmpty && asked.isEmpty && remote.isEmpty
        }
    }

    private struct State {
        var machines: [UserKey: PresenceStateMachine] = [:]
        var peers: [PeerKey: PeerPresence] = [:]
        /// In the order of their times: the wait is the same for everybody.
        var hides: [(at: Duration, user: UserKey)] = []
        var work = Work()
    }

    private let state = Mutex(State())
    private let time: any TimeSource
    /// There is something to tell.
    let signal = Signal()

    init(time: any TimeSource) {
        self.time = time
    }

    private var now: PresenceStateMachine.Moment {
        PresenceStateMachine.Moment(monotonic: time.monotonic(), wallClock: time.now())
    }

    // MARK: Sockets

    /// A signed-in socket of the user is open.
    package func socketOpened(_ user: UserKey) {
        update(user, isNew: true) { $0.opened(at: $1) }
    }

    /// It is gone.
    ///
    /// - Parameter isLost: It was closed because nothing was heard of its client.
    package func socketClosed(_ user: UserKey, isLost: Bool) {
        update(user) { $0.closed(isLost: isLost, at: $1) }
    }

    // MARK: The Writer

    /// After COMMIT, in commit order.
    func learn(_ news: [News]) {
        for item in news {
            switch item {
            case .chosen(let user, let status): update(user) { $0.choose(status, at: $1) }
            case .befriended(let a, let b): state.withLock { $0.work.befriended.append((a, b)) }
            }
        }
        signal.set()
    }

    // MARK: Reading

    /// What a local user has chosen; nil when only the account knows.
    func status(of user: UserKey) -> OwnStatus? {
        state.withLock { $0.machines[user]?.status }
    }

    func isShown(_ user: UserKey) -> Bool {
        state.withLock { $0.machines[user]?.isShown ?? false }
    }

    /// Which of these local users are shown as online.
    func shown(among users: [UserKey]) -> Set<UserKey> {
        state.withLock { state in Set(users.filter { state.machines[$0]?.isShown ?? false }) }
    }

    /// Every local user who is shown as online.
    var online: [UserKey] {
        state.withLock { $0.machines.filter(\.value.isShown).map(\.key) }
    }

    /// What peers say about their users.
    func shown(_ user: UserID, of peer: PeerKey) -> ShownPresence {
        state.withLock { $0.peers[peer]?.shown(user) } ?? .unknown
    }

    // MARK: Peers

    func receive(
        _ position: EphemeralPosition, _ statuses: [(user: UserID, shown: ShownPresence)], from peer: PeerKey
    ) -> PeerPresence.Outcome {
        let now = time.monotonic()
        let outcome = state.withLock { state in
            state.peers[peer, default: PeerPresence()].receive(position, statuses, at: now)
        }
        // The pass looks at the lease.
        signal.set()
        return outcome
    }

    /// A peer asks for the presence of a local user.
    func ask(for user: UserKey, by peer: RemotePeer) {
        state.withLock { state in
            guard !state.work.asked.contains(where: { $0.0 == user && $0.1 == peer }) else { return }
            state.work.asked.append((user, peer))
        }
        signal.set()
    }

    // MARK: The pass

    /// An account was read.
    func read(_ user: UserKey, isInvisible: Bool) {
        update(user) { $0.read(isInvisible: isInvisible, at: $1) }
    }

    /// Everything that is due; it is the caller's now.
    func takeWork() -> Work {
        let now = time.monotonic()
        return state.withLock { state in
            let due = state.hides.prefix { $0.at <= now }
            state.hides.removeFirst(due.count)
            for (_, user) in due {
                guard let change = state.machines[user]?.pass(at: now) else { continue }
                PresenceBoard.note(change, of: user, &state)
            }
            for (peer, presence) in state.peers where presence.deadline.map({ $0 <= now }) ?? false {
                state.work.remote += (state.peers[peer]?.lapse(at: now) ?? []).map { ($0, peer) }
                if state.peers[peer]?.leaseEnds == nil { state.peers[peer] = nil }
            }
            defer { state.work = Work() }
            return state.work
        }
    }

    /// Puts back what could not be done because the database is away; what has happened since then counts.
    func putBack(_ work: Work) {
        state.withLock { state in
            state.work.unread += work.unread
            state.work.changed.merge(work.changed) { newer, _ in newer }
            state.work.befriended += work.befriended
            state.work.asked += work.asked
            state.work.remote += work.remote
        }
    }

    /// How long until time changes something, a minute at most.
    var wait: Duration {
        let now = time.monotonic()
        let next = state.withLock { state in
            ([state.hides.first?.at] + state.peers.values.map(\.deadline)).compactMap { $0 }.min()
        }
        return min(max((next ?? now + .seconds(60)) - now, .milliseconds(1)), .seconds(60))
    }

    // MARK: Parts

    private func update(
        _ user: UserKey, isNew: Bool = false,
        _ step: (inout PresenceStateMachine, PresenceStateMachine.Moment) -> PresenceStateMachine.Change?
    ) {
        let now = now
        let hasWork = state.withLock { state in
            guard var machine = state.machines[user] ?? (isNew ? PresenceStateMachine() : nil) else { return false }
            if state.machines[user] == nil { state.work.unread.append(user) }
            let before = machine.hidesAt
            let change = step(&machine, now)
            state.machines[user] = machine
            if let at = machine.hidesAt, at != before { state.hides.append((at, user)) }
            if let change {
                PresenceBoard.note(change, of: user, &state)
            } else if machine.isForgettable {
                state.machines[user] = nil
            }
            return true
        }
        if hasWork { signal.set() }
    }

    private static func note(_ change: PresenceStateMachine.Change, of user: UserKey, _ state: inout State) {
        state.work.changed[user] = change
        if state.machines[user]?.isForgettable ?? false { state.machines[user] = nil }
    }
}
