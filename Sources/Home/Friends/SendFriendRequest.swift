package import Wire

extension Home {
    /// Asks somebody to be a friend. Asking again changes nothing; asking somebody who has asked makes both friends.
    package func sendFriendRequest(
        to receiver: UserID, from account: Account
    ) async throws(HomeError) -> FriendRequestReceipt {
        guard receiver != account.id else { throw .invalid(field: "user_id", problem: "is yourself") }
        guard let receiver = try await directory.resolve(receiver, meeting: true) else {
            throw .notFound("no user has the address in user_id")
        }
        return try await writer.submit(
            SendFriendRequest(
                requester: ResolvedUser(key: account.key, id: account.id, peer: nil), receiver: receiver,
                id: ids.next(),
                acceptance: ids.next(), newConversation: ids.next()))
    }
}

private struct SendFriendRequest: WriteUnit {
    let requester: ResolvedUser
    let receiver: ResolvedUser
    let id: FriendRequestID
    /// The event's id, should the request turn out to be an answer.
    let acceptance: EventID
    let newConversation: ConversationID

    private var pair: RosterPair { RosterPair(owner: requester.key, other: receiver.key) }

    func declare(_ needs: inout BatchNeeds) {
        needs.rosters.formUnion(Batch.sides(requester, receiver))
        needs.requests.insert(id)
        needs.newConversations += 1
        if let peer = receiver.peer { needs.outbound.insert(peer.key) }
    }

    func apply(to batch: inout Batch) throws(HomeError) -> FriendRequestReceipt {
        let entry = batch.rosters[pair]
        switch (entry?.state ?? .none, entry?.request) {
        case (.friends, let request):
            guard batch.mayHaveRun, let request else { throw .conflict("you are friends already") }
            return receipt(request, .friends)
        case (.outgoing, let request?):
            return receipt(request, receiver.peer == nil ? .pending : .queued)
        case (.incoming, let request?):
            try AcceptRequest.accept(
                request, by: requester, requester: receiver, event: acceptance, newConversation: newConversation, &batch
            )
            return receipt(request, .friends)
        case (.blocked, _):
            throw .blocked
        case (.none, _), (.outgoing, nil), (.incoming, nil):
            guard let peer = receiver.peer else {
                batch.openRequest(id, from: requester, to: receiver, at: batch.now)
                return receipt(id, .pending)
            }
            guard !batch.isBlocked(peer) else { throw .blocked }
            guard !batch.isLimited(peer) else {
                throw .forbidden("this homeserver takes no new friend requests to or from \(peer.name)")
            }
            let seq = batch.nextOutboxSeq(for: peer.key)
            batch.openRequest(id, from: requester, to: receiver, at: batch.now, outSeq: seq)
            batch.enqueue(
                OutgoingEvent(
                    id: EventID(id), sender: requester, receiver: receiver, timestamp: batch.now,
                    payload: .friendRequest(id)), to: peer)
            return receipt(id, .queued)
        }
    }

    private func receipt(_ id: FriendRequestID, _ state: FriendRequestReceipt.State) -> FriendRequestReceipt {
        FriendRequestReceipt(requestID: id, receiver: receiver.id, state: state)
    }
}
