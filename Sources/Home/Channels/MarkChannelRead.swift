package import Wire

extension Home {
    /// Moves the account's read marker of a channel forward, and tells all his sessions.
    ///
    /// - Parameter seq: From 0; beyond the channel's last number it means that number. At or before the marker nothing happens.
    package func markRead(
        channel id: ConversationID, through seq: Int64, of account: Account
    ) async throws(HomeError) {
        let view = try await channel(id, of: account, field: "channel_id")
        guard seq > (try await reading(in: view, of: account)).readSeq else { return }
        let marker = MarkerPlace(owner: account.key, channel: view.channel.key)
        try await writer.submit(
            MarkChannelRead(
                community: view.community.key,
                place: ChannelPlace(marker: marker, seq: seq, words: view.community.mentionWords(of: view.member))))
    }
}

/// A move of a read marker in the Writer, where its place among the messages is exact.
private struct MarkChannelRead: WriteUnit {
    let community: CommunityKey
    let place: ChannelPlace

    func declare(_ needs: inout BatchNeeds) {
        needs.communities.insert(community)
        needs.channels.insert(place.marker.channel)
        needs.channelPlaces.insert(place)
    }

    func apply(to batch: inout Batch) throws(HomeError) {
        let channel = place.marker.channel
        guard let counters = batch.conversations[channel.value], let known = batch.channelUnread[place],
            let community = batch.communities[community], let seen = community.channels[channel],
            let member = community.members[place.marker.owner], community.sees(member, seen)
        else { throw .notFound("channel_id names no channel that you see") }
        let before = max(known.readSeq, batch.rows.markers[place.marker] ?? 0)
        let readSeq = min(place.seq, counters.lastSeq)
        guard readSeq > before else { return }
        batch.rows.markers[place.marker] = readSeq
        // What earlier units of the batch have written and deleted is not counted yet.
        let words = Set(place.words.split(separator: " ").map(String.init))
        let appended = batch.newMessages.filter { message in
            message.conversation == channel.value && message.seq > place.seq && message.author != place.marker.owner
        }
        let deleted = batch.rows.conversationEvents.filter { $0.conversation == channel.value }
            .compactMap { batch.messagesByID[$0.message] }
            .filter { $0.seq > place.seq && $0.author != place.marker.owner }
        func mentioning(_ messages: [StoredMessage]) -> Int64 {
            Int64(messages.count { $0.mentions.contains { words.contains($0.word) } })
        }
        batch.tell(
            Event(
                to: [place.marker.owner],
                .channelUnreadChanged(
                    ChannelUnreadChange(
                        community: community.id, channel: counters.id, readSeq: readSeq,
                        unread: max(0, known.unread + Int64(appended.count - deleted.count)),
                        mentions: max(0, known.mentions + mentioning(appended) - mentioning(deleted)),
                        lastSeq: counters.lastSeq))))
    }
}
