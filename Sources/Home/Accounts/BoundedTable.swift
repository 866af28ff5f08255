/// A dictionary whose entries expire and whose size is bounded; the throttle, tickets and caches of accounts keep theirs in it.
///
/// A value type without a lock: its owner holds it behind a `Mutex`. When it is full it drops what has expired, and if that
/// frees less than an eighth, the quarter that would expire soonest, so an insertion costs O(log n) on average.
struct BoundedTable<Key: Hashable, Value> {
    private struct Entry {
        var value: Value
        var expires: Duration
    }

    let capacity: Int
    private var entries: [Key: Entry] = [:]

    init(capacity: Int) {
        precondition(capacity > 0)
        self.capacity = capacity
    }

    var count: Int { entries.count }

    /// The value of `key` unless it expired by `now` (monotonic).
    func value(of key: Key, at now: Duration) -> Value? {
        guard let entry = entries[key], entry.expires > now else { return nil }
        return entry.value
    }

    /// Whether there is room for one more key without dropping an entry that is still valid.
    mutating func hasRoom(at now: Duration) -> Bool {
        if entries.count < capacity { return true }
        dropExpired(at: now)
        return entries.count < capacity
    }

    mutating func set(_ value: Value, of key: Key, until expires: Duration, at now: Duration) {
        if entries.count >= capacity, entries[key] == nil { makeRoom(at: now) }
        entries[key] = Entry(value: value, expires: expires)
    }

    /// Changes the value of a key that is there; when it expires stays as it was.
    mutating func replace(_ value: Value, of key: Key) {
        entries[key]?.value = value
    }

    mutating func removeAll() { entries = [:] }

    @discardableResult
    mutating func remove(_ key: Key, at now: Duration) -> Value? {
        guard let entry = entries.removeValue(forKey: key), entry.expires > now else { return nil }
        return entry.value
    }

    mutating func dropExpired(at now: Duration) {
        entries = entries.filter { $0.value.expires > now }
    }

    private mutating func makeRoom(at now: Duration) {
        dropExpired(at: now)
        guard entries.count > capacity - max(1, capacity / 8) else { return }
        let soonest = entries.sorted { $0.value.expires < $1.value.expires }.prefix(max(1, capacity / 4))
        for (key, _) in soonest { entries[key] = nil }
    }
}
