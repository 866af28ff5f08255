/// Writes one JSON text into a byte array without building a tree; every outgoing frame and body is made with it.
///
/// Commas are placed by itself; nesting is the caller's: what he writes between `begin` and `end` is not checked.
/// Strings are escaped as RFC 8259 §7 demands and no further.
package struct JSONWriter: Sendable {
    package var bytes: [UInt8]
    private var needsComma = false

    package init(reservingCapacity capacity: Int = 512) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// The bytes of one value.
    package static func bytes(of value: some JSONWritable) -> [UInt8] {
        var writer = JSONWriter()
        value.write(to: &writer)
        return writer.bytes
    }

    // MARK: Structure

    package mutating func beginObject() { open(UInt8(ascii: "{")) }
    package mutating func endObject() { close(UInt8(ascii: "}")) }
    package mutating func beginArray() { open(UInt8(ascii: "[")) }
    package mutating func endArray() { close(UInt8(ascii: "]")) }

    /// A key that is known when the program is compiled; it must hold no character that needs an escape.
    package mutating func key(_ key: StaticString) {
        comma()
        bytes.append(UInt8(ascii: "\""))
        key.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// A key that is only known at run time.
    package mutating func key(escaping key: String) {
        comma()
        appendQuoted(key)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// One value that is JSON already.
    package mutating func raw(_ json: some Collection<UInt8>) {
        comma()
        bytes.append(contentsOf: json)
        needsComma = true
    }

    // MARK: Values

    package mutating func value(_ value: String) {
        comma()
        appendQuoted(value)
        needsComma = true
    }

    package mutating func value(_ value: Bool) {
        literal(value ? "true" : "false")
    }

    package mutating func value(_ value: Int) { self.value(Int64(value)) }

    package mutating func value(_ value: Int64) {
        comma()
        appendDecimal(value)
        needsComma = true
    }

    package mutating func value(_ value: some BinaryInteger) {
        if let small = Int64(exactly: value) {
            self.value(small)
        } else {
            comma()
            bytes.append(contentsOf: String(value).utf8)
            needsComma = true
        }
    }

    /// Infinity and NaN, which JSON cannot say, become null.
    package mutating func value(_ value: Double) {
        guard value.isFinite else { return null() }
        comma()
        bytes.append(contentsOf: value.description.utf8)
        needsComma = true
    }

    package mutating func value(_ value: Instant) {
        quoted { value.appendText(to: &$0) }
    }

    package mutating func value<Of>(_ value: ID<Of>) {
        quoted { value.appendText(to: &$0) }
    }

    /// An address or a name holds nothing that needs an escape.
    package mutating func value(_ value: UserID) {
        quoted { $0.append(contentsOf: value.text.utf8) }
    }

    package mutating func value(_ value: ServerName) {
        quoted { $0.append(contentsOf: value.text.utf8) }
    }

    package mutating func value(_ value: some JSONWritable) {
        value.write(to: &self)
    }

    package mutating func null() {
        literal("null")
    }

    // MARK: Bytes

    private mutating func comma() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    private mutating func open(_ bracket: UInt8) {
        comma()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func literal(_ text: StaticString) {
        comma()
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
        needsComma = true
    }

    private mutating func quoted(_ append: (inout [UInt8]) -> Void) {
        comma()
        bytes.append(UInt8(ascii: "\""))
        append(&bytes)
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    private mutating func appendQuoted(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        let copied: Void? = text.utf8.withContiguousStorageIfAvailable { appendEscaped($0) }
        if copied == nil {
            var native = text
            native.withUTF8 { appendEscaped($0) }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Copies the stretches between the characters that need an escape.
    private mutating func appendEscaped(_ text: UnsafeBufferPointer<UInt8>) {
        var start = 0
        var position = 0
        while position < text.count {
            let byte = text[position]
            if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
                position += 1
                continue
            }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start..<position]))
            appendEscape(of: byte)
            position += 1
            start = position
        }
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start..<position]))
    }

    private mutating func appendEscape(of byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        default:
            bytes.append(UInt8(ascii: "u"))
            bytes.append(UInt8(ascii: "0"))
            bytes.append(UInt8(ascii: "0"))
            bytes.append(Hex.digit(byte >> 4))
            bytes.append(Hex.digit(byte & 15))
        }
    }

    private mutating func appendDecimal(_ value: Int64) {
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        var rest = value.magnitude
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var position = 20
            repeat {
                position -= 1
                digits[position] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: UnsafeBufferPointer(digits)[position...]))
        }
    }
}
