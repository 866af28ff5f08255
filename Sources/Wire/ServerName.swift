/// The name of a homeserver: a lower-case DNS name without a port, as it stands behind the `@` of a user id.
///
/// Labels have 1–63 of `a-z 0-9 -` and neither begin nor end with a hyphen; at most 253 bytes; one label is enough
/// (`localhost`). A name whose last label is a number is refused, so an IPv4 address is never taken for one.
package struct ServerName: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let text: String

    package init?(_ text: some StringProtocol) {
        guard ServerName.isValid(text.utf8) else { return nil }
        self.text = String(text)
    }

    package var description: String { text }

    package static func < (left: ServerName, right: ServerName) -> Bool { left.text < right.text }

    private static func isValid(_ bytes: some Collection<UInt8>) -> Bool {
        guard (1...Limits.serverNameBytes).contains(bytes.count) else { return false }
        var length = 0
        var previous = UInt8(ascii: ".")
        var onlyDigits = true
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "."):
                guard length > 0, previous != UInt8(ascii: "-") else { return false }
                length = 0
                onlyDigits = true
            case UInt8(ascii: "a")...UInt8(ascii: "z"):
                length += 1
                onlyDigits = false
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                length += 1
            case UInt8(ascii: "-"):
                guard length > 0 else { return false }
                length += 1
                onlyDigits = false
            default:
                return false
            }
            guard length <= Limits.serverNameLabelBytes else { return false }
            previous = byte
        }
        return length > 0 && previous != UInt8(ascii: "-") && !onlyDigits
    }
}
