package import Wire

/// Communities of other homeservers, as far as requests about them are carried there: where, and what is done with the answer. The client API
/// decides by it, at one place.
extension Home {
    // MARK: Where something is hosted

    /// The homeserver of a community of which the account is a member; nil for our own, and for what is none to him.
    package func host(ofCommunity id: CommunityID, for account: Account) async throws(HomeError) -> ServerName? {
        try await HomeError.nilWhereMissing { () async throws(HomeError) in
            try await community(id, of: account).host?.name
        }
    }

    /// The homeserver of a channel that the account sees; nil for one of ours, and for what is none to him.
    package func host(ofChannel id: ConversationID, for account: Account) async throws(HomeError) -> ServerName? {
        try await HomeError.nilWhereMissing { () async throws(HomeError) in
            try await channel(id, of: account).community.host?.name
        }
    }

    /// The homeserver that a link's code names, and the code as it is known there; nil for one of ours, and for what is no code.
    package func host(ofLink text: String) -> (server: ServerName, code: String)? {
        guard let at = text.firstIndex(of: "@"), let name = ServerName(text[text.index(after: at)...]), name != server,
            let code = InviteLinkCode.read(String(text[..<at]), at: server)
        else { return nil }
        return (name, code)
    }

    // MARK: At the user's homeserver

    /// Asks another homeserver for a user of ours. After a change it waits until what that caused is here too, so that he reads what he wrote;
    /// where that takes longer than `Limits.laneWait`, he is answered all the same.
    package func carry(_ call: CarriedCall, to host: ServerName) async throws(HomeError) -> CarriedAnswer {
        let answer = try await ask(host, call)
        if call.method != "GET", let place = answer.lane, let peer = try await peer(named: host) {
            try await awaitLane(of: peer.key, place)
        }
        return answer
    }

    /// Whether what is kept here of a community has the account as a member.
    package func isMember(_ account: Account, of id: CommunityID) async throws(HomeError) -> Bool {
        try await HomeError.nilWhereMissing { () async throws(HomeError) in try await community(id, of: account) }
            != nil
    }

    private func awaitLane(of peer: PeerKey, _ place: CarriedAnswer.Place) async throws(HomeError) {
        let waiter = laneWaits.begin(peer, place)
        defer { laneWaits.end(waiter, of: peer) }
        let position = try await inboundPosition(of: peer)
        guard position.epoch != place.epoch || position.last < place.seq else {
            // Committed, but what is in memory follows a moment later: with the next batch it is there.
            return try await writer.submit(Barrier())
        }
        await waiter.arrived.wait(atMost: Limits.laneWait)
    }

    /// Where the account stands in those of these channels that he sees: what only his own homeserver knows of him.
    package func channelSummaries(
        in channels: Set<ConversationID>, for account: Account
    ) async throws(HomeError) -> [ConversationID: ChannelSummary] {
        var communities: [CommunityID: Community] = [:]
        for id in channels {
            let view = try await HomeError.nilWhereMissing { () async throws(HomeError) in
                try await channel(id, of: account)
            }
            if let community = view?.community { communities[community.id] = community }
        }
        let known = try await channelSummaries(of: account, in: Array(communities.values))
        return Dictionary(known.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// What users of this homeserver show of themselves; to whom somebody has blocked he is offline.
    package func shown(
        _ users: Set<UserID>, to account: Account
    ) async throws(HomeError) -> [UserID: ShownPresence] {
        let hidden = try await friendStore.blockers(of: account.key)
        var keys: [UserID: UserKey] = [:]
        for id in users where id.server == server { keys[id] = try await directory.resolve(id)?.key }
        let online = presence.shown(among: Array(keys.values))
        return keys.mapValues { online.contains($0) && !hidden.contains($0) ? .online : .unknown }
    }

    // MARK: At the host

    /// The peer's user for whom a call is made. Of one whom nobody here has dealt with no row is made: he gets a key that is no row's, and is
    /// to everything what nobody is.
    package func caller(_ user: UserID, of peer: Peer) async throws(HomeError) -> Account {
        let remote = RemotePeer(key: peer.key, name: peer.name)
        guard let known = try await directory.resolve(user) else {
            return Account(key: .ofStranger(user), id: user, peer: remote)
        }
        return Account(key: known.key, id: user, peer: remote)
    }

    /// The account as one whose key is a row's.
    func met(_ account: Account) async throws(HomeError) -> ResolvedUser {
        guard account.key.isOfStranger else { return ResolvedUser(account) }
        guard let user = try await directory.resolve(account.id, meeting: true) else { throw .internal }
        return user
    }

    /// The last number of our durable lane to a peer; nil when there is none.
    package func endOfLane(to peer: PeerKey) async throws(HomeError) -> CarriedAnswer.Place? {
        try await outboundLink(to: peer).map { CarriedAnswer.Place(epoch: $0.epoch, seq: $0.last) }
    }
}

/// Does nothing: when it is done everything is in memory that was committed before it was handed over.
private struct Barrier: WriteUnit {
    func declare(_ needs: inout BatchNeeds) {}
    func apply(to batch: inout Batch) throws(HomeError) {}
}

extension UserKey {
    /// Below the keys of rows, and one for each address, so that what is counted by keys counts strangers apart.
    fileprivate static func ofStranger(_ user: UserID) -> UserKey {
        UserKey(Int64(bitPattern: UInt64(bitPattern: Int64(user.hashValue)) | 1 << 63))
    }

    fileprivate var isOfStranger: Bool { value < 0 }
}

extension HomeError {
    /// What `body` finds; nil where it says that there is nothing.
    fileprivate static func nilWhereMissing<Value>(
        _ body: () async throws(HomeError) -> Value?
    ) async throws(HomeError) -> Value? {
        do throws(HomeError) {
            return try await body()
        } catch .notFound {
            return nil
        }
    }
}
