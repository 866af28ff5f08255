/// One pass over the bytes of a JSON text; `JSON.parse` runs it and nobody else.
///
/// Recursion is bounded by `limits.depth`, memory by `limits.nodes` and the text's own length.
struct JSONParser {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let maximumDepth: Int
    private var nodesLeft: Int
    private var position = 0
    private var depth = 0

    init(bytes: UnsafeBufferPointer<UInt8>, limits: JSONLimits) {
        self.bytes = bytes
        self.maximumDepth = limits.depth
        self.nodesLeft = limits.nodes
    }

    mutating func parse() throws(JSONError) -> JSON {
        skipSpace()
        guard position < bytes.count else { throw JSONError(.empty, at: position) }
        let value = try value()
        skipSpace()
        guard position == bytes.count else { throw JSONError(.trailingBytes, at: position) }
        return value
    }

    private mutating func value() throws(JSONError) -> JSON {
        try countNode()
        guard position < bytes.count else { throw JSONError(.unexpectedEnd, at: position) }
        switch bytes[position] {
        case UInt8(ascii: "\""):
            position += 1
            return .string(try string())
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case UInt8(ascii: "t"):
            try literal("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try literal("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try literal("null")
            return .null
        default: throw unexpected()
        }
    }

    // MARK: Containers

    private mutating func object() throws(JSONError) -> JSON {
        try enter()
        var object = JSONObject()
        if try closes(with: UInt8(ascii: "}")) {
            leave()
            return .object(object)
        }
        object.reserveCapacity(8)
        var keys = KeySet()
        while true {
            let start = position
            guard start < bytes.count else { throw JSONError(.unexpectedEnd, at: start) }
            guard bytes[start] == UInt8(ascii: "\"") else { throw unexpected() }
            try countNode()
            position += 1
            let key = try string()
            guard keys.insert(key, into: object) else { throw JSONError(.duplicateKey, at: start) }
            skipSpace()
            try expect(UInt8(ascii: ":"))
            skipSpace()
            object.append(key, try value())
            skipSpace()
            if try endsOrContinues(with: UInt8(ascii: "}")) { break }
        }
        leave()
        return .object(object)
    }

    private mutating func array() throws(JSONError) -> JSON {
        try enter()
        var values: [JSON] = []
        if try closes(with: UInt8(ascii: "]")) {
            leave()
            return .array(values)
        }
        while true {
            values.append(try value())
            skipSpace()
            if try endsOrContinues(with: UInt8(ascii: "]")) { break }
        }
        leave()
        return .array(values)
    }

    private mutating func enter() throws(JSONError) {
        depth += 1
        guard depth <= maximumDepth else { throw JSONError(.tooDeep, at: position) }
        position += 1
        skipSpace()
    }

    private mutating func leave() { depth -= 1 }

    private mutating func closes(with bracket: UInt8) throws(JSONError) -> Bool {
        guard position < bytes.count else { throw JSONError(.unexpectedEnd, at: position) }
        guard bytes[position] == bracket else { return false }
        position += 1
        return true
    }

    /// After a member: true at the closing bracket, false after a comma.
    private mutating func endsOrContinues(with bracket: UInt8) throws(JSONError) -> Bool {
        if try closes(with: bracket) { return true }
        try expect(UInt8(ascii: ","))
        skipSpace()
        return false
    }

    // MARK: Strings

    /// The rest of a string whose opening quote was read.
    private mutating func string() throws(JSONError) -> String {
        let start = position
        var ascii = true
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                let text = UnsafeBufferPointer(rebasing: bytes[start..<position])
                if !ascii, let bad = UTF8Validation.firstInvalid(in: text) {
                    throw JSONError(.invalidUTF8, at: start + bad)
                }
                position += 1
                return String(decoding: text, as: UTF8.self)
            }
            if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
            if byte < 0x20 { throw control(byte) }
            if byte >= 0x80 { ascii = false }
            position += 1
        }
        throw JSONError(.unexpectedEnd, at: position)
    }

    /// A string with at least one escape, of which `position` stands at the first.
    private mutating func escapedString(from start: Int) throws(JSONError) -> String {
        var text: [UInt8] = []
        var stretch = start
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                try copy(from: stretch, to: &text)
                position += 1
                return String(decoding: text, as: UTF8.self)
            }
            if byte == UInt8(ascii: "\\") {
                try copy(from: stretch, to: &text)
                position += 1
                try escape(into: &text)
                stretch = position
                continue
            }
            if byte < 0x20 { throw control(byte) }
            position += 1
        }
        throw JSONError(.unexpectedEnd, at: position)
    }

    private func copy(from start: Int, to text: inout [UInt8]) throws(JSONError) {
        let stretch = UnsafeBufferPointer(rebasing: bytes[start..<position])
        if let bad = UTF8Validation.firstInvalid(in: stretch) { throw JSONError(.invalidUTF8, at: start + bad) }
        text.append(contentsOf: stretch)
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
        guard position < bytes.count else { throw JSONError(.unexpectedEnd, at: position) }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): try unicodeEscape(into: &text)
        default: throw JSONError(.invalidEscape, at: position - 1)
        }
    }

    private mutating func unicodeEscape(into text: inout [UInt8]) throws(JSONError) {
        let start = position - 2
        let first = try fourHexDigits()
        if first == 0 { throw JSONError(.nullCharacter, at: start) }
        var code = first
        if (0xD800...0xDFFF).contains(first) {
            guard first < 0xDC00, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
                bytes[position + 1] == UInt8(ascii: "u")
            else { throw JSONError(.loneSurrogate, at: start) }
            position += 2
            let second = try fourHexDigits()
            guard (0xDC00...0xDFFF).contains(second) else { throw JSONError(.loneSurrogate, at: start) }
            code = 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw JSONError(.loneSurrogate, at: start) }
        text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }

    private mutating func fourHexDigits() throws(JSONError) -> UInt32 {
        guard position + 4 <= bytes.count else { throw JSONError(.unexpectedEnd, at: bytes.count) }
        var code: UInt32 = 0
        for _ in 0..<4 {
            let byte = bytes[position]
            let lower = (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte) ? byte | 0x20 : byte
            guard let digit = Hex.value(of: lower) else { throw JSONError(.invalidEscape, at: position) }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }

    private func control(_ byte: UInt8) -> JSONError {
        JSONError(byte == 0 ? .nullCharacter : .controlCharacter, at: position)
    }

    // MARK: Numbers and words

    private mutating func number() throws(JSONError) -> JSON {
        let start = position
        let negative = bytes[position] == UInt8(ascii: "-")
        if negative { position += 1 }
        let (value, fits) = try integerPart(negative: negative)
        let next = position < bytes.count ? bytes[position] : 0
        let isWhole = next != UInt8(ascii: ".") && next | 0x20 != UInt8(ascii: "e")
        if isWhole, fits { return .integer(value) }
        if next == UInt8(ascii: ".") {
            position += 1
            try digits()
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
                position += 1
            }
            try digits()
        }
        guard position - start <= Limits.jsonNumberBytes else { throw JSONError(.numberOutOfRange, at: start) }
        guard let number = Double(String(decoding: bytes[start..<position], as: UTF8.self)), number.isFinite else {
            throw JSONError(.numberOutOfRange, at: start)
        }
        return .number(number)
    }

    /// The digits before any point: their value, and whether it fits.
    private mutating func integerPart(negative: Bool) throws(JSONError) -> (value: Int64, fits: Bool) {
        let start = position
        var value: Int64 = 0
        var fits = true
        while position < bytes.count, case let digit = bytes[position] &- UInt8(ascii: "0"), digit < 10 {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowToo) =
                negative
                ? product.subtractingReportingOverflow(Int64(digit)) : product.addingReportingOverflow(Int64(digit))
            if overflow || overflowToo { fits = false }
            value = sum
            position += 1
        }
        let count = position - start
        guard count > 0, count == 1 || bytes[start] != UInt8(ascii: "0") else {
            throw JSONError(position == bytes.count && count == 0 ? .unexpectedEnd : .invalidNumber, at: start)
        }
        return (value, fits)
    }

    private mutating func digits() throws(JSONError) {
        let start = position
        while position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10 { position += 1 }
        guard position > start else {
            throw JSONError(position == bytes.count ? .unexpectedEnd : .invalidNumber, at: position)
        }
    }

    private mutating func literal(_ word: StaticString) throws(JSONError) {
        let count = word.utf8CodeUnitCount
        for offset in 0..<count {
            guard position < bytes.count else { throw JSONError(.unexpectedEnd, at: position) }
            guard bytes[position] == word.utf8Start[offset] else { throw unexpected() }
            position += 1
        }
    }

    // MARK: Small steps

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    private mutating func expect(_ byte: UInt8) throws(JSONError) {
        guard position < bytes.count else { throw JSONError(.unexpectedEnd, at: position) }
        guard bytes[position] == byte else { throw unexpected() }
        position += 1
    }

    private mutating func countNode() throws(JSONError) {
        nodesLeft -= 1
        guard nodesLeft >= 0 else { throw JSONError(.tooManyValues, at: position) }
    }

    /// A stray byte that is not UTF-8 either is reported as that, so that a socket can close 1007.
    private func unexpected() -> JSONError {
        if bytes[position] >= 0x80, let bad = UTF8Validation.firstInvalid(in: bytes) {
            return JSONError(.invalidUTF8, at: bad)
        }
        return JSONError(.unexpectedByte, at: position)
    }
}

/// The keys of one object while it is read: a linear search for the few that are usual, a set for a hostile many.
private struct KeySet {
    private var many: Set<String>?

    mutating func insert(_ key: String, into object: JSONObject) -> Bool {
        if many != nil { return many?.insert(key).inserted ?? false }
        if object.count < 16 { return !object.hasEquivalent(of: key) }
        var set = Set(object.keys)
        let inserted = set.insert(key).inserted
        many = set
        return inserted
    }
}
