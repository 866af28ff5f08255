package import Wire

extension Home {
    /// Fails the oldest events that wait for a peer, through `seq`: a dead letter each, its author is told, and its number goes over the
    /// link as `{seq, type: "expired"}`.
    ///
    /// What was on its way in that moment may have arrived all the same. Works in chunks, so that nothing else waits for long.
    ///
    /// - Returns: How many failed.
    @discardableResult
    package func failOutbox(
        of peer: PeerKey, server: ServerName, through seq: Int64, code: OutboxFailure
    ) async throws(HomeError) -> Int {
        var count = 0
        while !Task.isCancelled {
            let (epoch, rows) = try await peerStore.waitingRows(of: peer, through: seq, limit: Self.failureChunk)
            guard !rows.isEmpty else { break }
            var failures: [OutboxRefusal] = []
            for row in rows {
                guard let refusal = try await refusal(of: row, code: code.rawValue) else { continue }
                failures.append(refusal)
            }
            try await writer.submit(FailOutbox(peer: peer, server: server, epoch: epoch, failures: failures))
            count += failures.count
        }
        return count
    }

    private static let failureChunk = 100

    /// A row of the outbox with the people whom its failure concerns; nil when they are not known, which cannot be.
    func refusal(of row: OutboxRow, code: String) async throws(HomeError) -> OutboxRefusal? {
        guard let sender = try await directory.resolve(row.sender) else { return nil }
        var receiver: ResolvedUser?
        if let key = row.receiver { receiver = try await directory.resolve(key) }
        var community: CommunityID?
        let type = PeerEventType(rawValue: row.type)
        if type?.isOfChannel ?? false || type == .communityResync { community = PeerStore.communityID(in: row.json) }
        return OutboxRefusal(
            row: row, code: code, sender: sender, receiver: receiver, request: PeerStore.requestID(in: row.json),
            invite: [PeerEventType.communityAccept, .communityInvite].contains(PeerEventType(rawValue: row.type))
                ? PeerStore.inviteIDs(in: row.json) : nil, community: community)
    }
}

/// One event that does not get through: the peer refused it, or it failed here.
struct OutboxRefusal: Sendable {
    /// With the whole event, for the dead letter.
    let row: OutboxRow
    let code: String
    let sender: ResolvedUser
    /// Nil for what was for the homeserver.
    let receiver: ResolvedUser?
    /// The friend request that the event named, if any.
    let request: FriendRequestID?
    /// The invitation that the event told of, or accepted, if any.
    let invite: (id: ServerInviteID, community: CommunityID)?

    /// The community in which the event says something was said, or of which it asks for everything.
    let community: CommunityID?

    /// The peer knows nothing of a community of which we tell it.
    var isOfNothing: Bool { [RejectionCode.notFound, .forbidden].contains(RejectionCode(rawValue: code)) }

    func declare(_ needs: inout BatchNeeds) {
        if let community, isOfNothing {
            needs.namedCommunities.insert(community)
            needs.channelsOfNamed.insert(community)
            needs.invitesOfNamed.insert(community)
        }
        if let invite {
            needs.consents.insert(invite.community)
            needs.invites.insert(invite.id)
            needs.namedCommunities.insert(invite.community)
        }
        guard let request, let receiver else { return }
        needs.requests.insert(request)
        needs.rosters.formUnion(Batch.sides(sender, receiver))
    }
}

/// Rows that fail here, in order of their numbers.
private struct FailOutbox: WriteUnit {
    let peer: PeerKey
    let server: ServerName
    let epoch: String
    let failures: [OutboxRefusal]

    func declare(_ needs: inout BatchNeeds) {
        needs.outbound.insert(peer)
        for failure in failures { failure.declare(&needs) }
    }

