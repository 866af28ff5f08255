import Sodium
import Wire

/// A random secret that is handed out once as text and kept only as a hash: login tokens, tickets, registration tokens, invitations of peers.
///
/// The text is a prefix that names the kind (so that a leaked one is recognised by people and scanners) and 256 random bits in
/// url-safe base64 without padding. The hash is SHA-256 of the text; with that much randomness it needs neither salt nor stretching.
struct SecretToken: Sendable {
    enum Kind: String, Sendable {
        case login = "hml_"
        case ticket = "hmt_"
        case registration = "hmr_"
        case peer = "hmp_"
    }

    /// The 32 bytes of a token's hash as a dictionary's key and as what the database holds.
    struct Hash: Hashable, Sendable {
        let bytes: [UInt8]
    }

    private static let randomBytes = 32
    private static let randomCharacters = 43

    let text: String
    let hash: Hash

    /// A new one.
    init(_ kind: Kind) {
        text = kind.rawValue + Base64.encode(RandomBytes.array(count: SecretToken.randomBytes), .urlSafe)
        hash = SecretToken.hash(of: text)
    }

    /// One that a client sent; nil when it cannot be of this kind.
    init?(_ text: String, _ kind: Kind) {
        guard text.utf8.count == kind.rawValue.utf8.count + SecretToken.randomCharacters,
            SecretToken.isOfKind(text, kind),
            Base64.decode(text.dropFirst(kind.rawValue.count), .urlSafe)?.count == SecretToken.randomBytes
        else { return nil }
        self.text = text
        hash = SecretToken.hash(of: text)
    }

    static func isOfKind(_ text: String, _ kind: Kind) -> Bool { text.utf8.starts(with: kind.rawValue.utf8) }

    private static func hash(of text: String) -> Hash { Hash(bytes: SHA256.hash(text.utf8)) }
}
