/// A user's address, `alice@alpha.example`: what every `…_user_id` field on every wire holds.
package struct UserID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The part before the `@`, also the user's name: 1–32 of `a-z 0-9 . _ -`.
    package let local: String
    package let server: ServerName
    package let text: String

    /// Reads a whole address.
    package init?(_ address: String) {
        guard let at = address.utf8.firstIndex(of: UInt8(ascii: "@")) else { return nil }
        let afterAt = address.utf8.index(after: at)
        guard let server = ServerName(address[afterAt...]), UserID.isLocalPart(address[..<at]) else { return nil }
        self.local = String(address[..<at])
        self.server = server
        self.text = address
    }

    /// Reads an address whose domain may be left out when it is `home`.
    package init?(_ address: String, home: ServerName) {
        if address.utf8.contains(UInt8(ascii: "@")) {
            self.init(address)
        } else {
            self.init(local: address, server: home)
        }
    }

    package init?(local: String, server: ServerName) {
        guard UserID.isLocalPart(local) else { return nil }
        self.local = local
        self.server = server
        self.text = local + "@" + server.text
    }

    package var description: String { text }

    package static func == (left: UserID, right: UserID) -> Bool { left.text == right.text }
    package static func < (left: UserID, right: UserID) -> Bool { left.text < right.text }
    package func hash(into hasher: inout Hasher) { hasher.combine(text) }

    /// Whether `text` may stand before the `@`; also the rule for a name that somebody registers.
    package static func isLocalPart(_ text: some StringProtocol) -> Bool {
        guard (1...Limits.localPartBytes).contains(text.utf8.count) else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }
}
