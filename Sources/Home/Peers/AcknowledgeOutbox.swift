package import Wire

extension Home {
    /// Takes a peer's acknowledgement: everything through `through` is committed there, except what it rejected.
    ///
    /// Authors are told `delivered` or `failed`; a rejected event becomes a dead letter. Throws `conflict` when the peer acknowledges
    /// what was never sent, or another epoch: one of the two databases was rolled back.
    package func acknowledge(
        _ peer: PeerKey, server: ServerName, epoch: String, through: Int64, rejected: [RejectedEvent]
    ) async throws(HomeError) {
        var refusals: [Int64: OutboxRefusal] = [:]
        if !rejected.isEmpty {
            let codes = Dictionary(rejected.map { ($0.seq, $0.code) }, uniquingKeysWith: { first, _ in first })
            for row in try await peerStore.outboxRows(of: peer, seqs: rejected.map(\.seq)) {
                guard let code = codes[row.seq],
                    let sender = try await directory.resolve(row.sender),
                    let receiver = try await directory.resolve(row.receiver)
                else { continue }
                refusals[row.seq] = OutboxRefusal(
                    code: code, sender: sender, receiver: receiver, request: row.requestID, json: row.json)
            }
        }
        try await writer.submit(
            AcknowledgeOutbox(peer: peer, server: server, epoch: epoch, through: through, refusals: refusals),
            patience: Self.acknowledgementPatience)
    }

    /// How long an acknowledgement waits for a batch to go with before it gets one of its own: a commit each would cost as much as
    /// the messages themselves.
    private static let acknowledgementPatience = Duration.milliseconds(5)

    /// Tells the authors of everything that waits for this peer since before `instant`, once, that it is delayed.
    package func markDelayed(_ peer: PeerKey, server: ServerName, olderThan instant: Instant) async throws(HomeError) {
        guard let through = try await peerStore.lastOverdue(of: peer, olderThan: instant) else { return }
        try await writer.submit(MarkDelayed(peer: peer, server: server, through: through))
    }
}

/// What becomes of one event that the peer refused.
struct OutboxRefusal: Sendable {
    let code: String
    let sender: ResolvedUser
    let receiver: ResolvedUser
    /// The friend request that the event named, if any.
    let request: FriendRequestID?
    /// The whole event, for the dead letter.
    let json: [UInt8]
}

private struct AcknowledgeOutbox: WriteUnit {
    let peer: PeerKey
    let server: ServerName
    let epoch: String
    let through: Int64
    let refusals: [Int64: OutboxRefusal]

    func declare(_ needs: inout BatchNeeds) {
        needs.outbound.insert(peer)
        needs.acknowledged[peer] = max(through, needs.acknowledged[peer] ?? 0)
        for refusal in refusals.values {
            guard let request = refusal.request else { continue }
            needs.requests.insert(request)
            needs.rosters.formUnion(Batch.sides(refusal.sender, refusal.receiver))
        }
    }

    func apply(to batch: inout Batch) throws(HomeError) {
        guard var link = batch.outbound[peer], link.epoch == epoch, through <= link.last else {
            throw .conflict("the peer acknowledges what was not sent")
        }
        guard through > link.acked else { return }
        for row in batch.acknowledged[peer] ?? [] where row.seq > link.acked && row.seq <= through {
            if let refusal = refusals[row.seq] {
                refuse(row, refusal, &batch)
            } else if row.type == PeerEventType.directMessage.rawValue {
                tell(row, .delivered, nil, &batch)
            }
        }
        link.acked = through
        batch.outbound[peer] = link
        batch.touchedOutbound.insert(peer)
    }

    private func refuse(_ row: QueuedEvent, _ refusal: OutboxRefusal, _ batch: inout Batch) {
        batch.newDeadLetters.append(
            DeadLetter(
                direction: .out, peer: peer, epoch: epoch, seq: row.seq, event: row.event, type: row.type,
                code: refusal.code, json: refusal.json, createdAt: batch.now))
        switch PeerEventType(rawValue: row.type) {
        case .directMessage: tell(row, .failed, refusal.code, &batch)
        case .friendRequest, .friendAccept: undo(refusal, &batch)
        case .friendEnd, nil: break
        }
    }

    /// A request or acceptance that the peer does not take leaves nothing behind on our side.
    private func undo(_ refusal: OutboxRefusal, _ batch: inout Batch) {
        let pair = RosterPair(owner: refusal.sender.key, other: refusal.receiver.key)
        guard let request = refusal.request, let entry = batch.rosters[pair], entry.request == request else { return }
        batch.endFriendship(refusal.sender, refusal.receiver)
        batch.tellChange(to: refusal.sender, about: refusal.receiver, request, .failed, code: refusal.code)
    }

    private func tell(_ row: QueuedEvent, _ state: DeliveryReport.State, _ reason: String?, _ batch: inout Batch) {
        let report = DeliveryReport(messageID: MessageID(row.event), server: server, state: state, reason: reason)
        batch.tell(Event(to: [row.sender], .delivery(report)))
    }
}

private struct MarkDelayed: WriteUnit {
    let peer: PeerKey
    let server: ServerName
    let through: Int64

    func declare(_ needs: inout BatchNeeds) {
        needs.outbound.insert(peer)
        needs.overdue[peer] = max(through, needs.overdue[peer] ?? 0)
    }

    func apply(to batch: inout Batch) throws(HomeError) {
        guard var link = batch.outbound[peer] else { return }
        let told = max(link.acked, link.delayedThrough)
        for row in batch.overdue[peer] ?? [] where row.seq > told && row.seq <= through {
            guard row.type == PeerEventType.directMessage.rawValue else { continue }
            let report = DeliveryReport(messageID: MessageID(row.event), server: server, state: .delayed)
            batch.tell(Event(to: [row.sender], .delivery(report)))
        }
        guard through > link.delayedThrough else { return }
        link.delayedThrough = through
        batch.outbound[peer] = link
        batch.touchedOutbound.insert(peer)
    }
}
