package import Wire

extension Home {
    /// Accepts a request that one has got; accepting it again changes nothing.
    package func acceptFriendRequest(_ id: FriendRequestID, by account: Account) async throws(HomeError) {
        let other = try await partner(in: id, of: account)
        try await writer.submit(
            AcceptRequest(
                id: id, account: local(account), requester: other, event: ids.next(), newConversation: ids.next()))
    }

    /// Declines a request that one has got.
    package func declineFriendRequest(_ id: FriendRequestID, by account: Account) async throws(HomeError) {
        try await end(id, by: account, .declined)
    }

    /// Takes back a request that one has sent.
    package func withdrawFriendRequest(_ id: FriendRequestID, by account: Account) async throws(HomeError) {
        try await end(id, by: account, .withdrawn)
    }

    /// Ends a friendship; the conversation and its history stay.
    package func removeFriend(_ other: UserID, by account: Account) async throws(HomeError) {
        guard let other = try await directory.resolve(other) else { throw .notFound("you have no such friend") }
        try await writer.submit(
            EndFriendship(account: local(account), other: other, request: nil, reason: .removed, event: ids.next()))
    }

    private func end(
        _ id: FriendRequestID, by account: Account, _ reason: FriendshipChange.Reason
    ) async throws(HomeError) {
        let other = try await partner(in: id, of: account)
        try await writer.submit(
            EndFriendship(account: local(account), other: other, request: id, reason: reason, event: ids.next()))
    }

    /// The acting account as the Writer's units take it.
    func local(_ account: Account) -> ResolvedUser {
        ResolvedUser(key: account.key, id: account.id, peer: nil)
    }

    /// The other person of a request; a request between others does not exist as far as this account may know.
    private func partner(in id: FriendRequestID, of account: Account) async throws(HomeError) -> ResolvedUser {
        guard let partner = try await friendStore.partner(in: id, of: account.key) else {
            throw .notFound("you have no such friend request")
        }
        return partner
    }
}

/// A local user accepts a request.
struct AcceptRequest: WriteUnit {
    let id: FriendRequestID
    let account: ResolvedUser
    let requester: ResolvedUser
    let event: EventID
    let newConversation: ConversationID

    func declare(_ needs: inout BatchNeeds) {
        needs.rosters.formUnion(Batch.sides(account, requester))
        needs.requests.insert(id)
        needs.newConversations += 1
        if let peer = requester.peer { needs.outbound.insert(peer.key) }
    }

    func apply(to batch: inout Batch) throws(HomeError) {
        try Self.accept(id, by: account, requester: requester, event: event, newConversation: newConversation, &batch)
    }

    static func accept(
        _ id: FriendRequestID, by account: ResolvedUser, requester: ResolvedUser, event: EventID,
        newConversation: ConversationID, _ batch: inout Batch
    ) throws(HomeError) {
        guard let entry = batch.rosters[RosterPair(owner: account.key, other: requester.key)],
            batch.requests[id]?.receiver == account.key, entry.request == id, entry.state != .blocked
        else { throw .notFound("you have no such friend request") }
        // Accepted before: by another of one's devices, or by a try whose connection was lost.
        guard entry.state == .incoming else { return }
        if let peer = requester.peer, batch.isBlocked(peer) { throw .blocked }
        batch.befriend(account, requester, request: id, newConversation: newConversation)
        batch.tellChange(to: account, about: requester, id, .friends)
        guard let peer = requester.peer else {
            return batch.tellAccepted(id, by: account, to: requester)
        }
        batch.enqueue(
            OutgoingEvent(
                id: event, sender: account, receiver: requester, timestamp: batch.now, payload: .friendAccept(id)),
            to: peer)
    }
}

/// A local user declines, withdraws or removes.
private struct EndFriendship: WriteUnit {
    let account: ResolvedUser
    let other: ResolvedUser
    /// Nil: whatever made them friends.
    let request: FriendRequestID?
    let reason: FriendshipChange.Reason
    let event: EventID

    func declare(_ needs: inout BatchNeeds) {
        needs.rosters.formUnion(Batch.sides(account, other))
        if let request { needs.requests.insert(request) }
        if let peer = other.peer { needs.outbound.insert(peer.key) }
    }

    func apply(to batch: inout Batch) throws(HomeError) {
        let wanted: RosterEntry.State =
            switch reason {
            case .withdrawn: .outgoing
            case .declined: .incoming
            case .removed, .unblocked: .friends
            }
        guard let entry = batch.rosters[RosterPair(owner: account.key, other: other.key)], let id = entry.request,
            entry.state == wanted, request == nil || request == id
        else {
            if batch.mayHaveRun, let request, batch.requests[request]?.state == .ended { return }
            throw .notFound(reason == .removed ? "you have no such friend" : "you have no such friend request")
        }
        batch.tellChange(to: account, about: other, id, .none, reason: reason)
        batch.end(id, reason, by: account, other, event: event)
    }
}
