package import Sodium
package import Wire

/// Whether a keyset that a peer shows is to be believed, given what is pinned of that peer; the key ring asks it.
package enum KeysetPolicy {
    package enum Verdict: Equatable, Sendable {
        case accept
        /// A version below the pinned one: somebody shows an old keyset.
        case rollback
        /// The pinned version with other content, or a next one that does not follow from it: two histories.
        case equivocation
        /// Signed by a root that is not the pinned one, and not by that too.
        case rootChanged
        /// This field breaks a rule.
        case invalid(field: String)
    }

    /// A peer's clock may be this far ahead of ours when it issues a keyset.
    private static let clockAllowance = Duration.seconds(300)

    package static func judge(
        new: SignedKeyset, of server: ServerName, pinned: PinnedKeys, now: Instant
    ) -> Verdict {
        let keyset = new.keyset
        guard keyset.server == server else { return .invalid(field: "server") }
        guard new.envelope.isSigned(by: keyset.root, as: .keyset) else { return .invalid(field: "signatures") }
        guard isRootTrusted(new, pinned) else { return .rootChanged }
        if keyset.version < pinned.version { return .rollback }
        if let hash = pinned.sha256 {
            if keyset.version == pinned.version, new.sha256 != hash { return .equivocation }
            if keyset.version == pinned.version + 1, keyset.previousSHA256 != hash { return .equivocation }
        }
        for id in pinned.revoked where keyset.key(id)?.state != .revoked { return .invalid(field: "keys") }
        guard keyset.issued <= now + clockAllowance else { return .invalid(field: "issued") }
        guard now <= keyset.expires else { return .invalid(field: "expires") }
        return .accept
    }

    /// The pinned root, or one that it signed for; before there is one, the fingerprint that the operator gave, if any.
    private static func isRootTrusted(_ new: SignedKeyset, _ pinned: PinnedKeys) -> Bool {
        if let root = pinned.root { return new.isTrusted(bySigned: root) }
        guard let fingerprint = pinned.fingerprint else { return true }
        return Fingerprint(of: new.keyset.root) == fingerprint
    }
}

/// What is kept of a peer's keys for ever.
package struct PinnedKeys: Equatable, Sendable {
    /// What the operator was told of the root; it counts until a root is pinned.
    package var fingerprint: Fingerprint?
    package var root: Ed25519.PublicKey?
    /// Zero before the first keyset.
    package var version: Int64
    package var sha256: [UInt8]?
    package var revoked: Set<KeyID>

    package init(
        fingerprint: Fingerprint? = nil, root: Ed25519.PublicKey? = nil, version: Int64 = 0, sha256: [UInt8]? = nil,
        revoked: Set<KeyID> = []
    ) {
        self.fingerprint = fingerprint
        self.root = root
        self.version = version
        self.sha256 = sha256
        self.revoked = revoked
    }

    /// Nobody has vouched for this peer yet.
    package var isStranger: Bool { root == nil && fingerprint == nil }
}
