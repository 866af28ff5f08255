package import Wire

/// Somebody who is kept out of a community.
package struct Ban: Sendable {
    package let user: UserID
    package let by: UserID
    package let reason: String?
    package let createdAt: Instant
}

/// An entry of `ready.channels`.
package struct ChannelSummary: Sendable {
    package let id: ConversationID
    package let community: CommunityID
    package let lastSeq: Int64
    package let readSeq: Int64
    /// Both count to `Limits.unreadCounted`.
    package let unread: Int64
    package let mentions: Int64
}

/// A community as one of its members sees it.
package struct CommunityView: Sendable {
    package struct SeenChannel: Sendable {
        package let description: ChannelDescription
        package let permissions: Permissions
        /// The number of its last event; 0 for voice.
        package let lastSeq: Int64
        /// Of a channel for text, where its viewer stands; nil for a peer's user, of whom only his own homeserver knows that.
        package let summary: ChannelSummary?
    }

    package let community: Community
    package let host: ServerName
    package let member: Member
    /// In the community, now.
    package let permissions: Permissions
    /// Of his highest role.
    package let position: Int
    package let channels: [SeenChannel]
    package var memberCount: Int { community.memberCount }
}

/// A member in a list, with what he shows of himself.
package struct MemberView: Sendable {
    package let member: Member
    package let presence: ShownPresence
}

extension Home {
    package func communities(of account: Account) async throws(HomeError) -> [Community] {
        var communities = try await communities(try await communityStore.keys(of: account.key))
        for index in communities.indices { communities[index].isStale = isStale(communities[index]) }
        return communities
    }

    package func communityView(_ id: CommunityID, of account: Account) async throws(HomeError) -> CommunityView {
        try await view(of: try await community(id, of: account), for: account)
    }

    package func view(of community: Community, for account: Account) async throws(HomeError) -> CommunityView {
        guard let member = community.members[account.key] else { throw .notFound("you are in no such community") }
        let now = time.now()
        let standing = community.standing(of: member)
        var community = community
        community.isStale = isStale(community)
        return CommunityView(
            community: community, host: community.host?.name ?? server, member: member.current(at: now),
            permissions: standing.permissions(at: now), position: standing.position,
            channels: try await shown(community.channels(seenBy: member), of: community, to: member))
    }

    /// A channel as one of its viewers sees it in lists.
    package func shown(
        _ channel: Channel, of community: Community, to account: Account
    ) async throws(HomeError) -> CommunityView.SeenChannel {
        guard let member = community.members[account.key],
            let shown = try await shown([channel], of: community, to: member).first
        else { throw .notFound("there is no such channel") }
        return shown
    }

    private func shown(
        _ channels: [Channel], of community: Community, to member: Member
    ) async throws(HomeError) -> [CommunityView.SeenChannel] {
        let now = time.now()
        func seen(_ channel: Channel, lastSeq: Int64?, _ summary: ChannelSummary?) -> CommunityView.SeenChannel {
            CommunityView.SeenChannel(
                description: ChannelDescription(channel, in: community),
                permissions: community.permissions(of: member, in: channel, at: now), lastSeq: lastSeq ?? 0,
                summary: summary)
        }
        guard member.user.peer == nil else {
            let positions = try await channelStore.positions(of: channels.map(\.key), for: member.user.key)
            let lastSeqs = Dictionary(
                positions.map { ($0.channel, $0.lastSeq) }, uniquingKeysWith: { first, _ in first })
            return channels.map { seen($0, lastSeq: lastSeqs[$0.key], nil) }
        }
        let words = community.mentionWords(of: member)
        let standings = try await summaries(of: channels.map { ($0.key, words) }, for: member.user.key)
        return channels.map { channel in
            let standing = standings[channel.key]
            let summary = ChannelSummary(
                id: channel.id, community: community.id, lastSeq: standing?.position.lastSeq ?? 0,
                readSeq: standing?.position.readSeq ?? 0, unread: standing?.unread ?? 0,
                mentions: standing?.mentions ?? 0)
            return seen(channel, lastSeq: summary.lastSeq, channel.kind == .text ? summary : nil)
        }
    }

