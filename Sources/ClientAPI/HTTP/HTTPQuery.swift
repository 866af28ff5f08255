import Wire

/// The parameters of a request's query string; a name that no route knows is ignored, one given twice is refused.
struct HTTPQuery: Sendable {
    /// More parameters than any route has.
    private static let maxParameters = 32

    private var values: [String: String] = [:]

    init(_ query: String?) throws(FieldError) {
        guard let query, !query.isEmpty else { return }
        let pairs = query.utf8.split(separator: UInt8(ascii: "&"))
        guard pairs.count <= HTTPQuery.maxParameters else {
            throw FieldError(field: "query", problem: "has more than \(HTTPQuery.maxParameters) parameters")
        }
        for pair in pairs {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decode(parts[0]),
                let value = parts.count == 2 ? PercentEncoding.decode(parts[1]) : ""
            else {
                throw FieldError(field: "query", problem: "is not valid percent-encoded UTF-8")
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw FieldError(field: "query", problem: "has a parameter twice")
            }
        }
    }

    func text(_ name: String) -> String? { values[name] }

    /// A decimal integer; nil when the parameter is missing.
    func integer(_ name: String, in range: ClosedRange<Int64>) throws(FieldError) -> Int64? {
        guard let text = values[name] else { return nil }
        guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            throw FieldError(field: name, problem: "must be an integer")
        }
        guard let number = Int64(text), range.contains(number) else {
            throw FieldError(field: name, problem: "must be between \(range.lowerBound) and \(range.upperBound)")
        }
        return number
    }
}

/// RFC 3986 §2.1, for path segments and query strings: strict, so that nothing is guessed.
enum PercentEncoding {
    /// Nil for a broken escape, for invalid UTF-8 and for U+0000.
    static func decode(_ text: some Collection<UInt8>) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var iterator = text.makeIterator()
        while let byte = iterator.next() {
            if byte == UInt8(ascii: "%") {
                guard let high = iterator.next().flatMap(digit), let low = iterator.next().flatMap(digit) else {
                    return nil
                }
                bytes.append(high << 4 | low)
            } else {
                bytes.append(byte)
            }
        }
        guard !bytes.contains(0) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
