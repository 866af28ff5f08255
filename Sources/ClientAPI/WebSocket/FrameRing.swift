/// The last numbered frames of a stream, kept for `resume`; a part of `SessionQueue`.
///
/// Numbers are gapless, so only the bodies are stored: the newest has `last`, the oldest `last - count + 1`. At most
/// `capacity` frames; one more pushes the oldest out. An empty ring owns no memory.
struct FrameRing {
    let capacity: Int
    private(set) var count = 0
    /// The bodies' bytes together.
    private(set) var bytes = 0
    /// A circle whose size is a power of two.
    private var slots: [[UInt8]] = []
    private var oldest = 0

    init(capacity: Int) {
        self.capacity = capacity
    }

    mutating func append(_ body: [UInt8]) {
        if count == capacity { removeOldest() }
        if count == slots.count { grow() }
        slots[(oldest + count) & (slots.count - 1)] = body
        count += 1
        bytes += body.count
    }

    /// Takes the oldest body out and says how many bytes that freed.
    @discardableResult
    mutating func removeOldest() -> Int {
        guard count > 0 else { return 0 }
        let freed = slots[oldest].count
        slots[oldest] = []
        oldest = (oldest + 1) & (slots.count - 1)
        count -= 1
        bytes -= freed
        if count == 0 { removeAll() }
        return freed
    }

    mutating func removeAll() {
        slots = []
        oldest = 0
        count = 0
        bytes = 0
    }

    /// The newest `number` bodies, oldest first.
    func newest(_ number: Int) -> [[UInt8]] {
        (count - number..<count).map { slots[(oldest + $0) & (slots.count - 1)] }
    }

    private mutating func grow() {
        var larger: [[UInt8]] = []
        larger.reserveCapacity(max(8, slots.count * 2))
        for index in 0..<count { larger.append(slots[(oldest + index) & (slots.count - 1)]) }
        larger.append(contentsOf: repeatElement([], count: max(8, slots.count * 2) - count))
        slots = larger
        oldest = 0
    }
}
