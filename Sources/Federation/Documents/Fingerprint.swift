package import Sodium
import Wire

/// What operators compare and pin of a root key: the SHA-256 of its public half.
///
/// Written as eight groups of eight lower-case hex digits with hyphens between them (one word for a shell); read in any
/// grouping by hyphens, colons or spaces and in either case, because people copy it from anywhere.
package struct Fingerprint: Hashable, Sendable, CustomStringConvertible {
    /// 32 bytes.
    package let bytes: [UInt8]

    package init(of root: Ed25519.PublicKey) {
        bytes = SHA256.hash(root.bytes)
    }

    package init?(_ text: String) {
        guard text.utf8.count <= 256 else { return nil }
        let digits = text.lowercased().filter { $0 != "-" && $0 != ":" && $0 != " " }
        guard let bytes = Hex.decode(digits), bytes.count == SHA256.byteCount else { return nil }
        self.bytes = bytes
    }

    package var text: String {
        stride(from: 0, to: bytes.count, by: 4).map { Hex.encode(bytes[$0..<$0 + 4]) }.joined(separator: "-")
    }

    package var description: String { text }
}
