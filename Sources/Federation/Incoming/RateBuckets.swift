import Synchronization
import Wire

/// Token buckets by key, for addresses before and peers after the signature; asked by `VerifyRequest`.
///
/// Its state is behind a `Mutex`. It remembers `capacity` keys; above it the full buckets go, which changes nothing for
/// them, and if there are none the newcomer is refused: a flood from many addresses cannot push out its own records.
final class RateBuckets<Key: Hashable & Sendable>: Sendable {
    private struct Bucket {
        var tokens: Double
        var at: Duration
    }

    private let burst: Double
    private let rate: Double
    private let capacity: Int
    private let buckets = Mutex<[Key: Bucket]>([:])

    init(burst: Double, rate: Double, capacity: Int = Limits.buckets) {
        self.burst = burst
        self.rate = rate
        self.capacity = capacity
    }

    /// Takes one token; nil when there was one, otherwise how long until there is one again.
    func take(_ key: Key, now: Duration) -> Duration? {
        buckets.withLock { buckets in
            if buckets[key] == nil, buckets.count >= capacity {
                buckets = buckets.filter { tokens(of: $0.value, now) < burst }
                guard buckets.count < capacity else { return .seconds(1) }
            }
            var bucket = buckets[key] ?? Bucket(tokens: burst, at: now)
            bucket.tokens = tokens(of: bucket, now)
            bucket.at = now
            defer { buckets[key] = bucket }
            guard bucket.tokens >= 1 else { return .seconds((1 - bucket.tokens) / rate) }
            bucket.tokens -= 1
            return nil
        }
    }

    /// Gives the token back: the request turned out to be one that does not count.
    func giveBack(_ key: Key, now: Duration) {
        buckets.withLock { buckets in
            guard let bucket = buckets[key] else { return }
            let tokens = tokens(of: bucket, now) + 1
            buckets[key] = tokens >= burst ? nil : Bucket(tokens: tokens, at: now)
        }
    }

    private func tokens(of bucket: Bucket, _ now: Duration) -> Double {
        min(burst, bucket.tokens + max(0, (now - bucket.at) / .seconds(1)) * rate)
    }
}
