import Wire

/// What a homeserver asks of a community's home for its users by the durable lane: it arrives, however long the other one is away.
extension Batch {
    mutating func tellLeft(_ community: CommunityID, _ user: ResolvedUser, to host: RemotePeer) {
        send(.communityLeave, Self.naming(community), by: user, to: host)
    }

    /// In the name of anybody: whom its home has forgotten, or does not answer, is not always the same.
    mutating func askForAll(of copy: Community, from host: RemotePeer) {
        guard let member = copy.localMembers.randomElement().flatMap({ copy.members[$0] }) else { return }
        send(.communityResync, Self.naming(copy.id), by: member.user, to: host)
    }

    /// What an invited person says.
    mutating func tellAnswer(
        _ invite: StoredInvite, isAccepted: Bool, by user: ResolvedUser, to host: RemotePeer, event: EventID
    ) {
        var data = JSONWriter()
        data.beginObject()
        data.field("invite_id", invite.id)
        data.field("community_id", invite.communityID)
        data.endObject()
        send(isAccepted ? .communityAccept : .communityDecline, data.bytes, by: user, to: host, id: event)
    }

    /// A message to a channel that is numbered elsewhere; its id is the event's.
    mutating func submit(_ draft: MessageDraft, to channel: Channel, of copy: Community, at host: RemotePeer) {
        var data = JSONWriter(reservingCapacity: 256 + draft.text.utf8.count)
        data.beginObject()
        data.field("community_id", copy.id)
        data.field("channel_id", channel.id)
        data.field("message", draft.text)
        data.field("reply_to", draft.replyTo)
        if !draft.mentions.isEmpty { data.field("mentions", draft.mentions.map(\.word)) }
        data.field("nonce", draft.nonce)
        data.endObject()
        send(
            .channelMessage, data.bytes, by: draft.author, to: host, id: EventID(draft.id), at: draft.timestamp)
        let submission = ChannelSubmission(
            message: draft.id, author: draft.author.key, channel: channel.key, nonce: draft.nonce,
            sentAt: draft.timestamp)
        rows.submissions.append(submission)
        submissions[draft.id] = submission
        if let key = submission.nonceKey { submissionsByNonce[key] = draft.id }
    }

    private static func naming(_ community: CommunityID) -> [UInt8] {
        var data = JSONWriter()
        data.beginObject()
        data.field("community_id", community)
        data.endObject()
        return data.bytes
    }

    // MARK: Consent

    /// Somebody asks to come into a community of another homeserver: from now on it may say that he is in.
    mutating func consent(of user: UserKey, to community: CommunityID, at host: RemotePeer) {
        let consent = Consent(member: user, community: community, host: host.key)
        consents.insert(consent)
        rows.endedConsents.remove(consent)
        rows.consents.insert(consent)
    }

    mutating func endConsent(of user: UserKey, to community: CommunityID) {
        for consent in consents where consent.member == user && consent.community == community {
            consents.remove(consent)
            rows.consents.remove(consent)
            rows.endedConsents.insert(consent)
        }
    }
}

/// A local author's message to a channel that another homeserver numbers, in the Writer: queued, and told when it comes back.
struct QueueChannelMessage: WriteUnit {
    let draft: MessageDraft
    let community: CommunityKey
    let channel: ChannelKey
    /// Whether his last message matters.
    let isSlow: Bool

    private var place: MarkerPlace { draft.place(in: channel) }
    private var nonceKey: NonceKey? { draft.nonceKey(in: channel) }

    func declare(_ needs: inout BatchNeeds) {
        needs.communities.insert(community)
        if isSlow { needs.lastMessages.insert(place) }
        if let replyTo = draft.replyTo { needs.messages.insert(replyTo) }
        if let nonceKey {
            needs.nonces.append(nonceKey)
            needs.submissionNonces.append(nonceKey)
        }
        if needs.mayHaveRun {
            needs.messages.insert(draft.id)
            needs.submissions.insert(draft.id)
        }
    }

    func apply(to batch: inout Batch) throws(HomeError) -> ChannelReceipt {
        if let first = nonceKey.flatMap({ batch.messagesByNonce[$0] }) {
            return ChannelReceipt(
                messageID: first.id, channel: first.conversationID, seq: first.seq, n: first.n,
                timestamp: first.timestamp, state: .sent, duplicate: first.id != draft.id)
        }
        guard let copy = batch.communities[community], let host = copy.host else {
            throw .notFound("channel_id names no channel that you see")
        }
        // What is there already is not refused, whatever he may do now.
        if let known = copy.channels[channel], let receipt = earlier(in: known, batch) { return receipt }
        let (channel, allowed) = try draft.checked(in: copy, self.channel, at: batch.now)
        guard !batch.isBlocked(host) else { throw .blocked }
        if let replyTo = draft.replyTo {
            let original = batch.messagesByID[replyTo]
            // One that is older than what is kept here its home may know.
            let mayBe = original == nil && channel.heldAfter > 0
            guard mayBe || original.map({ $0.conversation == channel.key.value && !$0.isDeleted }) ?? false else {
                throw .notFound("reply_to names no message of this channel")
            }
        }
        // What is on its way its home will judge.
        try channel.checkSlowMode(allowed, last: batch.lastMessages[place], at: batch.now)
        batch.submit(draft, to: channel, of: copy, at: host)
        return receipt(for: draft.id, draft.timestamp, in: channel, duplicate: false)
    }

    /// Of the same nonce, or of an earlier try that was committed without anybody hearing of it.
    private func earlier(in channel: Channel, _ batch: Batch) -> ChannelReceipt? {
        if let first = nonceKey.flatMap({ batch.submissionsByNonce[$0] }).flatMap({ batch.submissions[$0] }) {
            return receipt(for: first.message, first.sentAt, in: channel, duplicate: first.message != draft.id)
        }
        guard batch.mayHaveRun, batch.submissions[draft.id] != nil || batch.messagesByID[draft.id] != nil else {
            return nil
        }
        return receipt(for: draft.id, draft.timestamp, in: channel, duplicate: false)
    }

    private func receipt(
        for message: MessageID, _ timestamp: Instant, in channel: Channel, duplicate: Bool
    ) -> ChannelReceipt {
        ChannelReceipt(
            messageID: message, channel: channel.id, seq: nil, n: nil, timestamp: timestamp, state: .queued,
            duplicate: duplicate)
    }
}

/// A local member leaves a community of another homeserver: at once here, and there when it hears of it.
struct LeaveCopy: WriteUnit {
    let community: CommunityKey
    let id: CommunityID
    let user: ResolvedUser

    func declare(_ needs: inout BatchNeeds) {
        needs.communities.insert(community)
        needs.consents.insert(id)
    }

    func apply(to batch: inout Batch) throws(HomeError) {
        guard let copy = batch.communities[community], let host = copy.host, copy.members[user.key] != nil else {
            // An earlier try may have done it.
            if batch.mayHaveRun { return }
            throw .notFound("you are in no such community")
        }
        guard copy.owner != user else {
            throw .conflict("you own this community: give it to somebody else first, or delete it")
        }
        batch.communities[community]?.members[user.key] = nil
        batch.rows.members.insert(MemberPlace(community: community, user: user.key))
        batch.rows.communities.insert(community)
        // The others hear of it from the community's home, with its version: until then it lists him.
        batch.tellCommunity(community, .gone, reason: .left, to: [user.key])
        batch.tellLeft(copy.id, user, to: host)
        batch.endConsent(of: user.key, to: copy.id)
        if batch.communities[community]?.localMembers.isEmpty ?? true { batch.emptyCopy(community) }
    }
}
