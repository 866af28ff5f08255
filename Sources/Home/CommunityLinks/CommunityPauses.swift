import Wire

/// What another homeserver may have only once in a while, whatever it asks or says: a snapshot of a community is large, and another life of a
/// community's home interrupts everybody here who is in.
///
/// A value: what a batch notes counts for the next one when it has committed (`CommunityBoard`). It is in memory only, so a start forgets it, and
/// what is over is forgotten when something is noted.
struct CommunityPauses: Sendable {
    private var retold: [Retelling: Instant] = [:]
    private var begun: [CommunityKey: Instant] = [:]

    /// Whether a homeserver that has lost something of a community is told everything, `Limits.retellInterval` after the last time.
    func mayRetell(_ retelling: Retelling, at now: Instant) -> Bool {
        Self.isOver(retold[retelling], Limits.retellInterval, at: now)
    }

    mutating func note(_ retelling: Retelling, at now: Instant) {
        retold = retold.filter { !Self.isOver($0.value, Limits.retellInterval, at: now) }
        retold[retelling] = now
    }

    /// Whether a copy may begin with another life of its home's database, `Limits.newLifeInterval` after the last time.
    func mayBeginAnew(_ copy: CommunityKey, at now: Instant) -> Bool {
        Self.isOver(begun[copy], Limits.newLifeInterval, at: now)
    }

    mutating func noteBeginning(of copy: CommunityKey, at now: Instant) {
        begun = begun.filter { !Self.isOver($0.value, Limits.newLifeInterval, at: now) }
        begun[copy] = now
    }

    /// A clock that was set back makes no pause longer.
    private static func isOver(_ last: Instant?, _ pause: Duration, at now: Instant) -> Bool {
        guard let last else { return true }
        return now < last || now - last >= pause
    }
}
