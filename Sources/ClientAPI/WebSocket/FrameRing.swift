/// The last numbered frames of a stream, kept for `resume`; a part of `SessionQueue`.
///
/// Numbers are gapless, so only the bodies are stored: the newest has `last`, the oldest `last - count + 1`. At most
/// `capacity` frames; one more pushes the oldest out. The bodies stand one behind the other in one circle of bytes, so that
/// keeping one is a copy and forgetting one touches nothing but its length: a body of its own on the heap would long have left
/// the processor's caches when it is freed. The circle grows by halves as bodies need it. An empty ring owns no memory.
struct FrameRing {
    let capacity: Int
    private(set) var count = 0
    /// The bodies' bytes together.
    private(set) var bytes = 0
    /// Each body behind its length, the oldest first; both may go on at the front.
    private var circle: [UInt8] = []
    private var oldest = 0

    private static let lengthBytes = 4
    private static let smallestCircle = 512

    init(capacity: Int) {
        self.capacity = capacity
    }

    mutating func append(_ body: [UInt8]) {
        if count == capacity { removeOldest() }
        let used = bytes + count * FrameRing.lengthBytes
        let needed = used + FrameRing.lengthBytes + body.count
        if needed > circle.count { grow(to: needed, used: used) }
        let length = UInt32(truncatingIfNeeded: body.count)
        withUnsafeBytes(of: length) { write($0, behind: used) }
        body.withUnsafeBytes { write($0, behind: used + FrameRing.lengthBytes) }
        count += 1
        bytes += body.count
    }

    /// Takes the oldest body out and says how many bytes that freed.
    @discardableResult
    mutating func removeOldest() -> Int {
        guard count > 0 else { return 0 }
        let freed = length(at: 0)
        oldest = (oldest + FrameRing.lengthBytes + freed) % circle.count
        count -= 1
        bytes -= freed
        if count == 0 { removeAll() }
        return freed
    }

    mutating func removeAll() {
        circle = []
        oldest = 0
        count = 0
        bytes = 0
    }

    /// The newest `number` bodies, oldest first.
    func newest(_ number: Int) -> [[UInt8]] {
        var bodies: [[UInt8]] = []
        var offset = 0
        for index in 0..<count {
            let length = length(at: offset)
            offset += FrameRing.lengthBytes
            if index >= count - number { bodies.append(read(length, at: offset)) }
            offset += length
        }
        return bodies
    }

    // MARK: The circle, by offsets from the oldest byte

    private func length(at offset: Int) -> Int {
        var length: UInt32 = 0
        withUnsafeMutableBytes(of: &length) { copy(at: offset, to: $0) }
        return Int(length)
    }

    private func read(_ count: Int, at offset: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { body, written in
            copy(at: offset, to: UnsafeMutableRawBufferPointer(body))
            written = count
        }
    }

    private func copy(at offset: Int, to target: UnsafeMutableRawBufferPointer) {
        circle.withUnsafeBytes { circle in
            let start = (oldest + offset) % circle.count
            let first = min(target.count, circle.count - start)
            target.copyMemory(from: UnsafeRawBufferPointer(rebasing: circle[start..<start + first]))
            let rest = UnsafeMutableRawBufferPointer(rebasing: target[first...])
            rest.copyMemory(from: UnsafeRawBufferPointer(rebasing: circle[..<rest.count]))
        }
    }

    private mutating func write(_ source: UnsafeRawBufferPointer, behind offset: Int) {
        let oldest = oldest
        circle.withUnsafeMutableBytes { circle in
            let start = (oldest + offset) % circle.count
            let first = min(source.count, circle.count - start)
            let end = UnsafeMutableRawBufferPointer(rebasing: circle[start...])
            end.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<first]))
            circle.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[first...]))
        }
    }

    private mutating func grow(to needed: Int, used: Int) {
        var larger = used > 0 ? read(used, at: 0) : []
        let size = max(needed, circle.count + circle.count / 2, FrameRing.smallestCircle)
        larger.reserveCapacity(size)
        larger.append(contentsOf: repeatElement(0, count: size - used))
        circle = larger
        oldest = 0
    }
}
