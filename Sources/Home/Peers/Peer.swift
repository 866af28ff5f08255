package import Wire

/// How this homeserver deals with a peer.
package enum PeerPolicy: String, Sendable, CaseIterable {
    case pending, allowed, limited, blocked, suspended
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
    /// What of the peer's keys broke what is pinned, and since when; nil once the pinned keys are shown again.
    package let keysAlarm: String?
    package let keysAlarmAt: Instant?
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
}
