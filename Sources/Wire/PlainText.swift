/// What a stranger may have written, made fit for an operator's terminal: there it could move the cursor, hide what stands
/// before it, or look like a line of ours. Whoever prints for people asks it.
package enum PlainText {
    /// One line: what is not printable ASCII is a `?`, and nothing is longer than this.
    package static func line(_ text: String, atMost count: Int = .max) -> String {
        String(text.unicodeScalars.prefix(count).map { (0x20...0x7E).contains($0.value) ? Character($0) : "?" })
    }

    /// One word of a line of `key=value`: without spaces, too, which would begin the next one.
    package static func word(_ text: String) -> String {
        String(line(text).map { $0 == " " ? "?" : $0 })
    }

    /// Text of ours that may quote something, in any language and in several lines: only what controls a terminal is a `?`.
    package static func lines(_ text: String) -> String {
        var lines = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            lines.append(isControl(scalar) && scalar != "\n" && scalar != "\t" ? "?" : scalar)
        }
        return String(lines)
    }

    /// JSON that means the same: RFC 8259 asks for no escape of the controls above ASCII, which terminals obey as well.
    package static func json(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        return text.unicodeScalars.reduce(into: "") { json, scalar in
            if isControl(scalar) {
                json += "\\u00" + Hex.encode([UInt8(truncatingIfNeeded: scalar.value)])
            } else {
                json.unicodeScalars.append(scalar)
            }
        }
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control
    }
}