    /// Where a reader stands in channels; if there are more than `most`, in those first in which there is something new.
    private func summaries(
        of channels: [(channel: ChannelKey, words: String)], for reader: UserKey, atMost most: Int = .max
    ) async throws(HomeError) -> [ChannelKey: ChannelStore.Standing] {
        var chosen = channels
        if channels.count > most {
            let positions = try await channelStore.positions(of: channels.map(\.channel), for: reader)
            let new = Set(positions.filter { $0.lastSeq > $0.readSeq }.map(\.channel))
            chosen = channels.filter { new.contains($0.channel) } + channels.filter { !new.contains($0.channel) }
            chosen.removeLast(chosen.count - most)
        }
        let standings = try await channelStore.standings(in: chosen, for: reader)
        return Dictionary(standings.map { ($0.position.channel, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The members of a community, in the order of their addresses.
    ///
    /// - Parameters:
    ///   - after: An address; those behind it.
    ///   - prefix: Only those whose name begins with it.
    package func members(
        of id: CommunityID, after: String?, startingWith prefix: String?, limit: Int, for account: Account
    ) async throws(HomeError) -> (members: [MemberView], next: String?) {
        let community = try await community(id, of: account)
        let sorted = community.members.values
            .filter { member in
                let name = member.id.text
                return after.map { name > $0 } ?? true && prefix.map { name.hasPrefix($0) } ?? true
            }
            .sorted { $0.id.text < $1.id.text }
        let page = Array(sorted.prefix(limit))
        let shown = try await shown(page, of: id, to: account)
        return (shown, sorted.count > limit ? page.last?.id.text : nil)
    }

    package func member(
        _ user: UserID, of id: CommunityID, for account: Account
    ) async throws(HomeError) -> MemberView {
        let community = try await community(id, of: account)
        guard let subject = try await directory.resolve(user), let member = community.members[subject.key] else {
            throw .notFound("this community has no such member")
        }
        return try await shown([member], of: id, to: account)[0]
    }

    /// Members with what they show of themselves; to whom somebody has blocked he is offline.
    package func shown(
        _ members: [Member], of id: CommunityID, to account: Account
    ) async throws(HomeError) -> [MemberView] {
        let elsewhere = await onlineElsewhere(among: members, of: id, to: account)
        let online = presence.shown(among: members.map(\.user.key))
        let hidden = try await friendStore.blockers(of: account.key)
        let now = time.now()
        return members.map { member in
            let isOnline =
                if member.user.peer == nil {
                    online.contains(member.user.key) && !hidden.contains(member.user.key)
                } else {
                    elsewhere.contains(member.id)
                }
            return MemberView(member: member.current(at: now), presence: isOnline ? .online : .unknown)
        }
    }

    package func bans(of id: CommunityID, for account: Account) async throws(HomeError) -> [Ban] {
        let community = try await community(id, of: account)
        try community.standing(of: account.key)?.require(.banMembers, at: time.now())
        return try await communityStore.bans(of: community.key)
    }

    /// Who may manage invitations sees all that are open, anybody else his own.
    package func openInvites(of id: CommunityID, for account: Account) async throws(HomeError) -> [ServerInvite] {
        let community = try await community(id, of: account)
        let invites = try await communityStore.invites(of: community.key, at: time.now())
        guard let actor = community.standing(of: account.key) else { return [] }
        guard !actor.permissions(at: time.now()).contains(.manageInvites) else { return invites }
        return invites.filter { $0.inviter == account.id }
    }

    package func serverInvites(of account: Account) async throws(HomeError) -> [ServerInvite] {
        try await communityStore.invites(for: account.key, at: time.now())
    }

    package func communityLog(
        of id: CommunityID, before version: Int64, limit: Int, for account: Account
    ) async throws(HomeError) -> [LoggedChange] {
        let community = try await community(id, of: account)
        try community.standing(of: account.key)?.require(.viewAuditLog, at: time.now())
        return try await communityStore.log(of: community.key, before: version, limit: limit)
    }

    /// Where the account stands in the text channels that he sees: those with something unread first.
    func channelSummaries(of account: Account, in communities: [Community]) async throws(HomeError) -> [ChannelSummary]
    {
        var places: [ChannelKey: (community: CommunityID, channel: ConversationID)] = [:]
        var wanted: [(channel: ChannelKey, words: String)] = []
        for community in communities {
            guard let member = community.members[account.key] else { continue }
            let words = community.mentionWords(of: member)
            for channel in community.channels(seenBy: member) where channel.kind == .text {
                places[channel.key] = (community.id, channel.id)
                wanted.append((channel.key, words))
            }
        }
        let standings = try await summaries(of: wanted, for: account.key, atMost: Limits.readyChannels)
        let summaries = standings.compactMap { key, standing in
            places[key].map { place in
                ChannelSummary(
                    id: place.channel, community: place.community, lastSeq: standing.position.lastSeq,
                    readSeq: standing.position.readSeq, unread: standing.unread, mentions: standing.mentions)
            }
        }
        return summaries.sorted { ($0.unread > 0 ? 0 : 1, $0.id) < ($1.unread > 0 ? 0 : 1, $1.id) }
    }
}
