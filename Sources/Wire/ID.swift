/// A 16-byte identifier (UUIDv7 when we minted it) that cannot be confused with one of another kind; used everywhere.
///
/// The text form is the lower-case 8-4-4-4-12 one of RFC 9562 and no other.
package struct ID<Of>: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads the 36-character text form; upper case, braces and missing hyphens are refused.
    package init?(_ text: some StringProtocol) {
        var high: UInt64 = 0
        var low: UInt64 = 0
        var position = 0
        for byte in text.utf8 {
            if position == 8 || position == 13 || position == 18 || position == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
            } else {
                guard let digit = Hex.value(of: byte) else { return nil }
                if position < 18 {
                    high = high << 4 | UInt64(digit)
                } else {
                    low = low << 4 | UInt64(digit)
                }
            }
            position += 1
            guard position <= IDText.length else { return nil }
        }
        guard position == IDText.length else { return nil }
        self.init(high: high, low: low)
    }

    /// Reads the 16 big-endian bytes that `appendBytes(to:)` writes.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for (position, byte) in bytes.enumerated() {
            if position < 8 {
                high = high << 8 | UInt64(byte)
            } else {
                low = low << 8 | UInt64(byte)
            }
        }
        self.init(high: high, low: low)
    }

    package static func < (left: Self, right: Self) -> Bool {
        left.high != right.high ? left.high < right.high : left.low < right.low
    }

    package var description: String {
        String(unsafeUninitializedCapacity: IDText.length) { buffer in
            IDText.write(high: high, low: low, to: buffer)
            return IDText.length
        }
    }

    /// Appends the 16 bytes, most significant first, as PostgreSQL's binary `uuid` has them.
    package func appendBytes(to bytes: inout [UInt8]) {
        withUnsafeBytes(of: high.bigEndian) { bytes.append(contentsOf: $0) }
        withUnsafeBytes(of: low.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// Appends the 36 characters of the text form.
    package func appendText(to bytes: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: IDText.length) { buffer in
            IDText.write(high: high, low: low, to: buffer)
            bytes.append(contentsOf: UnsafeBufferPointer(buffer))
        }
    }
}

/// The layout of an id's text form, apart from the generic type so that it is compiled once.
enum IDText {
    static let length = 36

    static func write(high: UInt64, low: UInt64, to buffer: UnsafeMutableBufferPointer<UInt8>) {
        var position = 0
        for half in [(high, 0), (low, 16)] {
            var shift = 60
            for digit in half.1..<half.1 + 16 {
                if digit == 8 || digit == 12 || digit == 16 || digit == 20 {
                    buffer[position] = UInt8(ascii: "-")
                    position += 1
                }
                buffer[position] = Hex.digit(UInt8(truncatingIfNeeded: half.0 >> UInt64(shift)) & 15)
                position += 1
                shift -= 4
            }
        }
    }
}
