package import Wire

extension Home {
    /// A community as it was last committed; nil when there is none with this key.
    func community(_ key: CommunityKey) async throws(HomeError) -> Community? {
        if let known = board[key] { return known }
        return try await writer.submit(LoadCommunities(keys: [key])).first
    }

    /// The same by its id, whoever asks.
    func community(called id: CommunityID) async throws(HomeError) -> Community? {
        let key: CommunityKey? =
            if let known = board.key(of: id) { known } else { try await communityStore.key(of: id) }
        guard let key else { return nil }
        return try await community(key)
    }

    /// A community of which the account is a member; to anybody else it is not there.
    package func community(_ id: CommunityID, of account: Account) async throws(HomeError) -> Community {
        guard let community = try await community(called: id), community.members[account.key] != nil else {
            throw .notFound("you are in no such community")
        }
        return community
    }

    /// Loads those that are not in memory, a few at a time, so that no message waits for long.
    func communities(_ keys: [CommunityKey]) async throws(HomeError) -> [Community] {
        let known = board.communities(Set(keys))
        var found = known
        var missing = keys.filter { known[$0] == nil }[...]
        while !missing.isEmpty {
            for community in try await writer.submit(LoadCommunities(keys: Array(missing.prefix(8)))) {
                found[community.key] = community
            }
            missing = missing.dropFirst(8)
        }
        return keys.compactMap { found[$0] }
    }

    /// The one way to change a community: whoever is no member finds none; what a member may is for `work` to check, before it stages anything.
    ///
    /// - Parameters:
    ///   - event: The change's id, minted before the first try.
    ///   - changesSight: Members may come to see channels that they did not.
    ///   - needs: Rows that `work` looks at beside the community.
    ///   - work: Checks and stages; calls `Batch.log` once, unless there is nothing to change.
    /// - Returns: The community after it.
    @discardableResult
    func change(
        _ key: CommunityKey, by account: Account, event: EventID, changesSight: Bool = false,
        needs: @escaping @Sendable (inout BatchNeeds) -> Void = { _ in },
        _ work: @escaping ChangeCommunity.Work
    ) async throws(HomeError) -> Community {
        let answer = try await writer.submit(
            ChangeCommunity(
                community: key, actor: ResolvedUser(account), event: event, changesSight: changesSight, needs: needs,
                work: work))
        guard let answer else { throw .notFound("you are in no such community") }
        return answer
    }

    /// The same for somebody who names the community by its id.
    @discardableResult
    func change(
        _ id: CommunityID, by account: Account, event: EventID, changesSight: Bool = false,
        needs: @escaping @Sendable (CommunityKey, inout BatchNeeds) -> Void = { _, _ in },
        _ work: @escaping ChangeCommunity.Work
    ) async throws(HomeError) -> Community {
        let key = try await community(id, of: account).key
        return try await change(
            key, by: account, event: event, changesSight: changesSight, needs: { needs(key, &$0) }, work)
    }
}

/// A change of a community by a member, in the Writer.
struct ChangeCommunity: WriteUnit {
    /// Is given the community before the change, and who its actor is there.
    typealias Work = @Sendable (inout Batch, Community, Standing) throws(HomeError) -> Void

    let community: CommunityKey
    let actor: ResolvedUser
    let event: EventID
    let changesSight: Bool
    let needs: @Sendable (inout BatchNeeds) -> Void
    let work: Work

    func declare(_ needs: inout BatchNeeds) {
        needs.communities.insert(community)
        if changesSight { needs.channelsOf.insert(community) }
        if needs.mayHaveRun { needs.logged.insert(event) }
        self.needs(&needs)
    }

    func apply(to batch: inout Batch) throws(HomeError) -> Community? {
        // An earlier try committed, and its connection was lost before anybody heard of it.
        if batch.logged.contains(event) { return batch.communities[community] }
        guard let before = batch.communities[community], before.host == nil,
            let standing = before.standing(of: actor.key)
        else {
            throw .notFound("you are in no such community")
        }
        try work(&batch, before, standing)
        batch.tellHomes(since: before, by: actor)
        return batch.communities[community]
    }
}

/// Brings communities into memory: only the Writer does, so that what is there is what was committed last.
private struct LoadCommunities: WriteUnit {
    let keys: [CommunityKey]

    func declare(_ needs: inout BatchNeeds) {
        needs.communities.formUnion(keys)
    }

    func apply(to batch: inout Batch) throws(HomeError) -> [Community] {
        keys.compactMap { batch.communities[$0] }
    }
}

extension ResolvedUser {
    init(_ account: Account) {
        self.init(key: account.key, id: account.id, peer: account.peer)
    }
}

extension Standing {
    /// Throws `forbidden` for whoever lacks a permission in the community.
    func require(_ permission: Permissions, at now: Instant) throws(HomeError) {
        guard permissions(at: now).isSuperset(of: permission) else {
            throw .forbidden("you lack the permission \(permission.names.joined(separator: ", "))")
        }
    }
}
