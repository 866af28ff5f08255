import Home
import Wire

/// What goes next over the ephemeral lane to a peer, and when; a pure state machine, owned by `EphemeralWorker`.
///
/// A link begins, and begins anew after a failure, with the rosters and a snapshot. Items are coalesced by key; at most
/// `Limits.ephemeralWaiting` wait, and whatever was not sent when the link went down is in the next snapshot.
struct EphemeralLane: Sendable {
    enum Step: Sendable, Equatable {
        case compareRosters
        /// `address` is the last one of the part before, empty for the first.
        case snapshot(after: String, part: Int64)
        /// Changes; none of them renew the lease.
        case send([PresenceItem])
        case wait(Duration)
    }

    /// Whether the peer took the last request.
    private(set) var isUp = false
    private var waiting: [String: PresenceItem] = [:]
    /// The keys of `waiting` in the order in which they came.
    private var order: [String] = []
    private var isSnapshotDue = true
    private var part: (after: String, number: Int64)?
    /// Before this, those who were here when the process ended have not had the time to come back.
    private let firstSnapshotAt: Duration
    private var snapshotBegunAt: Duration?
    private var rostersAt: Duration?
    private var rostersComparedAt: Duration?
    private var retries = 0
    private var sentAt: Duration?

    init(firstSnapshotAt: Duration) {
        self.firstSnapshotAt = firstSnapshotAt
    }

    // MARK: In

    mutating func offer(_ item: PresenceItem) {
        if waiting.updateValue(item, forKey: item.key) == nil { order.append(item.key) }
        if order.count > Limits.ephemeralWaiting { forgetWaiting() }
        // Two have something in common now.
        if !isUp { rostersAt = nil }
    }

    /// The peer has forgotten what it was told: it has just started.
    mutating func peerStarted() {
        isSnapshotDue = true
        part = nil
        rostersAt = rostersComparedAt.map { $0 + Limits.rostersApart }
    }

    // MARK: Out

    mutating func next(at now: Duration) -> Step {
        guard let rostersAt, rostersAt > now else { return .compareRosters }
        guard isUp else { return .wait(rostersAt - now) }
        let snapshotAt = nextSnapshot()
        if let snapshotAt, snapshotAt <= now { return beginSnapshot(at: now) }
        let changesAt = waiting.isEmpty ? nil : max(now, sentAt.map { $0 + Limits.ephemeralInterval } ?? now)
        if changesAt == now { return .send(take()) }
        let renewalAt = (sentAt ?? now) + Limits.renewalInterval
        if renewalAt <= now { return .send([]) }
        let times = [rostersAt, snapshotAt, changesAt, renewalAt].compactMap { $0 }
        return .wait((times.min() ?? renewalAt) - now)
    }

    private func nextSnapshot() -> Duration? {
        if part != nil { return (sentAt ?? .zero) + Limits.snapshotInterval }
        guard isSnapshotDue else { return nil }
        return max(firstSnapshotAt, snapshotBegunAt.map { $0 + Limits.snapshotsApart } ?? firstSnapshotAt)
    }

    private mutating func beginSnapshot(at now: Duration) -> Step {
        if part == nil {
            part = ("", 1)
            isSnapshotDue = false
            snapshotBegunAt = now
            // What is read from now on has them.
            forgetWaiting(isLoss: false)
        }
        return .snapshot(after: part?.after ?? "", part: part?.number ?? 1)
    }

    private mutating func take() -> [PresenceItem] {
        let keys = order.prefix(Limits.ephemeralItems)
        order.removeFirst(keys.count)
        return keys.compactMap { waiting.removeValue(forKey: $0) }
    }

    private mutating func forgetWaiting(isLoss: Bool = true) {
        waiting = [:]
        order = []
        if isLoss { isSnapshotDue = true }
    }

    // MARK: What came of it

    /// The peer took a request with changes, or a part of a snapshot; `last` is that part's last address, nil at its end.
    mutating func sent(_ step: Step, last: String?, answer: EphemeralAnswer, at now: Duration) {
        isUp = true
        sentAt = now
        if case .snapshot(_, let number) = step {
            part = last.map { ($0, number + 1) }
        }
        if answer.wantsSnapshot, part == nil { isSnapshotDue = true }
        guard answer.wantsRosters else { return }
        let earliest = max(now, (rostersComparedAt ?? now) + Limits.rostersApart)
        rostersAt = min(rostersAt ?? earliest, earliest)
    }

    /// The rosters agree, or what differed was claimed.
    mutating func compared(at now: Duration) {
        isUp = true
        retries = 0
        rostersComparedAt = now
        rostersAt = now + Limits.rosterInterval
    }

    /// The peer wants no more of it just now; where it was left off it goes on.
    mutating func comparisonPaused(for wait: Duration, at now: Duration) {
        isUp = true
        rostersAt = now + wait
    }

    /// The peer has not applied our durable lane far enough to judge.
    mutating func comparedTooEarly(at now: Duration) {
        isUp = true
        retries += 1
        guard retries <= Limits.rosterRetries else { return compared(at: now) }
        rostersAt = now + .seconds(1)
    }

    /// Users here have nothing with the peer's: there is nothing to say.
    mutating func nothingInCommon(at now: Duration) {
        isUp = false
        forgetWaiting()
        part = nil
        rostersAt = now + Limits.nothingInCommonInterval
    }

    mutating func failed() {
        isUp = false
        forgetWaiting()
        part = nil
        rostersAt = nil
    }
}
