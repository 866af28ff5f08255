import Home
package import Wire

/// When a peer is tried again after failures: a pure value, kept by its worker and saved with the link.
///
/// Full jitter: a random share of a delay that doubles with each failure up to 10 minutes. After 24 hours without one
/// success it is an hour. Anything heard from the peer, or a success, clears it.
package struct Backoff: Sendable, Equatable {
    /// How soon another try makes sense, by what failed.
    package enum Class: Sendable, Equatable {
        /// The network, or a server that is restarting: from 1 s.
        case transient
        /// Something that a person or a cache has to change first: from 30 s.
        case patient
        /// The peer's word: refused for good until something changes there; 10 minutes each time.
        case refused
        /// The peer named a delay itself.
        case after(Duration)
    }

    package private(set) var attempts: Int
    package private(set) var firstFailureAt: Instant?
    package private(set) var nextTryAt: Instant?
    private var lastFailureAt: Instant?
    /// What the delay after a transient failure doubles up to.
    package var transientMost: Duration

    package init(
        attempts: Int = 0, firstFailureAt: Instant? = nil, nextTryAt: Instant? = nil,
        transientMost: Duration = Backoff.most
    ) {
        self.transientMost = transientMost
        self.attempts = attempts
        self.firstFailureAt = firstFailureAt
        self.nextTryAt = nextTryAt
    }

    static let least = Duration.milliseconds(100)
    package static let most = Duration.seconds(600)
    static let patience = Duration.seconds(24 * 3600)
    static let afterPatience = Duration.seconds(3600)

    /// Notes a failure. `random` is from 0 up to 1.
    package mutating func failed(_ kind: Class, now: Instant, random: Double) {
        attempts = min(attempts + 1, 1_000_000)
        let first = firstFailureAt ?? now
        firstFailureAt = first
        lastFailureAt = now
        nextTryAt = now + delay(kind, hopeless: now - first >= Backoff.patience, random: random)
    }

    /// Forgets the failures; true when there were any, so that the change is saved.
    package mutating func clear() -> Bool {
        let fresh = Backoff(transientMost: transientMost)
        guard self != fresh else { return false }
        self = fresh
        return true
    }

    /// The peer sent something: it is there, so the delays begin anew.
    ///
    /// The next try is a second after the last failure at the soonest, because hearing a peer that cannot be reached
    /// from here must not make the retries hot.
    package mutating func heard(now: Instant) {
        attempts = 0
        firstFailureAt = nil
        nextTryAt = lastFailureAt.map { max(now, $0 + .seconds(1)) }
    }

    /// How long until the next try; nil when it may happen now. A clock that was set back does not prolong it beyond an hour.
    package func wait(now: Instant) -> Duration? {
        guard let nextTryAt, nextTryAt > now else { return nil }
        return min(nextTryAt - now, max(Backoff.afterPatience, Limits.retryAfterMost))
    }

    /// Whether there was no contact for so long that the peer counts as suspended.
    package func isSuspended(now: Instant) -> Bool {
        firstFailureAt.map { now - $0 >= OutboundLink.suspendedAfter } ?? false
    }

    private func delay(_ kind: Class, hopeless: Bool, random: Double) -> Duration {
        if case .after(let asked) = kind {
            // Spread, so that all peers of a server that comes back do not come at the same moment. Whoever names a short one again and
            // again is tried no more often than who says nothing.
            let asked = min(max(asked, .zero), Limits.retryAfterMost)
            return max(asked + asked * (random / 4), delay(.transient, hopeless: hopeless, random: random))
        }
        if hopeless { return Backoff.afterPatience * (0.75 + random / 4) }
        switch kind {
        case .transient: return max(min(doubling(from: .seconds(1)), transientMost) * random, Backoff.least)
        case .patient: return max(doubling(from: .seconds(30)) * random, .seconds(5))
        case .refused, .after: return Backoff.most * (0.5 + random / 2)
        }
    }

    private func doubling(from base: Duration) -> Duration {
        min(base * (1 << min(attempts - 1, 16)), Backoff.most)
    }
}
