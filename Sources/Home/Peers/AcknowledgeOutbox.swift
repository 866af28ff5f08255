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
                guard let code = codes[row.seq] else { continue }
                refusals[row.seq] = try await refusal(of: row, code: code)
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

private struct AcknowledgeOutbox: WriteUnit {
    let peer: PeerKey
    let server: ServerName
    let epoch: String
    let through: Int64
    let refusals: [Int64: OutboxRefusal]

    func declare(_ needs: inout BatchNeeds) {
        needs.outbound.insert(peer)
        needs.acknowledged[peer] = max(through, needs.acknowledged[peer] ?? 0)
        for refusal in refusals.values { refusal.declare(&needs) }
    }

    func apply(to batch: inout Batch) throws(HomeError) {
        guard let link = batch.outbound[peer], link.epoch == epoch, through <= link.last else {
            throw .conflict("the peer acknowledges what was not sent")
        }
        guard through > link.acked else { return }
        // In place: what is refused may have something sent again.
        for row in batch.acknowledged[peer] ?? [] where row.seq > link.acked && row.seq <= through {
            // What failed here has been told, and counts for nothing any more.
            guard row.type != PeerEventType.expired, row.seq > link.failedThrough else { continue }
            batch.outbound[peer]?.settle(events: 1, bytes: row.bytes)
            if let refusal = refusals[row.seq] {
                batch.refuse(refusal, at: server, epoch: epoch)
            } else if row.type == PeerEventType.directMessage.rawValue {
                let report = DeliveryReport(messageID: MessageID(row.event), server: server, state: .delivered)
                batch.tell(Event(to: [row.sender], .delivery(report)))
            }
        }
        batch.outbound[peer]?.acked = through
        batch.touchedOutbound.insert(peer)
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
            guard [PeerEventType.directMessage.rawValue, PeerEventType.channelMessage.rawValue].contains(row.type)
            else { continue }
            let report = DeliveryReport(messageID: MessageID(row.event), server: server, state: .delayed)
            batch.tell(Event(to: [row.sender], .delivery(report)))
        }
        guard through > link.delayedThrough else { return }
        link.delayedThrough = through
        batch.outbound[peer] = link
        batch.touchedOutbound.insert(peer)
    }
}
