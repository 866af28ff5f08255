package import Sodium
package import Wire

/// The signing keys of one homeserver as its root states them; docs/federation-keys.md has the rules of each field.
package struct Keyset: Equatable, Sendable {
    package static let maximumKeys = 64
    /// `expires` is at most this long after `issued` (a year and a day, so that leap years need no thought).
    package static let maximumLife = Duration.seconds(366 * 86_400)
    package static let maximumKeyLife = Duration.seconds(90 * 86_400)
    /// How long after the keyset that retires it a key may still sign: what is under way gets through.
    package static let retirement = Duration.seconds(600)

    package let server: ServerName
    /// 1, 2, 3 …
    package let version: Int64
    /// The SHA-256 of the payload of the version before; nil for version 1.
    package let previousSHA256: [UInt8]?
    package let issued: Instant
    package let expires: Instant
    package let root: Ed25519.PublicKey
    package let keys: [KeysetKey]

    package init(
        server: ServerName, version: Int64, previousSHA256: [UInt8]?, issued: Instant, expires: Instant,
        root: Ed25519.PublicKey, keys: [KeysetKey]
    ) {
        self.server = server
        self.version = version
        self.previousSHA256 = previousSHA256
        self.issued = issued
        self.expires = expires
        self.root = root
        self.keys = keys
    }

    package func key(_ id: KeyID) -> KeysetKey? {
        keys.first { $0.id == id }
    }

    /// The one that signs.
    package var activeKey: KeysetKey? {
        keys.first { $0.state == .active }
    }

    package var revoked: Set<KeyID> {
        Set(keys.lazy.filter { $0.state == .revoked }.map(\.id))
    }
}

/// One signing key of a keyset.
package struct KeysetKey: Equatable, Sendable {
    package enum State: String, Sendable, CaseIterable {
        /// Published so that peers know it before it signs.
        case next
        case active
        case retired
        /// For ever.
        case revoked
    }

    package let id: KeyID
    package let publicKey: Ed25519.PublicKey
    package let notBefore: Instant
    package let notAfter: Instant
    package let state: State
    /// Only of a revoked key.
    package let revokedAt: Instant?

    package init(
        publicKey: Ed25519.PublicKey, notBefore: Instant, notAfter: Instant, state: State, revokedAt: Instant? = nil
    ) {
        id = KeyID(of: publicKey)
        self.publicKey = publicKey
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.state = state
        self.revokedAt = revokedAt
    }

    /// Whether a signature of this key counts at `now`. One that is `next` counts: its homeserver may have activated it
    /// a moment ago, which is what publishing it before is for.
    package func isUsable(at now: Instant) -> Bool {
        state != .revoked && notBefore <= now + SignatureProfile.future && now <= notAfter
    }
}
