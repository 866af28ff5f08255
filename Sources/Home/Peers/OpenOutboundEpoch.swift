package import Wire

extension Home {
    /// Begins our lane to a peer anew: one of the two databases was rolled back, or rows are missing. Numbers go on; only what has one
    /// from `first` on is sent again, in the new epoch.
    ///
    /// Effects are idempotent by the event's id, so nothing doubles; what failed before stays failed. Raises the alarm `reason` and leaves
    /// an entry in the audit log.
    ///
    /// - Parameter first: Nil: whatever the database has as the first one that is not acknowledged.
    /// - Returns: Nil when the lane is in another epoch already.
    package func openOutboundEpoch(
        to peer: PeerKey, server: ServerName, replacing epoch: String, from first: Int64?, reason: String
    ) async throws(HomeError) -> OutboundLink? {
        let change = AuditedChange(
            actor: "homeserver", action: "peer new-epoch", subject: server.text,
            detail: "reason=\(reason)" + (first.map { " from=\($0)" } ?? ""))
        guard
            try await peerStore.openEpoch(
                to: peer, replacing: epoch, from: first, reason: reason, change: change, at: time.now())
        else { return nil }
        return try await peerStore.outboundLink(to: peer)
    }

    /// The number from which a lane can go on whose outbox has a hole behind `seq`.
    package func resumableSeq(of peer: PeerKey, after seq: Int64) async throws(HomeError) -> Int64? {
        try await peerStore.firstOutboxSeq(of: peer, after: seq)
    }
}
