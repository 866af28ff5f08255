/// Exponential delays, one a key: `free` attempts without delay, then each one doubles the wait before the next; `LoginThrottle` uses it.
///
/// The wait starts at `first` and never exceeds `most`. A success or `quiet` without an attempt forgets the key.
struct AttemptDelays<Key: Hashable> {
    private struct State {
        var attempts: Int
        var notBefore: Duration
    }

    private let free: Int
    private let first: Duration
    private let most: Duration
    private let quiet: Duration
    private var states: BoundedTable<Key, State>

    init(free: Int, first: Duration, most: Duration, quiet: Duration, keys: Int) {
        self.free = free
        self.first = first
        self.most = most
        self.quiet = quiet
        states = BoundedTable(capacity: keys)
    }

    /// Nil when an attempt may be made, otherwise how long until one may.
    func wait(_ key: Key, at now: Duration) -> Duration? {
        guard let state = states.value(of: key, at: now), state.notBefore > now else { return nil }
        return state.notBefore - now
    }

    /// Counts an attempt that `wait` has just allowed.
    mutating func count(_ key: Key, at now: Duration) {
        let attempts = (states.value(of: key, at: now)?.attempts ?? 0) + 1
        var delay = Duration.zero
        if attempts >= free {
            // 2^20 times any delay is above every sensible `most`, and the shift stays far from overflow.
            delay = min(most, first * (1 << min(attempts - free, 20)))
        }
        let state = State(attempts: attempts, notBefore: now + delay)
        states.set(state, of: key, until: state.notBefore + quiet, at: now)
    }

    /// Takes back an attempt that was counted and then could not be made.
    mutating func uncount(_ key: Key, at now: Duration) {
        guard let state = states.value(of: key, at: now) else { return }
        let undone = State(attempts: max(0, state.attempts - 1), notBefore: now)
        states.set(undone, of: key, until: now + quiet, at: now)
    }

    mutating func forget(_ key: Key, at now: Duration) {
        states.remove(key, at: now)
    }
}
