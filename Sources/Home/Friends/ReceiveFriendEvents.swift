import Wire

/// The peer whose word is applied, and what an answer to it needs.
struct PeerLink: Sendable {
    let peer: RemotePeer
    /// The id of an event that answers, should an answer be needed.
    let answer: EventID
    let newConversation: ConversationID
}

/// What a peer's user asks, accepts and ends, applied to the local side (`federation.md`, "Friendship over a link").
extension Batch {
    mutating func receiveRequest(
        _ id: FriendRequestID, by link: PeerLink, from sender: ResolvedUser, to receiver: ResolvedUser
    ) -> RejectionCode? {
        if let known = requests[id] {
            // Told before, accepted before, or ended meanwhile: an end beats whatever comes late.
            return known.requester == sender.key && known.receiver == receiver.key ? nil : .conflict
        }
        let entry = rosters[RosterPair(owner: receiver.key, other: sender.key)]
        switch (entry?.state ?? .none, entry?.request) {
        case (.outgoing, let own?):
            // SPEC: crossing requests become friends. The peer finds the same when our request reaches it.
            remember(id, from: sender, to: receiver)
            befriend(receiver, sender, request: own, crossed: id, newConversation: link.newConversation)
            tellAccepted(own, by: sender, to: receiver)
        case (.friends, let older):
            // Their side lost the friendship (a restored backup): ours still wants it.
            remember(id, from: sender, to: receiver)
            befriend(receiver, sender, request: id, crossed: older, newConversation: link.newConversation)
            answer(link, from: receiver, to: sender, .friendAccept(id))
        case (.incoming, let older), (.blocked, let older):
            guard !isLimited(link.peer) else { return .limited }
            if let older { settle(older, .ended) }
            openRequest(id, from: sender, to: receiver, at: now)
        case (.none, _), (.outgoing, nil):
            guard !isLimited(link.peer) else { return .limited }
            openRequest(id, from: sender, to: receiver, at: now)
        }
        return nil
    }

    mutating func receiveAccept(
        _ id: FriendRequestID, by link: PeerLink, from sender: ResolvedUser, to receiver: ResolvedUser
    ) -> RejectionCode? {
        if let known = requests[id], known.requester != receiver.key || known.receiver != sender.key {
            return .conflict
        }
        let entry = rosters[RosterPair(owner: receiver.key, other: sender.key)]
        guard let request = requests[id], request.state != .ended, let entry, entry.request == id || entry.crossed == id
        else {
            // SPEC: an accept of an ended request is answered by an end, so that the other side ends too.
            answer(link, from: receiver, to: sender, .friendEnd(id, .removed))
            return nil
        }
        guard entry.state == .outgoing else { return nil }
        befriend(receiver, sender, request: id, newConversation: link.newConversation)
        tellAccepted(id, by: sender, to: receiver)
        return nil
    }

    mutating func receiveEnd(
        _ id: FriendRequestID, _ reason: FriendshipChange.Reason, by link: PeerLink, from sender: ResolvedUser,
        to receiver: ResolvedUser
    ) -> RejectionCode? {
        if let known = requests[id], Set([known.requester, known.receiver]) != [sender.key, receiver.key] {
            return .conflict
        }
        if requests[id] == nil {
            // An end that overtook its request, in a new epoch: the request must not rise when it comes.
            remember(id, from: sender, to: receiver)
        }
        settle(id, .ended)
        let pair = RosterPair(owner: receiver.key, other: sender.key)
        guard let entry = rosters[pair], entry.state != .none else { return nil }
        if reason == .withdrawn, entry.crossed == id, let own = entry.request {
            // They withdrew before our crossing request reached them: ours still stands, and theirs will see it as incoming.
            setRoster(pair) { entry in
                entry.state = .outgoing
                entry.crossed = nil
            }
            settle(own, .pending)
            tellChange(to: receiver, about: sender, own, .outgoing)
            return nil
        }
        guard entry.request == id || entry.crossed == id else { return nil }
        endFriendship(receiver, sender)
        guard entry.state != .blocked else { return nil }
        tellChange(to: receiver, about: sender, entry.request ?? id, .none, reason: reason)
        return nil
    }

    private mutating func remember(_ id: FriendRequestID, from requester: ResolvedUser, to receiver: ResolvedUser) {
        setRequest(
            StoredFriendRequest(
                id: id, requester: requester.key, receiver: receiver.key, state: .pending, outSeq: nil, createdAt: now))
    }

    mutating func answer(
        _ link: PeerLink, from user: ResolvedUser, to other: ResolvedUser, _ payload: OutgoingEvent.Payload
    ) {
        enqueue(
            OutgoingEvent(id: link.answer, sender: user, receiver: other, timestamp: now, payload: payload),
            to: link.peer)
    }
}
