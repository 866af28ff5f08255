import Home
import Synchronization

/// The kinds of command that share a bucket.
enum RateClass: Sendable {
    /// Messages: 5/s with a burst of 50.
    case message
    /// Status updates: 5 in 20 s.
    case status
    /// Everything else: 120 in 60 s.
    case command
    /// What stays when it is over, such as channels, roles, links and reports: 120 in an hour, beside being a command.
    case creation

    var rule: RateRule {
        switch self {
        case .message: RateRule(burst: 50, perSecond: 5)
        case .status: RateRule(burst: 5, perSecond: 0.25)
        case .command: RateRule(burst: 120, perSecond: 2)
        case .creation: RateRule(burst: 120, perSecond: 120.0 / 3600)
        }
    }
}

/// The token buckets of all users, each shared by all sockets of its user and by his HTTP requests; its state is behind
/// sharded `Mutex`es.
///
/// "Five times over", the point at which a socket is closed, is a second bucket of five times the size and rate, from which
/// every command takes, admitted or not. Buckets that are full again are forgotten when a shard has doubled since it last
/// forgot, so memory follows the number of users who were active within the last minute, or have made something within the last hour.
final class RateLimits: Sendable {
    enum Admission: Equatable {
        case admitted
        case refused(retryAfter: Duration)
        /// Five times over.
        case abuse
    }

    private struct Buckets {
        var allowed: TokenBucket
        var tolerated: TokenBucket

        mutating func take(_ rule: RateRule, _ tolerance: RateRule, _ now: Duration) -> Admission {
            guard tolerated.take(tolerance, at: now) == nil else { return .abuse }
            guard let wait = allowed.take(rule, at: now) else { return .admitted }
            return .refused(retryAfter: wait)
        }

        mutating func isFull(_ rule: RateRule, _ tolerance: RateRule, _ now: Duration) -> Bool {
            allowed.isFull(rule, at: now) && tolerated.isFull(tolerance, at: now)
        }
    }

    private struct Key: Hashable {
        let user: UserKey
        let rate: RateClass
    }

    private final class Shard: Sendable {
        struct State {
            var buckets: [Key: Buckets] = [:]
            var forgetAt = 256
        }
        let state = Mutex(State())
    }

    private static let excess = 5.0
    private let shards = (0..<16).map { _ in Shard() }
    private let isEnabled: Bool

    init(isEnabled: Bool) {
        self.isEnabled = isEnabled
    }

    /// Counts one command of a user; `now` is monotonic time.
    func admit(_ user: UserKey, _ rate: RateClass, at now: Duration) -> Admission {
        guard isEnabled else { return .admitted }
        let key = Key(user: user, rate: rate)
        let rule = rate.rule
        let tolerance = rule.times(RateLimits.excess)
        return shards[Int(truncatingIfNeeded: user.value & 15)].state.withLock { state in
            if state.buckets.count >= state.forgetAt { RateLimits.forget(&state, now) }
            let fresh = Buckets(allowed: TokenBucket(rule, at: now), tolerated: TokenBucket(tolerance, at: now))
            return state.buckets[key, default: fresh].take(rule, tolerance, now)
        }
    }

    /// How many buckets are kept; for the test of the bound.
    var count: Int {
        shards.reduce(0) { sum, shard in sum + shard.state.withLock { $0.buckets.count } }
    }

    private static func forget(_ state: inout Shard.State, _ now: Duration) {
        state.buckets = state.buckets.filter { key, buckets in
            var buckets = buckets
            return !buckets.isFull(key.rate.rule, key.rate.rule.times(excess), now)
        }
        state.forgetAt = max(256, state.buckets.count * 2)
    }
}
