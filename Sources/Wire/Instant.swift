/// A point in time: microseconds since 1970-01-01T00:00:00Z, as PostgreSQL's `timestamptz` keeps them.
///
/// Arithmetic saturates at the ends of `Int64` (about ±292,000 years).
package struct Instant: Hashable, Comparable, Sendable {
    package let microseconds: Int64

    package init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    package init(milliseconds: Int64) {
        let (product, overflow) = milliseconds.multipliedReportingOverflow(by: 1000)
        self.microseconds = overflow ? (milliseconds < 0 ? .min : .max) : product
    }

    package init(seconds: Int64) {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        self.microseconds = overflow ? (seconds < 0 ? .min : .max) : product
    }

    /// Whole milliseconds since 1970, rounded down.
    package var milliseconds: Int64 { floorDivide(microseconds, 1000) }

    /// Whole seconds since 1970, rounded down.
    package var seconds: Int64 { floorDivide(microseconds, 1_000_000) }

    package static func < (left: Instant, right: Instant) -> Bool {
        left.microseconds < right.microseconds
    }

    package static func + (instant: Instant, duration: Duration) -> Instant {
        let (sum, overflow) = instant.microseconds.addingReportingOverflow(duration.wholeMicroseconds)
        return Instant(microseconds: overflow ? (instant.microseconds < 0 ? .min : .max) : sum)
    }

    package static func - (instant: Instant, duration: Duration) -> Instant {
        let (difference, overflow) = instant.microseconds.subtractingReportingOverflow(duration.wholeMicroseconds)
        return Instant(microseconds: overflow ? (instant.microseconds < 0 ? .min : .max) : difference)
    }

    package static func - (left: Instant, right: Instant) -> Duration {
        let (difference, overflow) = left.microseconds.subtractingReportingOverflow(right.microseconds)
        return .microseconds(overflow ? (left.microseconds < 0 ? .min : .max) : difference)
    }

    package static func += (instant: inout Instant, duration: Duration) { instant = instant + duration }
    package static func -= (instant: inout Instant, duration: Duration) { instant = instant - duration }
}

extension Duration {
    /// Whole microseconds, rounded toward zero and saturated at the ends of `Int64`.
    package var wholeMicroseconds: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, overflowToo) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000_000)
        return overflow || overflowToo ? (seconds < 0 ? .min : .max) : sum
    }

    /// Whole milliseconds, rounded toward zero; what the wire's `…_ms` fields hold.
    package var wholeMilliseconds: Int64 { wholeMicroseconds / 1000 }
}

func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
    let quotient = value / divisor
    return value % divisor < 0 ? quotient - 1 : quotient
}
