package import Wire

extension Home {
    /// A moderator deletes a message: what it said is gone, its number stays, and everybody who sees the channel hears of it.
    package func deleteMessage(
        _ message: MessageID, in channel: ConversationID, reason: String?, by account: Account
    ) async throws(HomeError) {
        let reason = try CommunityRules.reason(reason)
        let view = try await self.channel(channel, of: account)
        let key = view.channel.key
        let event: EventID = ids.next()
        try await change(
            view.community.key, by: account, event: event,
            needs: {
                $0.channels.insert(key)
                $0.messages.insert(message)
            },
            { (batch, community, actor) throws(HomeError) in
                guard let channel = community.channels[key] else { throw .notFound("there is no such channel") }
                let allowed = community.permissions(of: actor.user, in: channel, at: batch.now)
                let stored = batch.messagesByID[message]
                guard allowed.contains(.viewChannel), let stored, stored.conversation == key.value, !stored.isDeleted
                else { throw .notFound("this channel has no such message") }
                guard allowed.contains(.manageMessages) else {
                    throw .forbidden("you may not delete messages of others here")
                }
                batch.delete(stored, in: community, channel, by: ResolvedUser(account))
                batch.log(
                    LogEntry(
                        .deleteMessage, target: message.description, named: channel.name, reason: reason,
                        detail: [("channel_id", channel.id.description)]),
                    of: community.key, event: event, by: actor.user)
            })
    }

    /// Deletes what somebody wrote since a time in the channels whose messages the account manages, in chunks, so that nobody else waits for long.
    func purgeMessages(
        of author: ResolvedUser, in key: CommunityKey, since instant: Instant, by account: Account
    ) async throws(HomeError) {
        guard let community = try await community(key) else { return }
        var count = 0
        for channel in community.sortedChannels
        where community.permissions(of: account.key, in: channel, at: time.now()).contains(.manageMessages) {
            var before = Int64.max
            while true {
                let found = try await channelStore.messages(
                    by: author.key, in: channel.key, since: instant, before: before, limit: Limits.purgeChunk)
                guard let last = found.last else { break }
                try await writer.submit(
                    PurgeMessages(
                        community: key, channel: channel.key, messages: found.map(\.id), by: ResolvedUser(account)))
                count += found.count
                before = last.seq
            }
        }
        guard count > 0 else { return }
        let purged = count
        let event: EventID = ids.next()
        try await change(key, by: account, event: event) { (batch, before, actor) throws(HomeError) in
            batch.log(
                LogEntry(.purgeMessages, target: author.id.text, detail: [("messages", String(purged))]), of: key,
                event: event, by: actor.user)
        }
    }
}

/// A chunk of a purge in one channel.
private struct PurgeMessages: WriteUnit {
    let community: CommunityKey
    let channel: ChannelKey
    let messages: [MessageID]
    let by: ResolvedUser

    func declare(_ needs: inout BatchNeeds) {
        needs.communities.insert(community)
        needs.channels.insert(channel)
        needs.messages.formUnion(messages)
    }

    func apply(to batch: inout Batch) throws(HomeError) {
        guard let community = batch.communities[community], let channel = community.channels[channel],
            community.permissions(of: by.key, in: channel, at: batch.now).contains(.manageMessages)
        else { throw .forbidden("you may not delete messages of others in all channels any more") }
        for id in messages {
            guard let message = batch.messagesByID[id], !message.isDeleted,
                message.conversation == channel.key.value
            else { continue }
            batch.delete(message, in: community, channel, by: by)
        }
    }
}

extension Batch {
    /// Gives a deletion the next number of its channel, and tells it.
    mutating func delete(
        _ message: StoredMessage, in community: Community, _ channel: Channel, by actor: ResolvedUser
    ) {
        guard var counters = conversations[message.conversation] else {
            preconditionFailure("a message is deleted only in a channel that the batch has locked")
        }
        counters.lastSeq += 1
        conversations[message.conversation] = counters
        touchedConversations.insert(message.conversation)
        messagesByID[message.id]?.isDeleted = true
        rows.conversationEvents.append(
            ConversationEventRow(
                conversation: message.conversation, seq: counters.lastSeq, kind: .messageDeleted, message: message.id,
                messageSeq: message.seq, actor: actor.key, at: now))
        let deletion = MessageDeletion(
            community: community.id, channel: channel.id, message: message.id, messageSeq: message.seq,
            seq: counters.lastSeq, by: actor.id, timestamp: now)
        tell(Event(to: community.viewers(of: channel.key), .messageDeleted(deletion)))
        relay(deletion, by: actor, in: community, channel)
    }
}
