package import Sodium
import Wire

/// The name of a signing key: the first 16 hex digits of the SHA-256 of its public half, so it never means another key.
package struct KeyID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package static let length = 16

    package let text: String

    package init(of key: Ed25519.PublicKey) {
        text = Hex.encode(SHA256.hash(key.bytes).prefix(KeyID.length / 2))
    }

    /// Nil for anything but 16 lower-case hex digits.
    package init?(_ text: String) {
        guard text.utf8.count == KeyID.length, Hex.decode(text) != nil else { return nil }
        self.text = text
    }

    package var description: String { text }

    package static func < (left: KeyID, right: KeyID) -> Bool { left.text < right.text }
}
