import Home
import Sodium
package import Wire

/// Where what is pinned of peers is kept: the key ring loads it before it judges a keyset and saves what it accepted.
package struct PeerKeyStore: Sendable {
    /// Nil for a homeserver that nothing is known of.
    package let load: @Sendable (ServerName) async throws -> StoredPeerKeys?
    /// Keeps the root, the version and hash, and the document from which revocations are read; a good document ends an alarm. Throws when
    /// what is kept is not what was found any more: an operator, or another document, was faster.
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
    /// What the database had, whatever became of it here.
    private(set) var found: KeptPin

    package init(
        rootFingerprint: String? = nil, root: [UInt8]? = nil, version: Int64 = 0, sha256: [UInt8]? = nil,
        document: [UInt8]? = nil
    ) {
        self.rootFingerprint = rootFingerprint
        self.root = root
        self.version = version
        self.sha256 = sha256
        self.document = document
        found = KeptPin(rootFingerprint: rootFingerprint, root: root, version: version)
    }

    init(of peer: Peer) {
        self.init(
            rootFingerprint: peer.rootFingerprint, root: peer.rootPublicKey, version: peer.keysetVersion,
            sha256: peer.keysetHash, document: peer.keysDocument)
    }

    /// The configuration's fingerprint counts before the database's, and makes void what another root has signed.
    mutating func trust(only fingerprint: Fingerprint) {
        rootFingerprint = fingerprint.text
        guard let root, Ed25519.PublicKey(bytes: root).map({ Fingerprint(of: $0) }) != fingerprint else { return }
        self.root = nil
        version = 0
        sha256 = nil
        document = nil
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
