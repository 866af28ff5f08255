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

    /// A number of a copied channel is missing, and its home has named this one: nothing is taken until all through it has been fetched
    /// (`FillHole`).
    mutating func markBehind(_ channel: Channel, through seq: Int64, of key: CommunityKey) {
        guard seq > channel.behindThrough ?? 0 else { return }
        var channel = channel
        channel.behindThrough = seq
        setChannel(channel, of: key)
    }

    /// Nobody here may read what a copied channel misses, so nobody can fetch it: it goes on behind it as one that has just come into sight.
    /// What was kept goes; what of it was deleted meanwhile nobody here would hear.
    mutating func skipHole(in channel: Channel, of copy: Community, through seq: Int64) -> Channel {
        let last = max(seq, conversations[channel.key.value]?.lastSeq ?? 0)
        var channel = channel
        channel.heldAfter = last
        channel.behindThrough = nil
        setChannel(channel, of: copy.key)
        conversations[channel.key.value]?.lastSeq = last
        touchedConversations.insert(channel.key.value)
        rows.emptiedChannels.insert(channel.key)
        for user in copy.localMembers { rows.markers[MarkerPlace(owner: user, channel: channel.key)] = last }
        // Their clients count anew, and learn how far the channel is: they cannot ask for what lies between.
        tellCommunity(copy.key, .member, reason: .resynced, to: copy.viewers(of: channel.key))
        return channel
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
