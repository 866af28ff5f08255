import Wire

/// How much may wait for one peer before the oldest of it fails; the composition root reads it from the settings.
package struct OutboxQuota: Sendable, Equatable {
    package static let eventLimits = 1...1_000_000
    package static let byteLimits = 65_536...4_294_967_296
    package static let hourLimits = 1...8760

    /// How many events.
    package let events: Int64
    /// How many bytes, as they go over the link.
    package let bytes: Int64
    /// For how long.
    package let age: Duration

    package init(events: Int = 100_000, bytes: Int = 268_435_456, age: Duration = .seconds(30 * 86_400)) {
        self.events = Int64(events)
        self.bytes = Int64(bytes)
        self.age = age
    }
}

/// What waits for one peer, as the sweep of the outboxes sees it (`SweepOutboxes`).
struct WaitingLane: Sendable {
    let peer: PeerKey
    let server: ServerName
    let policy: PeerPolicy
    /// Everything through it is acknowledged, or has failed here.
    let settled: Int64
    let last: Int64
    /// What an operator wants failed (`peer remove --force`).
    let failThrough: Int64
    let events: Int64
    let bytes: Int64
    let oldest: Instant?
}

/// What of a lane is to fail, and why.
enum LaneVerdict: Sendable, Equatable {
    case keep
    /// Everything through this number.
    case fail(through: Int64, OutboxFailure)
    /// The oldest, until no more than so many bytes are left.
    case failBytes(above: Int64)
    /// Everything since before then.
    case failOlder(than: Instant)

    /// An operator's word comes first, then the number, the bytes and the age.
    init(of lane: WaitingLane, quota: OutboxQuota, now: Instant) {
        if lane.policy == .blocked {
            self = .fail(through: lane.last, .blocked)
        } else if lane.failThrough > lane.settled {
            self = .fail(through: lane.failThrough, .removed)
        } else if lane.events > quota.events {
            self = .fail(through: lane.settled + lane.events - quota.events, .expired)
        } else if lane.bytes > quota.bytes {
            self = .failBytes(above: quota.bytes)
        } else if let oldest = lane.oldest, oldest <= now - quota.age {
            self = .failOlder(than: now - quota.age)
        } else {
            self = .keep
        }
    }
}

/// Why an event failed at its own homeserver, as its author is told.
package enum OutboxFailure: String, Sendable {
    case expired, blocked, removed
    case tooLarge = "too_large"
}
