import Wire

extension Home {
    /// What users here have with a peer's, in one hash; nil while there is no lane to it.
    package func rosterDigest(of peer: PeerKey) async throws(HomeError) -> RosterDigest? {
        try await rosterStore.ownDigest(of: peer)
    }

    /// A page of what users here have with a peer's, in the order of their addresses; `last` is the end of the page before.
    package func rosterClaims(
        to peer: PeerKey, after last: RosterClaim?, limit: Int
    ) async throws(HomeError) -> RosterPage? {
        try await rosterStore.claims(to: peer, after: last, limit: limit)
    }

    /// Compares a peer's hash with what users here have with its users.
    package func compareRosters(_ digest: RosterDigest, of peer: Peer) async throws(HomeError) -> RosterVerdict {
        guard let ours = try await rosterStore.mirroredDigest(of: peer.key), ours.mark.covers(digest.mark) else {
            return .later
        }
        return ours.hash == digest.hash ? .agree : .differ
    }

    /// Goes through a page of a peer's claims and puts right what differs, by events of the durable lane.
    ///
    /// The caller has verified that the request comes from `peer`. An end beats a friendship: what one side does not know ends on the
    /// other, unless the side that does not know it has asked for it.
    package func checkRosters(_ page: RosterPage, of peer: Peer) async throws(HomeError) -> RosterVerdict {
        try await peerTurns[peer.key].pass { () async throws(HomeError) in try await check(page, of: peer) }
    }

    private func check(_ page: RosterPage, of peer: Peer) async throws(HomeError) -> RosterVerdict {
        let remote = RemotePeer(key: peer.key, name: peer.name)
        var units: [CheckRosterClaim] = []
        var openRequests: [UserKey: OpenRequests] = [:]
        for claim in page.claims {
            guard claim.user.server == peer.name, claim.friend.server == server else {
                throw .invalid(field: "claims", problem: "name users of other homeservers")
            }
            guard let receiver = try await directory.resolve(claim.friend) else { continue }
            // What could not be asked by an event cannot be claimed either.
            if claim.state == .outgoing, !(try await mayAsk(receiver, claim.user, of: peer.key, &openRequests)) {
                continue
            }
            guard let sender = try await directory.resolve(claim.user, meeting: true) else { continue }
            units.append(
                CheckRosterClaim(
                    claim: claim, mark: page.mark, sender: sender, receiver: receiver,
                    link: PeerLink(peer: remote, answer: ids.next(), newConversation: ids.next())))
        }
        for result in await writer.submit(contentsOf: units) {
            guard try result.get() else { return .later }
        }
        return .checked
    }
}

extension LaneMark {
    /// Whether a lane that is applied up to here has everything up to another mark.
    fileprivate func covers(_ other: LaneMark) -> Bool { epoch == other.epoch && seq >= other.seq }
}

/// One claim of a peer in the Writer; its answer is false when the peer's lane has to be applied further first.
private struct CheckRosterClaim: WriteUnit {
    let claim: RosterClaim
    let mark: LaneMark
    let sender: ResolvedUser
    let receiver: ResolvedUser
    let link: PeerLink

    private var pair: RosterPair { RosterPair(owner: receiver.key, other: sender.key) }
    private var requests: [FriendRequestID] { [claim.request, claim.crossed].compactMap { $0 } }

    func declare(_ needs: inout BatchNeeds) {
        needs.inbound.insert(link.peer.key)
        needs.outbound.insert(link.peer.key)
        needs.rosters.insert(pair)
        needs.requests.formUnion(requests)
        needs.newConversations += 1
    }

    func apply(to batch: inout Batch) throws(HomeError) -> Bool {
        guard let position = batch.inbound[link.peer.key], position.epoch == mark.epoch, position.last >= mark.seq
        else { return false }
        let isOfOthers = requests.contains { id in
            batch.requests[id].map { Set([$0.requester, $0.receiver]) != [sender.key, receiver.key] } ?? false
        }
        guard !isOfOthers else { return true }
        switch claim.state {
        case .friends: checkFriendship(&batch)
        case .outgoing: checkRequest(&batch)
        case .incoming: checkIncoming(&batch)
        }
        return true
    }

    /// They are friends there.
    private func checkFriendship(_ batch: inout Batch) {
        let entry = batch.rosters[pair]
        switch entry?.state ?? .none {
        case .friends:
            break
        case .outgoing:
            // Another request than these is on its way to them, and will be answered.
            guard let own = entry?.request, requests.contains(own) else { return }
            // They accepted it, and the acceptance was lost.
            _ = batch.receiveAccept(own, by: link, from: sender, to: receiver)
        case .incoming where entry?.request != nil, .blocked where entry?.request != nil:
            // The acceptance that made them friends there is not known here any more, and is not the peer's to give. A request of somebody
            // who is blocked waits like any other; only nobody here hears of it.
            guard let id = entry?.request, requests.contains(id) else { return }
            batch.end(id, .removed, by: receiver, sender, event: link.answer)
            if entry?.state == .incoming { batch.tellChange(to: receiver, about: sender, id, .none, reason: .removed) }
        case .none, .incoming, .blocked:
            refuse(.removed, &batch)
        }
    }

    /// One of theirs has asked.
    private func checkRequest(_ batch: inout Batch) {
        let entry = batch.rosters[pair]
        let isKnown = entry?.request == claim.request || entry?.crossed == claim.request
        switch (entry?.state ?? .none, batch.requests[claim.request]?.state) {
        case (.friends, _) where isKnown:
            // It was accepted here, and the acceptance was lost.
            batch.answer(link, from: receiver, to: sender, .friendAccept(claim.request))
        case (.incoming, _) where isKnown, (.blocked, _) where isKnown:
            break
        case (_, nil):
            // The request was lost.
            _ = batch.receiveRequest(claim.request, by: link, from: sender, to: receiver)
        case (.none, .pending), (.blocked, .pending):
            batch.openRequest(claim.request, from: sender, to: receiver, at: batch.now)
        case (_, .pending):
            break
        case (_, .ended), (_, .accepted):
            refuse(.declined, &batch)
        }
    }

    /// One of theirs has been asked.
    private func checkIncoming(_ batch: inout Batch) {
        let entry = batch.rosters[pair]
        switch entry?.state ?? .none {
        case .none: refuse(.withdrawn, &batch)
        // To him his request looks like one that nobody has answered.
        case .blocked: if entry?.request == nil { refuse(.withdrawn, &batch) }
        // Another request of ours takes its place when it arrives; a friendship is our own claim.
        case .outgoing, .incoming, .friends: break
        }
    }

    private func refuse(_ reason: FriendshipChange.Reason, _ batch: inout Batch) {
        batch.answer(link, from: receiver, to: sender, .friendEnd(claim.request, reason))
    }
}
