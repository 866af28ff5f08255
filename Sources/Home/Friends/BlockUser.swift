package import Wire

extension Home {
    /// Blocks somebody: what the two had ends, and nothing of him is taken any more. Blocking again changes nothing.
    package func block(_ other: UserID, by account: Account) async throws(HomeError) {
        guard other != account.id else { throw .invalid(field: "address", problem: "is yourself") }
        guard let other = try await directory.resolve(other, meeting: true) else {
            throw .notFound("no user has this address")
        }
        guard try await friendStore.countBlocked(by: account.key) < Limits.blocks else {
            guard try await friendStore.hasBlocked(other.key, by: account.key) else {
                throw .conflict("you have blocked \(Limits.blocks) people, which is the most")
            }
            return
        }
        try await writer.submit(BlockUser(account: local(account), other: other, event: ids.next()))
    }

    /// Ends a block. No friendship comes back; a request that the other has sent meanwhile comes up.
    package func unblock(_ other: UserID, by account: Account) async throws(HomeError) {
        guard let other = try await directory.resolve(other) else { throw .notFound("you have not blocked this user") }
        try await writer.submit(UnblockUser(account: local(account), other: other))
    }
}

/// A local user blocks. The other learns what he would learn from an end of another kind: removed, declined or withdrawn.
private struct BlockUser: WriteUnit {
    let account: ResolvedUser
    let other: ResolvedUser
    let event: EventID

    private var pair: RosterPair { RosterPair(owner: account.key, other: other.key) }

    func declare(_ needs: inout BatchNeeds) {
        needs.rosters.formUnion(Batch.sides(account, other))
        if let peer = other.peer { needs.outbound.insert(peer.key) }
    }

    func apply(to batch: inout Batch) throws(HomeError) {
        let before = batch.rosters[pair]
        guard before?.state != .blocked else { return }
        let reason: FriendshipChange.Reason? =
            switch before?.state {
            case .friends: .removed
            case .incoming: .declined
            case .outgoing: .withdrawn
            case .some(.none), .blocked, nil: nil
            }
        if let id = before?.request, let reason { batch.end(id, reason, by: account, other, event: event) }
        batch.setRoster(pair) { $0.state = .blocked }
        batch.tellChange(to: account, about: other, before?.request, .blocked)
    }
}

private struct UnblockUser: WriteUnit {
    let account: ResolvedUser
    let other: ResolvedUser

    private var pair: RosterPair { RosterPair(owner: account.key, other: other.key) }

    func declare(_ needs: inout BatchNeeds) {
        needs.rosters.formUnion(Batch.sides(account, other))
    }

    func apply(to batch: inout Batch) throws(HomeError) {
        guard let entry = batch.rosters[pair], entry.state == .blocked else {
            if batch.mayHaveRun { return }
            throw .notFound("you have not blocked this user")
        }
        batch.setRoster(pair) { $0.state = .none }
        batch.tellChange(to: account, about: other, nil, .none, reason: .unblocked)
        guard let id = entry.request, let request = batch.requests[id], request.state == .pending else { return }
        batch.setRoster(pair) { $0.state = .incoming }
        batch.tellRequest(id, from: other, to: account, at: request.createdAt)
    }
}
