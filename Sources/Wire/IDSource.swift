import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Mints UUIDv7 ids (RFC 9562 §5.7) that strictly increase within the process; handed to every use case that makes ids.
///
/// Its state is one atomic, the 48-bit millisecond and the 12-bit fraction of the last id, and a few random words behind a
/// `Mutex`. When the clock stands still or goes back the fraction counts on, so order never depends on the clock.
package struct IDSource: Sendable {
    private final class Shared: Sendable {
        let lastTick = Atomic<UInt64>(0)
        let random = Mutex(RandomWords())
    }

    private let time: any TimeSource
    private let shared = Shared()

    package init(time: any TimeSource = SystemTime()) {
        self.time = time
    }

    package func next<Of>() -> ID<Of> {
        let tick = nextTick()
        let milliseconds = tick >> 12
        let fraction = tick & 0xFFF
        let random = shared.random.withLock { $0.next() }
        return ID(
            high: milliseconds << 16 | 0x7000 | fraction,
            low: 0x8000_0000_0000_0000 | random >> 2
        )
    }

    /// Milliseconds and 4096ths of one as a 60-bit number, above every earlier one.
    private func nextTick() -> UInt64 {
        let microseconds = UInt64(max(0, time.now().microseconds))
        let now = (microseconds / 1000) << 12 | (microseconds % 1000) * 4096 / 1000
        var seen = shared.lastTick.load(ordering: .relaxed)
        while true {
            let tick = max(now & 0x0FFF_FFFF_FFFF_FFFF, seen + 1)
            let (exchanged, original) = shared.lastTick.compareExchange(
                expected: seen, desired: tick, ordering: .relaxed)
            if exchanged { return tick }
            seen = original
        }
    }
}

/// Random words of the operating system, as many at a time as it gives at once: a system call for each would cost more than
/// the id. Nobody forks this process, which would give two of them the same words.
private struct RandomWords {
    private static let count = 32  // 256 bytes, getentropy's most

    private var words: [UInt64] = []

    mutating func next() -> UInt64 {
        if words.isEmpty { fill() }
        return words.removeLast()
    }

    private mutating func fill() {
        words = [UInt64](unsafeUninitializedCapacity: Self.count) { buffer, filled in
            guard getentropy(buffer.baseAddress, buffer.count * MemoryLayout<UInt64>.size) == 0 else {
                preconditionFailure("getentropy fails only on a system without randomness")
            }
            filled = Self.count
        }
    }
}
