package import Wire

/// What module Federation asks of the domain: who the peers are, and how far each lane is.
extension Home {
    package func peer(named name: ServerName) async throws(HomeError) -> Peer? {
        try await peerStore.peer(named: name)
    }

    /// The peer with this name, noted on first contact.
    package func knownPeer(named name: ServerName) async throws(HomeError) -> Peer {
        try await peerStore.meet(name)
    }

    package func peers() async throws(HomeError) -> [Peer] {
        try await peerStore.all()
    }

    /// Pins a peer's root, and the keyset that it signed.
    package func savePeerKeys(
        _ peer: PeerKey, root: [UInt8], version: Int64, hash: [UInt8], document: [UInt8]
    ) async throws(HomeError) {
        try await peerStore.saveKeys(of: peer, root: root, version: version, hash: hash, document: document)
    }

    /// Keeps that a peer shows keys which break what is pinned, for the operator and beyond a restart.
    package func noteKeysAlarm(of name: ServerName, _ alarm: String, at instant: Instant) async throws(HomeError) {
        try await peerStore.noteKeysAlarm(of: name, alarm, at: instant)
    }

    /// Notes the root's fingerprint that an operator got from the peer's operator (`peer add`).
    package func pinFingerprint(_ fingerprint: String, of peer: PeerKey) async throws(HomeError) {
        try await peerStore.pin(fingerprint: fingerprint, of: peer)
    }

    package func outboundLinks() async throws(HomeError) -> [OutboundLink] {
        try await peerStore.outboundLinks()
    }

    /// When the oldest event was committed that a peer has not acknowledged, for each peer that is behind.
    package func oldestWaiting() async throws(HomeError) -> [PeerKey: Instant] {
        try await peerStore.oldestWaiting()
    }

    /// The events behind `seq` of a peer's outbox, in order, at most `limit`.
    package func outbox(
        of peer: PeerKey, server: ServerName, after seq: Int64, limit: Int
    ) async throws(HomeError) -> [OutboxEvent] {
        try await peerStore.outbox(of: peer, server: server, after: seq, limit: limit)
    }

    package func saveBackoff(
        _ peer: PeerKey, attempts: Int, nextTryAt: Instant?, firstFailureAt: Instant?
    ) async throws(HomeError) {
        try await peerStore.saveBackoff(
            of: peer, attempts: attempts, nextTryAt: nextTryAt, firstFailureAt: firstFailureAt)
    }

    /// Stops the lane to a peer until an operator acts; its queue is kept.
    package func stopLink(_ peer: PeerKey, reason: String) async throws(HomeError) {
        try await peerStore.stopLink(to: peer, reason: reason)
    }

    /// Which epoch of a peer's lane is being applied, and its last applied `seq`; no epoch before the first hello.
    package func inboundPosition(of peer: PeerKey) async throws(HomeError) -> (epoch: String?, last: Int64) {
        let position = try await peerStore.inboundPosition(of: peer)
        return (position.epoch, position.last)
    }

    /// Opens a new epoch of a peer's lane, whose first event will have the number `firstSeq`; the same epoch again changes nothing.
    ///
    /// - Returns: The position to go on from.
    package func openInboundEpoch(
        _ epoch: String, firstSeq: Int64, of peer: PeerKey
    ) async throws(HomeError) -> (epoch: String, last: Int64) {
        try await writer.submit(OpenInboundEpoch(peer: peer, epoch: epoch, firstSeq: firstSeq))
    }
}

private struct OpenInboundEpoch: WriteUnit {
    let peer: PeerKey
    let epoch: String
    let firstSeq: Int64

    func declare(_ needs: inout BatchNeeds) {
        needs.inbound.insert(peer)
    }

    func apply(to batch: inout Batch) throws(HomeError) -> (epoch: String, last: Int64) {
        guard (1...Int64.max).contains(firstSeq) else {
            throw .invalid(field: "first_seq", problem: "must be at least 1")
        }
        let position = batch.inbound[peer] ?? InboundPosition(epoch: nil, last: 0, lastEvent: nil)
        guard position.epoch != epoch else { return (epoch, position.last) }
        batch.inbound[peer] = InboundPosition(epoch: epoch, last: firstSeq - 1, lastEvent: nil)
        batch.touchedInbound.insert(peer)
        return (epoch, firstSeq - 1)
    }
}