    func apply(to batch: inout Batch) throws(HomeError) {
        guard let link = batch.outbound[peer], link.epoch == epoch else {
            throw .conflict("the lane has begun a new epoch meanwhile")
        }
        // In place: what is refused may have something sent again.
        for failure in failures
        where failure.row.seq > max(link.acked, batch.outbound[peer]?.failedThrough ?? 0) {
            batch.refuse(failure, at: server, epoch: epoch)
            batch.failedOutbox.append((peer, failure.row.seq))
            batch.outbound[peer]?.settle(events: 1, bytes: Int64(failure.row.json.count))
            batch.outbound[peer]?.failedThrough = failure.row.seq
        }
        batch.touchedOutbound.insert(peer)
    }
}

extension Batch {
    /// Keeps an event that did not get through as a dead letter, and tells its author.
    mutating func refuse(_ refusal: OutboxRefusal, at server: ServerName, epoch: String) {
        let row = refusal.row
        newDeadLetters.append(
            DeadLetter(
                direction: .out, peer: row.peer, epoch: epoch, seq: row.seq, event: row.event, type: row.type,
                code: refusal.code, json: row.json, createdAt: now))
        switch PeerEventType(rawValue: row.type) {
        case .directMessage:
            let report = DeliveryReport(
                messageID: MessageID(row.event), server: server, state: .failed, reason: refusal.code)
            tell(Event(to: [row.sender], .delivery(report)))
        case .friendRequest, .friendAccept: undo(refusal)
        case .channelMessage:
            rows.endedSubmissions.insert(MessageID(row.event))
            let report = DeliveryReport(
                messageID: MessageID(row.event), server: server, state: .failed, reason: refusal.code)
            tell(Event(to: [row.sender], .delivery(report)))
        case .communityMessage, .communityMessageDeleted: retell(refusal)
        case .communityResync: forsaken(refusal)
        case .communityInvite:
            // It never reached anybody, so nobody will answer it.
            guard let invite = refusal.invite.flatMap({ invites[$0.id] }), invite.state == .pending else { return }
            settle(invite, .withdrawn)
        case .communityAccept:
            guard let invite = refusal.invite else { return }
            endConsent(of: row.sender, to: invite.community)
            tell(
                Event(
                    to: [row.sender],
                    .serverInviteChanged(
                        ServerInviteChange(
                            id: invite.id, community: invite.community, state: "failed", code: refusal.code))))
        // Of the rest nobody waits for an answer; what a homeserver has lost of a community it asks for itself.
        default: break
        }
    }

    /// A homeserver that knows nothing of a community in which it has members has lost it: it is told everything, and says who is not in.
    private mutating func retell(_ refusal: OutboxRefusal) {
        guard refusal.isOfNothing, let community = refusal.community.flatMap({ community($0) }), community.host == nil,
            let peer = community.homes.first(where: { $0.peer.key == refusal.row.peer })?.peer
        else { return }
        retell(community, to: peer, by: refusal.sender)
    }

    /// A copy's home knows neither the community nor who asked, or has nobody from here in it: that is the end of it here, as with
    /// `community.gone`. A copy that is not behind was told everything meanwhile. Refused otherwise, it asks again (`CopyUpkeep`).
    private mutating func forsaken(_ refusal: OutboxRefusal) {
        guard refusal.code == RejectionCode.notFound.rawValue, let copy = refusal.community.flatMap({ community($0) }),
            copy.host?.key == refusal.row.peer, copy.isBehind
        else { return }
        endCopy(copy, .left)
    }

    /// A request or acceptance that does not get through leaves nothing behind on our side.
    private mutating func undo(_ refusal: OutboxRefusal) {
        guard let receiver = refusal.receiver else { return }
        let pair = RosterPair(owner: refusal.sender.key, other: receiver.key)
        guard let request = refusal.request, let entry = rosters[pair], entry.request == request else { return }
        endFriendship(refusal.sender, receiver)
        tellChange(to: refusal.sender, about: receiver, request, .failed, code: refusal.code)
    }
}
