/// Base 64 of RFC 4648 in the two spellings that the protocols use; decoding accepts only what encoding writes.
package enum Base64 {
    /// Which alphabet, and whether the end is padded with `=`.
    package enum Spelling: Sendable {
        /// §4, padded: bodies of documents, HTTP structured fields.
        case standard
        /// §5, without padding: nonces, tokens.
        case urlSafe
    }

    package static func encode(_ bytes: some Collection<UInt8>, _ spelling: Spelling = .standard) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var buffer: UInt32 = 0
        var bits: UInt32 = 0
        for byte in bytes {
            buffer = buffer << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                text.append(character(UInt8(truncatingIfNeeded: buffer >> bits) & 63, spelling))
            }
        }
        if bits > 0 {
            text.append(character(UInt8(truncatingIfNeeded: buffer << (6 - bits)) & 63, spelling))
        }
        if spelling == .standard {
            while text.count % 4 != 0 { text.append(UInt8(ascii: "=")) }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Nil for a foreign character, wrong or missing padding, or unused bits that are not zero.
    package static func decode(_ text: some StringProtocol, _ spelling: Spelling = .standard) -> [UInt8]? {
        decode(bytes: text.utf8, spelling)
    }

    package static func decode(bytes text: some Collection<UInt8>, _ spelling: Spelling = .standard) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3 + 2)
        var buffer: UInt32 = 0
        var bits: UInt32 = 0
        var characters = 0
        var padding = 0
        for byte in text {
            if spelling == .standard, byte == UInt8(ascii: "=") {
                padding += 1
                continue
            }
            guard padding == 0, let value = value(of: byte, spelling) else { return nil }
            characters += 1
            buffer = buffer << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> bits))
                buffer &= (1 << bits) - 1
            }
        }
        guard characters % 4 != 1, buffer == 0 else { return nil }
        let expected = spelling == .standard ? (4 - characters % 4) % 4 : 0
        return padding == expected ? bytes : nil
    }

    private static func character(_ value: UInt8, _ spelling: Spelling) -> UInt8 {
        switch value {
        case 0..<26: UInt8(ascii: "A") + value
        case 26..<52: UInt8(ascii: "a") + value - 26
        case 52..<62: UInt8(ascii: "0") + value - 52
        case 62: spelling == .standard ? UInt8(ascii: "+") : UInt8(ascii: "-")
        default: spelling == .standard ? UInt8(ascii: "/") : UInt8(ascii: "_")
        }
    }

    private static func value(of character: UInt8, _ spelling: Spelling) -> UInt8? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"), UInt8(ascii: "/"):
            spelling == .standard ? (character == UInt8(ascii: "+") ? 62 : 63) : nil
        case UInt8(ascii: "-"), UInt8(ascii: "_"):
            spelling == .urlSafe ? (character == UInt8(ascii: "-") ? 62 : 63) : nil
        default: nil
        }
    }
}
