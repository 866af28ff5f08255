/// Token buckets for attempts, one a key: `burst` at once, then one every `interval`; `LoginThrottle` and registration use them.
///
/// The generic cell rate algorithm: a key's whole state is the moment at which its bucket is full again. A key whose bucket is full
/// is forgotten; at the bound of keys those nearest to full go first.
struct AttemptBuckets<Key: Hashable> {
    private let burst: Int
    private let interval: Duration
    private var fullAt: BoundedTable<Key, Duration>

    init(burst: Int, interval: Duration, keys: Int) {
        self.burst = burst
        self.interval = interval
        fullAt = BoundedTable(capacity: keys)
    }

    /// Nil when a token is there, otherwise how long until one is.
    func wait(_ key: Key, at now: Duration) -> Duration? {
        let full = fullAt.value(of: key, at: now) ?? now
        let wait = full + interval - interval * burst - now
        return wait > .zero ? wait : nil
    }

    /// Takes a token that `wait` has just found.
    mutating func take(_ key: Key, at now: Duration) {
        let full = (fullAt.value(of: key, at: now) ?? now) + interval
        fullAt.set(full, of: key, until: full, at: now)
    }

    /// Gives back a token: the attempt turned out well.
    mutating func giveBack(_ key: Key, at now: Duration) {
        guard let full = fullAt.value(of: key, at: now) else { return }
        fullAt.set(full - interval, of: key, until: full - interval, at: now)
    }
}
