package import Wire

/// One peer with everything that `peer list` shows of it.
package struct PeerOverview: Sendable {
    package let peer: Peer
    package let link: OutboundLink?
    /// Since when the oldest event waits.
    package let oldestWaiting: Instant?
    /// Events that were not taken, here or there.
    package let deadLetters: Int64
}

/// What waits for one peer (`peer queue`).
package struct QueueOverview: Sendable {
    /// The waiting events of one type.
    package struct Kind: Sendable {
        package let type: String
        package let events: Int64
        package let bytes: Int64
        package let oldest: Instant
    }

    package let server: ServerName
    package let kinds: [Kind]

    package var events: Int64 { kinds.reduce(0) { $0 + $1.events } }
    package var bytes: Int64 { kinds.reduce(0) { $0 + $1.bytes } }
    package var oldest: Instant? { kinds.map(\.oldest).min() }
}

/// One event that was not taken (`peer deadletters`), without what it said.
package struct DeadLetterEntry: Sendable {
    package let key: Int64
    package let server: ServerName
    /// Whether it was ours to send; otherwise it came from the peer.
    package let isOutgoing: Bool
    package let epoch: String
    package let seq: Int64
    package let event: EventID
    package let type: String
    package let code: String
    package let at: Instant
}
