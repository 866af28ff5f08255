import Wire

/// The transitions of friendships, one method each, for commands of local users and events of peers alike.
///
/// Each home owns its own side of a friendship: a side is the roster entry of a local user. `setSides` changes every side that
/// lives here (both for two local users). An end beats an accept: a request that has ended never comes back.
extension Batch {
    /// The pairs whose roster entries live on this homeserver.
    static func sides(_ a: ResolvedUser, _ b: ResolvedUser) -> [RosterPair] {
        var sides: [RosterPair] = []
        if a.peer == nil { sides.append(RosterPair(owner: a.key, other: b.key)) }
        if b.peer == nil { sides.append(RosterPair(owner: b.key, other: a.key)) }
        return sides
    }

    /// Opens a request: outgoing at a local requester's side, incoming at a local receiver's.
    mutating func openRequest(
        _ id: FriendRequestID, from requester: ResolvedUser, to receiver: ResolvedUser, at instant: Instant,
        outSeq: Int64? = nil
    ) {
        setRequest(
            StoredFriendRequest(
                id: id, requester: requester.key, receiver: receiver.key, state: .pending, outSeq: outSeq,
                createdAt: instant))
        if requester.peer == nil {
            setRoster(RosterPair(owner: requester.key, other: receiver.key)) { $0.open(.outgoing, id) }
            tellChange(to: requester, about: receiver, id, .outgoing)
        }
        if receiver.peer == nil {
            let side = RosterPair(owner: receiver.key, other: requester.key)
            // A blocked one's request waits unseen: to him it looks like one that nobody answers.
            guard rosters[side]?.state != .blocked else { return setRoster(side) { $0.request = id } }
            setRoster(side) { $0.open(.incoming, id) }
            tellRequest(id, from: requester, to: receiver, at: instant)
        }
    }

    /// Makes two users friends by a request that one of them sent; `crossed` is the other's own request, if he had sent one too.
    mutating func befriend(
        _ a: ResolvedUser, _ b: ResolvedUser, request: FriendRequestID, crossed: FriendRequestID? = nil,
        newConversation: ConversationID
    ) {
        let sides = Self.sides(a, b)
        let known = sides.compactMap { rosters[$0]?.conversation }.first
        let conversation = known ?? makeConversation(id: newConversation)
        for side in sides {
            setRoster(side) { entry in
                entry.state = .friends
                entry.request = request
                entry.crossed = crossed
                entry.conversation = conversation
            }
        }
        for id in [request, crossed].compactMap({ $0 }) { settle(id, .accepted) }
        presenceNews.append(.befriended(a, b))
    }

    /// A local user ends what he has with another, who is told of it: here, or by his homeserver.
    mutating func end(
        _ id: FriendRequestID, _ reason: FriendshipChange.Reason, by account: ResolvedUser, _ other: ResolvedUser,
        event: EventID
    ) {
        let hasBlocked = rosters[RosterPair(owner: other.key, other: account.key)]?.state == .blocked
        endFriendship(account, other)
        if !hasBlocked { tellChange(to: other, about: account, id, .none, reason: reason) }
        // A peer that the operator has blocked is told nothing; what its user sends once it is allowed again is answered by what holds here.
        guard let peer = other.peer, !isBlocked(peer) else { return }
        enqueue(
            OutgoingEvent(
                id: event, sender: account, receiver: other, timestamp: now, payload: .friendEnd(id, reason)),
            to: peer)
    }

    /// Ends whatever the two have with each other, and the requests it came from; a block stays.
    mutating func endFriendship(_ a: ResolvedUser, _ b: ResolvedUser) {
        for side in Self.sides(a, b) {
            let entry = rosters[side]
            for id in [entry?.request, entry?.crossed].compactMap({ $0 }) { settle(id, .ended) }
            setRoster(side) { entry in
                if entry.state != .blocked { entry.state = .none }
                entry.request = nil
                entry.crossed = nil
            }
        }
    }

    mutating func settle(_ id: FriendRequestID, _ state: StoredFriendRequest.State) {
        guard var request = requests[id] else { return }
        request.state = state
        setRequest(request)
    }

    // MARK: - Telling

    mutating func tellRequest(
        _ id: FriendRequestID, from requester: ResolvedUser, to receiver: ResolvedUser, at instant: Instant
    ) {
        tell(
            Event(
                to: [receiver.key],
                .newFriendRequest(FriendRequestNotice(requestID: id, user: requester.id, timestamp: instant))))
    }

    mutating func tellAccepted(_ id: FriendRequestID, by user: ResolvedUser, to requester: ResolvedUser) {
        tell(
            Event(
                to: [requester.key],
                .friendRequestAccepted(FriendRequestNotice(requestID: id, user: user.id, timestamp: now))))
    }

    mutating func tellChange(
        to user: ResolvedUser, about other: ResolvedUser, _ id: FriendRequestID?, _ state: FriendshipChange.State,
        reason: FriendshipChange.Reason? = nil, code: String? = nil
    ) {
        guard user.peer == nil else { return }
        tell(
            Event(
                to: [user.key],
                .friendshipChanged(
                    FriendshipChange(user: other.id, requestID: id, state: state, reason: reason, code: code))))
    }
}

extension RosterEntry {
    fileprivate mutating func open(_ state: State, _ id: FriendRequestID) {
        self.state = state
        request = id
        crossed = nil
    }
}
