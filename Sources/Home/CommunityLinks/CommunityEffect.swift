import Wire

/// What an event of a link does to communities, in the Writer: a part of the unit that applies it (`ApplyPeerEvent`).
protocol CommunityEffect: Sendable {
    func declare(_ needs: inout BatchNeeds)
    /// Applies it, or says why not; in the second case nothing is staged, unless it answers the peer.
    func apply(to batch: inout Batch, by peer: RemotePeer) -> RejectionCode?
}

extension Batch {
    /// A community by the id that a peer has named; the unit has declared it.
    func community(_ id: CommunityID) -> Community? { communities.values.first { $0.id == id } }

    /// Whether somebody here is invited into a copied community, or has asked to come in; the unit has declared both.
    func isAwaited(_ copy: Community) -> Bool {
        invites.values.contains { $0.community == copy.key && $0.state == .pending }
            || consents.contains { $0.community == copy.id && $0.host == copy.host?.key }
    }

    /// A copy of a community that the peer hosts; for what is hosted elsewhere it has no say.
    func copy(_ id: CommunityID, of peer: RemotePeer) throws(RejectionError) -> Community {
        guard let community = community(id) else { throw RejectionError(.notFound) }
        guard community.host == peer else { throw RejectionError(.forbidden) }
        return community
    }

    /// Events of a copy were lost: its home will be asked to tell everything anew (`CopyUpkeep`).
    mutating func markBehind(_ key: CommunityKey) {
        communities[key]?.isBehind = true
        rows.communities.insert(key)
    }

    /// A number of a copied channel is missing: nothing behind it is taken until it has been fetched (`CopyUpkeep`).
    mutating func markBehind(_ channel: Channel, of key: CommunityKey) {
        guard !channel.isBehind else { return }
        var channel = channel
        channel.isBehind = true
        setChannel(channel, of: key)
    }
}

extension HomeError {
    /// What the peer whose user asked is told.
    var rejection: RejectionCode {
        switch self {
        case .forbidden, .notFriends, .blocked: .forbidden
        case .notFound: .notFound
        case .invalid: .invalid
        case .tooLarge: .tooLarge
        case .rateLimited: .rateLimited
        case .slowMode: .slowMode
        case .conflict: .conflict
        case .unauthorized, .remoteUnreachable, .unavailable, .internal: .internal
        }
    }
}
