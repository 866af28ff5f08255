import Wire

/// Walks over a header's value that may have only one form; whatever else it meets is `malformed` under `name`.
struct FieldCursor {
    private let bytes: [UInt8]
    private let name: String
    private var position = 0

    init(_ text: String, name: String) {
        bytes = Array(text.utf8)
        self.name = name
    }

    mutating func expect(_ literal: String, blaming field: String? = nil) throws(SignatureProblem) {
        guard bytes[position...].starts(with: literal.utf8) else { throw .malformed(field ?? name) }
        position += literal.utf8.count
    }

    func expectEnd() throws(SignatureProblem) {
        guard position == bytes.count else { throw .malformed(name) }
    }

    /// RFC 9651 §4.2.4 without sign, and without leading zeros: at most 15 digits.
    mutating func integer(blaming field: String) throws(SignatureProblem) -> Int64 {
        let digits = bytes[position...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard (1...15).contains(digits.count), digits.count == 1 || digits.first != UInt8(ascii: "0") else {
            throw .malformed(field)
        }
        position += digits.count
        return digits.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
    }

    /// What stands before the next quote; no escape is ever needed in this profile.
    mutating func quotedText(blaming field: String) throws(SignatureProblem) -> String {
        let text = bytes[position...].prefix { $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
        position += text.count
        try expect("\"", blaming: field)
        return String(decoding: text, as: UTF8.self)
    }

    /// Padded base64 of exactly so many bytes.
    mutating func base64(byteCount: Int) throws(SignatureProblem) -> [UInt8] {
        let length = (byteCount + 2) / 3 * 4
        guard let decoded = Base64.decode(bytes: bytes[position...].prefix(length)), decoded.count == byteCount else {
            throw .malformed(name)
        }
        position += length
        return decoded
    }
}
