import Synchronization

/// Mints UUIDv7 ids (RFC 9562 §5.7) that strictly increase within the process; handed to every use case that makes ids.
///
/// Its state is one atomic: the 48-bit millisecond and the 12-bit fraction of the last id. When the clock stands still
/// or goes back the fraction counts on, so order never depends on the clock.
package struct IDSource: Sendable {
    private final class LastTick: Sendable {
        let value = Atomic<UInt64>(0)
    }

    private let time: any TimeSource
    private let last = LastTick()

    package init(time: any TimeSource = SystemTime()) {
        self.time = time
    }

    package func next<Of>() -> ID<Of> {
        let tick = nextTick()
        let milliseconds = tick >> 12
        let fraction = tick & 0xFFF
        let random = UInt64.random(in: .min ... .max)
        return ID(
            high: milliseconds << 16 | 0x7000 | fraction,
            low: 0x8000_0000_0000_0000 | random >> 2
        )
    }

    /// Milliseconds and 4096ths of one as a 60-bit number, above every earlier one.
    private func nextTick() -> UInt64 {
        let microseconds = UInt64(max(0, time.now().microseconds))
        let now = (microseconds / 1000) << 12 | (microseconds % 1000) * 4096 / 1000
        var seen = last.value.load(ordering: .relaxed)
        while true {
            let tick = max(now & 0x0FFF_FFFF_FFFF_FFFF, seen + 1)
            let (exchanged, original) = last.value.compareExchange(
                expected: seen, desired: tick, ordering: .relaxed)
            if exchanged { return tick }
            seen = original
        }
    }
}
