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

    /// Pins a peer's root, and the keyset that it signed. Throws `conflict` when what was found is not kept any more.
    package func savePeerKeys(
        _ peer: PeerKey, root: [UInt8], version: Int64, hash: [UInt8], document: [UInt8], inPlaceOf found: KeptPin
    ) async throws(HomeError) {
        try await peerStore.saveKeys(
            of: peer, root: root, version: version, hash: hash, document: document, inPlaceOf: found)
    }

    /// A signature of the peer has held; called at most once a minute for each.
    package func noteContact(with peer: PeerKey) async throws(HomeError) {
        try await peerStore.noteContact(with: peer, at: time.now())
    }

    /// Something that an operator should look at: `peer list` shows it until he has said something of the peer, or it is over.
    ///
    /// - Returns: Whether it is another one than before; then it stands in the audit log too.
    @discardableResult
    package func raiseAlarm(_ alarm: String, of server: ServerName) async throws(HomeError) -> Bool {
        let now = time.now()
        guard try await peerStore.raiseAlarm(alarm, of: server, at: now) else { return false }
        let change = AuditedChange(
            actor: "homeserver", action: "peer alarm", subject: server.text, detail: "alarm=\(alarm)")
        try await peerStore.execute(AuditLog.append(change, at: now))
        return true
    }

    package func endAlarm(_ alarm: String, of server: ServerName) async throws(HomeError) {
        try await peerStore.endAlarm(alarm, of: server)
    }

    /// The peer has our invitation's token.
    package func forgetInvite(to peer: PeerKey) async throws(HomeError) {
        try await peerStore.forgetInvite(to: peer)
    }

    package func outboundLinks() async throws(HomeError) -> [OutboundLink] {
        try await peerStore.outboundLinks()
    }

    /// The lanes of all homeservers that are to hear that this one has started.
    package func linksToGreet() async throws(HomeError) -> [OutboundLink] {
        try await peerStore.linksToGreet()
    }

    /// When the oldest event was committed that waits for a peer, for each peer for which something does.
    package func oldestWaiting() async throws(HomeError) -> [PeerKey: Instant] {
        try await peerStore.oldestWaiting()
    }

    package func outboundLink(to peer: PeerKey) async throws(HomeError) -> OutboundLink? {
        try await peerStore.outboundLink(to: peer)
    }

    /// The id of the event that has this number in our lane to a peer; nil when the outbox does not have it.
    package func outboxEvent(of peer: PeerKey, seq: Int64) async throws(HomeError) -> EventID? {
        try await peerStore.outboxEvent(of: peer, seq: seq)
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

    /// A peer has lost what it had acknowledged behind `seq`, so it is sent again: none of it is deleted meanwhile.
    package func noteRewind(of peer: PeerKey, to seq: Int64) async throws(HomeError) {
        try await peerStore.markRewind(of: peer, to: seq, at: time.now())
    }

    /// The smallest number from which on the outbox holds everything for a peer; nil when it holds nothing.
    package func outboxHeldFrom(of peer: PeerKey) async throws(HomeError) -> Int64? {
        try await peerStore.outboxHeldFrom(of: peer)
    }

    /// Stops the lane to a peer until an operator acts; its queue is kept.
    package func stopLink(_ peer: PeerKey, reason: String) async throws(HomeError) {
        try await peerStore.stopLink(to: peer, reason: reason)
    }

    /// Which epoch of a peer's lane is being applied, and its last applied event; no epoch before the first hello.
    package func inboundPosition(of peer: PeerKey) async throws(HomeError) -> InboundPosition {
        try await peerStore.inboundPosition(of: peer)
    }

    /// Opens a new epoch of a peer's lane, whose next event will have the number `firstSeq`; the same epoch again changes nothing.
    ///
    /// Numbers go on from one epoch to the next. So whoever had another epoch, and lost events with it because his database was restored,
    /// asks for what the sender still holds of them.
    ///
    /// - Parameter heldFrom: The smallest number that the sender still holds; what is missing before it is lost.
    /// - Returns: The position to go on from, and whether it took the place of another epoch.
    package func openInboundEpoch(
        _ epoch: String, firstSeq: Int64, heldFrom: Int64? = nil, of peer: PeerKey
    ) async throws(HomeError) -> (position: InboundPosition, isReplaced: Bool) {
        try await writer.submit(
            OpenInboundEpoch(peer: peer, epoch: epoch, firstSeq: firstSeq, heldFrom: heldFrom ?? firstSeq))
    }
}

private struct OpenInboundEpoch: WriteUnit {
    let peer: PeerKey
    let epoch: String
    let firstSeq: Int64
    let heldFrom: Int64

    func declare(_ needs: inout BatchNeeds) {
        needs.inbound.insert(peer)
    }

    func apply(to batch: inout Batch) throws(HomeError) -> (position: InboundPosition, isReplaced: Bool) {
        guard (1...Int64.max).contains(firstSeq) else {
            throw .invalid(field: "first_seq", problem: "must be at least 1")
        }
        let before = batch.inbound[peer] ?? InboundPosition(epoch: nil, last: 0, lastEvent: nil)
        guard before.epoch != epoch else { return (before, false) }
        let known = before.epoch == nil ? firstSeq - 1 : min(before.last, firstSeq - 1)
        let position = InboundPosition(epoch: epoch, last: max(known, min(heldFrom, firstSeq) - 1), lastEvent: nil)
        batch.inbound[peer] = position
        batch.touchedInbound.insert(peer)
        // One of the two databases is older than it was: what was told of communities may be lost, or void.
        if before.epoch != nil { batch.rows.behindHosts.insert(peer) }
        return (position, before.epoch != nil)
    }
}
