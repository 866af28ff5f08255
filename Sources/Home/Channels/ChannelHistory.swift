package import Wire

/// A channel as a member sees it.
package struct ChannelView: Sendable {
    package let community: Community
    package let channel: Channel
    let member: Member
    /// What he may do there now.
    package let permissions: Permissions
}

/// A page of a channel, ascending by `seq`.
package struct ChannelHistory: Sendable {
    package let community: CommunityID
    package let channel: ConversationID
    package let messages: [ChannelMessage]
    package let lastSeq: Int64
    package let readSeq: Int64
    /// The community's home is away, and what is older than is kept here is missing.
    package let isStale: Bool
}

extension Home {
    /// The one way to a channel: it is there for whoever sees it, and for nobody else.
    ///
    /// - Parameter field: What the caller calls it.
    func channel(
        _ id: ConversationID, of account: Account, field: String = "the id"
    ) async throws(HomeError) -> ChannelView {
        let missing = HomeError.notFound("\(field) names no channel that you see")
        guard let place = try await place(of: id), let community = try await community(place.community),
            let channel = community.channels[place.channel], let member = community.members[account.key]
        else { throw missing }
        let permissions = community.permissions(of: member, in: channel, at: time.now())
        guard permissions.contains(.viewChannel) else { throw missing }
        return ChannelView(community: community, channel: channel, member: member, permissions: permissions)
    }

    private func place(of id: ConversationID) async throws(HomeError) -> CommunityBoard.Place? {
        if let known = board.place(of: id) { return known }
        return try await channelStore.place(of: id)
    }

    private func readableChannel(_ id: ConversationID, of account: Account) async throws(HomeError) -> ChannelView {
        let view = try await channel(id, of: account)
        guard view.permissions.contains(.readHistory) else {
            throw .forbidden("you may not read what was said in this channel")
        }
        return view
    }

    /// What was said in a channel.
    package func channelMessages(
        in id: ConversationID, page: HistoryPage, of account: Account
    ) async throws(HomeError) -> ChannelHistory {
        let view = try await readableChannel(id, of: account)
        // Before the messages: a page may be newer than `last_seq`, never older.
        let position = try await reading(in: view, of: account)
        var messages = try await channelStore.messages(in: view, page: page, of: account)
        var isStale = false
        if !page.isWhole(messages, heldAfter: view.channel.heldAfter) {
            if let asked = try await askForMessages(in: view, page, of: account) {
                messages = asked
            } else {
                isStale = true
            }
        }
        return ChannelHistory(
            community: view.community.id, channel: id, messages: messages, lastSeq: position.lastSeq,
            readSeq: position.readSeq, isStale: isStale)
    }

    /// The durable events of a channel with `seq` above `after`, ascending.
    func channelEvents(
        in id: ConversationID, after seq: Int64, limit: Int, of account: Account
    ) async throws(HomeError) -> ConversationEvents {
        let view = try await readableChannel(id, of: account)
        if seq < view.channel.heldAfter {
            guard let events = try await askForEvents(in: view, after: seq, limit: limit, of: account) else {
                throw .remoteUnreachable(view.community.host?.name ?? server)
            }
            let position = try await reading(in: view, of: account)
            return ConversationEvents(conversationID: id, events: events, lastSeq: position.lastSeq)
        }
        let page = HistoryPage(.after(seq), limit: limit)
        let lastSeq = try await reading(in: view, of: account).lastSeq
        let messages = try await channelStore.messages(in: view, page: page, of: account)
        let deletions = try await channelStore.deletions(in: view, after: seq, limit: page.limit)
        let events =
            (messages.map { (seq: $0.seq, event: ConversationEvent.channelMessage($0)) }
            + deletions.map { (seq: $0.seq, event: ConversationEvent.messageDeleted($0)) })
            // What came while the two were read may be in one of them only: it is for the next page.
            .filter { $0.seq <= lastSeq }.sorted { $0.seq < $1.seq }.prefix(page.limit)
        return ConversationEvents(conversationID: id, events: events.map(\.event), lastSeq: lastSeq)
    }

    func reading(in view: ChannelView, of account: Account) async throws(HomeError) -> ChannelStore.Position {
        try await channelStore.positions(of: [view.channel.key], for: account.key).first
            ?? ChannelStore.Position(channel: view.channel.key, lastSeq: 0, readSeq: 0)
    }
}

extension HistoryPage {
    /// Whether a page of what is kept here is all there is of it: what is older than `heldAfter` only the community's home has.
    fileprivate func isWhole(_ messages: [ChannelMessage], heldAfter: Int64) -> Bool {
        guard heldAfter > 0 else { return true }
        switch position {
        case .after(let seq): return seq >= heldAfter
        case .latest, .before: return messages.count >= limit && messages.allSatisfy { $0.seq > heldAfter }
        }
    }
}
