import Home
import Sodium
package import Wire

/// Where what is pinned of peers is kept: the key ring loads it before it judges a keyset and saves what it accepted.
package struct PeerKeyStore: Sendable {
    /// Nil for a homeserver that nothing is known of.
    package let load: @Sendable (ServerName) async throws -> StoredPeerKeys?
    /// Throws when a newer version is kept already; a good document ends an alarm. Keeps the root, the version and hash, and the document from which revocations are read.
    package let save: @Sendable (ServerName, StoredPeerKeys) async throws -> Void

    package init(
        load: @escaping @Sendable (ServerName) async throws -> StoredPeerKeys?,
        save: @escaping @Sendable (ServerName, StoredPeerKeys) async throws -> Void
    ) {
        self.load = load
        self.save = save
    }
}

/// The columns of a peer that concern its keys.
package struct StoredPeerKeys: Equatable, Sendable {
    /// As the operator gave it; it counts until there is a root.
    package var rootFingerprint: String?
    /// The root's 32 bytes.
    package var root: [UInt8]?
    /// Zero before the first keyset.
    package var version: Int64
    package var sha256: [UInt8]?
    /// The last accepted body of `GET /federation/v1/keys`.
    package var document: [UInt8]?

    package init(
        rootFingerprint: String? = nil, root: [UInt8]? = nil, version: Int64 = 0, sha256: [UInt8]? = nil,
        document: [UInt8]? = nil
    ) {
        self.rootFingerprint = rootFingerprint
        self.root = root
        self.version = version
        self.sha256 = sha256
        self.document = document
    }

    init(of peer: Peer) {
        self.init(
            rootFingerprint: peer.rootFingerprint, root: peer.rootPublicKey, version: peer.keysetVersion,
            sha256: peer.keysetHash, document: peer.keysDocument)
    }

    /// Takes over what was judged to be good.
    mutating func accept(_ accepted: KeysDocument, _ body: [UInt8]) {
        root = accepted.keyset.keyset.root.bytes
        version = accepted.keyset.keyset.version
        sha256 = accepted.keyset.sha256
        document = body
    }

    /// What `KeysetPolicy` needs of it. What cannot be read is an error: forgetting a pin would be worse.
    func pinned() throws(FieldError) -> PinnedKeys {
        var pinned = PinnedKeys(version: version, sha256: sha256)
        if let rootFingerprint {
            guard let fingerprint = Fingerprint(rootFingerprint) else {
                throw FieldError(field: "root_fingerprint", problem: "is no fingerprint")
            }
            pinned.fingerprint = fingerprint
        }
        if let root {
            guard let key = Ed25519.PublicKey(bytes: root) else {
                throw FieldError(field: "root_public", problem: "is no key")
            }
            pinned.root = key
        }
        if let document { pinned.revoked = try KeysDocument(parsing: document).keyset.keyset.revoked }
        return pinned
    }
}
