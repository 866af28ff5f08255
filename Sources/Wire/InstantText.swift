/// RFC 3339 text of an instant, written and read by hand because it is in every frame.
extension Instant: CustomStringConvertible {
    static let textLength = 24

    package var description: String { rfc3339 }

    /// `2026-11-23T06:00:00.123Z`: always milliseconds (rounded down), always `Z`. Years outside 0…9999 are clamped.
    package var rfc3339: String {
        String(unsafeUninitializedCapacity: Instant.textLength) { buffer in
            write(to: buffer)
            return Instant.textLength
        }
    }

    /// Appends the 24 characters of `rfc3339`.
    package func appendText(to bytes: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Instant.textLength) { buffer in
            write(to: buffer)
            bytes.append(contentsOf: UnsafeBufferPointer(buffer))
        }
    }

    /// Reads RFC 3339 §5.6 text with any offset; digits beyond microseconds are cut off, a leap second is refused.
    package init?(rfc3339 text: some StringProtocol) {
        let parsed = Array(text.utf8.prefix(64)).withUnsafeBufferPointer { buffer in
            var reader = InstantReader(bytes: buffer)
            return reader.read()
        }
        guard let parsed else { return nil }
        self.init(microseconds: parsed)
    }

    private func write(to buffer: UnsafeMutableBufferPointer<UInt8>) {
        let clamped = min(max(milliseconds, Instant.firstMillisecond), Instant.lastMillisecond)
        let days = floorDivide(clamped, 86_400_000)
        let ofDay = Int(clamped - days * 86_400_000)
        let date = CivilDate(daysSince1970: days)
        put(date.year, digits: 4, at: 0, in: buffer)
        buffer[4] = UInt8(ascii: "-")
        put(date.month, digits: 2, at: 5, in: buffer)
        buffer[7] = UInt8(ascii: "-")
        put(date.day, digits: 2, at: 8, in: buffer)
        buffer[10] = UInt8(ascii: "T")
        put(ofDay / 3_600_000, digits: 2, at: 11, in: buffer)
        buffer[13] = UInt8(ascii: ":")
        put(ofDay / 60_000 % 60, digits: 2, at: 14, in: buffer)
        buffer[16] = UInt8(ascii: ":")
        put(ofDay / 1000 % 60, digits: 2, at: 17, in: buffer)
        buffer[19] = UInt8(ascii: ".")
        put(ofDay % 1000, digits: 3, at: 20, in: buffer)
        buffer[23] = UInt8(ascii: "Z")
    }

    private func put(_ value: Int, digits: Int, at start: Int, in buffer: UnsafeMutableBufferPointer<UInt8>) {
        var rest = value
        var position = start + digits - 1
        while position >= start {
            buffer[position] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
            position -= 1
        }
    }

    private static let firstMillisecond: Int64 = -62_167_219_200_000
    private static let lastMillisecond: Int64 = 253_402_300_799_999
}

/// One pass over RFC 3339 text.
private struct InstantReader {
    let bytes: UnsafeBufferPointer<UInt8>
    var position = 0

    init(bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    mutating func read() -> Int64? {
        guard let year = digits(4), skip("-", "-"), let month = digits(2), (1...12).contains(month), skip("-", "-"),
            let day = digits(2), (1...CivilDate.daysInMonth(month, year: year)).contains(day), skip("T", "t"),
            let hour = digits(2), hour < 24, skip(":", ":"), let minute = digits(2), minute < 60, skip(":", ":"),
            let second = digits(2), second < 60, let fraction = fraction(), let offset = offsetSeconds(),
            position == bytes.count
        else { return nil }
        let days = CivilDate(year: year, month: month, day: day).daysSince1970
        let seconds = days * 86_400 + Int64(hour * 3600 + minute * 60 + second) - offset
        return seconds * 1_000_000 + fraction
    }

    private mutating func digits(_ count: Int) -> Int? {
        guard position + count <= bytes.count else { return nil }
        var value = 0
        for _ in 0..<count {
            let byte = bytes[position]
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
            position += 1
        }
        return value
    }

    private mutating func skip(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: first) || bytes[position] == UInt8(ascii: second)
        else { return false }
        position += 1
        return true
    }

    /// Microseconds after the point; zero when there is no point, nil when no digit follows one.
    private mutating func fraction() -> Int64? {
        guard skip(".", ".") else { return 0 }
        var value: Int64 = 0
        var count = 0
        while let digit = digits(1) {
            if count < 6 { value = value * 10 + Int64(digit) }
            count += 1
        }
        guard count > 0 else { return nil }
        while count < 6 {
            value *= 10
            count += 1
        }
        return value
    }

    private mutating func offsetSeconds() -> Int64? {
        if skip("Z", "z") { return 0 }
        let east = skip("+", "+")
        guard east || skip("-", "-"), let hours = digits(2), hours < 24, skip(":", ":"), let minutes = digits(2),
            minutes < 60
        else { return nil }
        let seconds = Int64(hours * 3600 + minutes * 60)
        return east ? seconds : -seconds
    }
}
