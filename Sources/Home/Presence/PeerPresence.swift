import Wire

/// What a request of the ephemeral lane says about itself.
package struct EphemeralPosition: Sendable, Equatable {
    /// The sender's start: a later one has forgotten what an earlier one said.
    package let gen: Int64
    /// Counts the requests of a `gen`.
    package let n: Int64
    /// Present in a part of a snapshot.
    package let snapshot: SnapshotPart?

    package init(gen: Int64, n: Int64, snapshot: SnapshotPart? = nil) {
        self.gen = gen
        self.n = n
        self.snapshot = snapshot
    }
}

/// Which part of a snapshot a request is; whoever is in none of them is not shown by the sender any more.
package struct SnapshotPart: Sendable, Equatable {
    /// From 1.
    package let part: Int64
    package let isLast: Bool

    package init(part: Int64, isLast: Bool) {
        self.part = part
        self.isLast = isLast
    }
}

/// What one peer has said about its users, and how long that is believed; a pure state machine, kept by `PresenceBoard`.
///
/// At most `Limits.presenceEntries` users; every request renews the lease of all of them.
struct PeerPresence: Sendable {
    struct Outcome: Equatable {
        /// False for what is older than something that was taken before.
        var isTaken = true
        var wantsSnapshot = false
        /// Whose shown presence is another now.
        var changed: [UserID] = []
    }

    private struct Entry {
        var shown: ShownPresence
        /// The snapshot after whose beginning it was last heard of.
        var mark: Int64
    }

    private var entries: [UserID: Entry] = [:]
    private var gen: Int64?
    private var n: Int64 = 0
    private var mark: Int64 = 0
    /// The part of a snapshot that comes next; nil while none is under way.
    private var nextPart: Int64?
    private var isComplete = false
    /// When what an earlier start of the peer said is no longer believed.
    private var olderUntil: Duration?
    private(set) var leaseEnds: Duration?

    /// When time will change something; nil while there is nothing to wait for.
    var deadline: Duration? { [leaseEnds, olderUntil].compactMap { $0 }.min() }

    func shown(_ user: UserID) -> ShownPresence? { entries[user]?.shown }

    mutating func receive(
        _ position: EphemeralPosition, _ statuses: [(user: UserID, shown: ShownPresence)], at now: Duration
    ) -> Outcome {
        if let gen, (position.gen, position.n) <= (gen, n) { return Outcome(isTaken: false) }
        if position.gen != gen {
            if gen != nil { olderUntil = now + Limits.presenceLease }
            gen = position.gen
            isComplete = false
            nextPart = nil
            mark += 1
        }
        n = position.n
        leaseEnds = now + Limits.presenceLease
        begin(position.snapshot)
        var changed: [UserID] = []
        for (user, shown) in statuses where put(shown, of: user) { changed.append(user) }
        changed += end(position.snapshot)
        return Outcome(wantsSnapshot: !isComplete && nextPart == nil, changed: changed)
    }

    /// Forgets what is not believed any more, and says whose shown presence that changes.
    mutating func lapse(at now: Duration) -> [UserID] {
        if let leaseEnds, leaseEnds <= now {
            let online = entries.filter { $0.value.shown.isOnline }.map(\.key)
            self = PeerPresence()
            return online
        }
        guard let olderUntil, olderUntil <= now else { return [] }
        self.olderUntil = nil
        return dropUnmarked()
    }

    private mutating func begin(_ snapshot: SnapshotPart?) {
        guard let snapshot else { return }
        if snapshot.part == 1 {
            mark += 1
            nextPart = 1
        }
        nextPart = nextPart == snapshot.part ? snapshot.part + 1 : nil
    }

    private mutating func end(_ snapshot: SnapshotPart?) -> [UserID] {
        guard let snapshot, snapshot.isLast, nextPart != nil else { return [] }
        nextPart = nil
        isComplete = true
        olderUntil = nil
        return dropUnmarked()
    }

    private mutating func put(_ shown: ShownPresence, of user: UserID) -> Bool {
        guard let older = entries[user] else {
            guard entries.count < Limits.presenceEntries else { return false }
            entries[user] = Entry(shown: shown, mark: mark)
            return shown != .unknown
        }
        entries[user] = Entry(shown: shown, mark: mark)
        return older.shown != shown
    }

    private mutating func dropUnmarked() -> [UserID] {
        let dropped = entries.filter { $0.value.mark != mark }
        for user in dropped.keys { entries[user] = nil }
        return dropped.filter { $0.value.shown != .unknown }.map(\.key)
    }
}
