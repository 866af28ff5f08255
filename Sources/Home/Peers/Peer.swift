package import Wire

/// What the operator says of a peer.
package enum PeerPolicy: String, Sendable, CaseIterable {
    /// Nothing yet: met by a user's address or by its own first contact. Mode `open` speaks with it, mode `allowlist` does not.
    case pending
    /// Spoken with in either mode.
    case allowed
    /// As `allowed`, but for new friend requests, which are refused in both directions.
    case limited
    /// Not spoken with; nothing is queued for it, and what waited has failed.
    case blocked
}

/// Another homeserver, as this one knows it.
package struct Peer: Sendable {
    package let key: PeerKey
    package let name: ServerName
    package let policy: PeerPolicy
    /// The fingerprint that the operator gave before the first contact (`peer add`).
    package let rootFingerprint: String?
    /// The root that is pinned: by the operator, or by trust on first use.
    package let rootPublicKey: [UInt8]?
    package let keysetVersion: Int64
    package let keysetHash: [UInt8]?
    /// The last keys document that was verified.
    package let keysDocument: [UInt8]?
    /// When a signature of it has held for the last time, to the minute.
    package let lastContactAt: Instant?
    /// What its operator should look at, and since when.
    package let alarm: String?
    package let alarmAt: Instant?
    /// The token of its invitation, until it has taken it; a secret.
    package let invite: String?
    /// Whether the operator has removed it, and nobody has met it since.
    package let isRemoved: Bool
}

/// The state of the durable lane to a peer.
package struct OutboundLink: Sendable {
    package let peer: PeerKey
    package let server: ServerName
    package let epoch: String
    package let acked: Int64
    package let last: Int64
    /// Failed tries in a row.
    package let attempts: Int
    package let nextTryAt: Instant?
    package let firstFailureAt: Instant?
    /// Why the lane stands still until an operator acts; nil when it moves.
    package let stopped: String?
    /// What is neither acknowledged nor failed.
    package let waitingEvents: Int64
    package let waitingBytes: Int64

    /// Since when the peer counts as suspended: there was no contact for so long that it is asked only about once an hour.
    package func suspended(at now: Instant) -> Instant? {
        guard let firstFailureAt, firstFailureAt + Self.suspendedAfter <= now else { return nil }
        return firstFailureAt + Self.suspendedAfter
    }

    /// So long must every try have failed.
    package static let suspendedAfter = Duration.seconds(7 * 86_400)
}

/// What the database had of a peer's keys when it was read.
package struct KeptPin: Equatable, Sendable {
    package let rootFingerprint: String?
    package let root: [UInt8]?
    package let version: Int64

    package init(rootFingerprint: String?, root: [UInt8]?, version: Int64) {
        self.rootFingerprint = rootFingerprint
        self.root = root
        self.version = version
    }
}
