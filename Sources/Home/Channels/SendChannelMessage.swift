package import Wire

/// What somebody writes to a channel, before it is checked.
package struct NewChannelMessage: Sendable {
    package let channel: ConversationID
    package let text: String
    package let nonce: String?
    package let replyTo: MessageID?
    package let mentions: [Mention]

    /// - Parameters:
    ///   - text, nonce: As in `NewDirectMessage`.
    ///   - mentions: `Limits.mentions` at most; each a member, a role of the community or everyone.
    package init(
        channel: ConversationID, text: String, nonce: String?, replyTo: MessageID?, mentions: [Mention]
    ) {
        self.channel = channel
        self.text = text
        self.nonce = nonce
        self.replyTo = replyTo
        self.mentions = mentions
    }
}

extension Home {
    /// Sends messages of one author to channels, in their order: checked, numbered and stored in one COMMIT. Each gets an answer of its own.
    package func sendChannelMessages(
        _ messages: [NewChannelMessage], from account: Account
    ) async -> [Result<ChannelReceipt, HomeError>] {
        var units: [ChannelMessageUnit] = []
        var refusals: [Int: HomeError] = [:]
        for (index, message) in messages.enumerated() {
            do throws(HomeError) {
                units.append(try await unit(for: message, from: account))
            } catch {
                refusals[index] = error
            }
        }
        var next = (await writer.submit(contentsOf: units)).makeIterator()
        return messages.indices.map { index in
            if let refusal = refusals[index] { return .failure(refusal) }
            return next.next() ?? .failure(.internal)
        }
    }

    private func unit(
        for message: NewChannelMessage, from account: Account
    ) async throws(HomeError) -> ChannelMessageUnit {
        try MessageRules.check(text: message.text)
        try MessageRules.check(nonce: message.nonce)
        guard message.mentions.count <= Limits.mentions else {
            throw .invalid(field: "mentions", problem: "has more than \(Limits.mentions) entries")
        }
        let view = try await channel(message.channel, of: account, field: "channel_id")
        let draft = MessageDraft(
            id: ids.next(), author: ResolvedUser(account), receiver: nil, text: message.text, nonce: message.nonce,
            replyTo: message.replyTo, mentions: message.mentions, timestamp: time.now())
        guard view.community.host == nil else {
            return .elsewhere(
                QueueChannelMessage(
                    draft: draft, community: view.community.key, channel: view.channel.key,
                    isSlow: view.channel.slowMode > 0))
        }
        return .here(
            SendChannelMessage(
                draft: draft, community: view.community.key, channel: view.channel.key,
                isSlow: view.channel.slowMode > 0))
    }
}

/// A message to a channel: numbered here, or by the homeserver of its community.
private enum ChannelMessageUnit: WriteUnit {
    case here(SendChannelMessage)
    case elsewhere(QueueChannelMessage)

    func declare(_ needs: inout BatchNeeds) {
        switch self {
        case .here(let unit): unit.declare(&needs)
        case .elsewhere(let unit): unit.declare(&needs)
        }
    }

    func apply(to batch: inout Batch) throws(HomeError) -> ChannelReceipt {
        switch self {
        case .here(let unit): try unit.apply(to: &batch)
        case .elsewhere(let unit): try unit.apply(to: &batch)
        }
    }
}

/// A message to a channel that is hosted here, in the Writer.
struct SendChannelMessage: WriteUnit {
    let draft: MessageDraft
    let community: CommunityKey
    let channel: ChannelKey
    /// Whether his last message matters.
    let isSlow: Bool

    private var place: MarkerPlace { draft.place(in: channel) }
    private var nonceKey: NonceKey? { draft.nonceKey(in: channel) }

    func declare(_ needs: inout BatchNeeds) {
        needs.communities.insert(community)
        needs.channels.insert(channel)
        if let nonceKey { needs.nonces.append(nonceKey) }
        if let replyTo = draft.replyTo { needs.messages.insert(replyTo) }
        if isSlow { needs.lastMessages.insert(place) }
        if needs.mayHaveRun { needs.messages.insert(draft.id) }
    }

    func apply(to batch: inout Batch) throws(HomeError) -> ChannelReceipt {
        if let nonceKey, let first = batch.messagesByNonce[nonceKey], first.id != draft.id {
            return receipt(for: first, duplicate: true)
        }
        if let own = batch.messagesByID[draft.id] {
            // An earlier try committed, and its connection was lost before anybody heard of it.
            return receipt(for: own, duplicate: false)
        }
        guard let community = batch.communities[community] else {
            throw .notFound("channel_id names no channel that you see")
        }
        let (channel, allowed) = try draft.checked(in: community, self.channel, at: batch.now)
        if let replyTo = draft.replyTo {
            guard let original = batch.messagesByID[replyTo], original.conversation == channel.key.value,
                !original.isDeleted
            else { throw .notFound("reply_to names no message of this channel") }
        }
        try channel.checkSlowMode(allowed, last: batch.lastMessages[place], at: batch.now)
        let message = batch.append(draft, to: channel.key.value)
        batch.lastMessages[place] = message.timestamp
        batch.tell(message, by: draft.author.id, in: community, channel)
        batch.relay(message, by: draft.author, in: community, channel)
        return receipt(for: message, duplicate: false)
    }

    private func receipt(for message: StoredMessage, duplicate: Bool) -> ChannelReceipt {
        ChannelReceipt(
            messageID: message.id, channel: message.conversationID, seq: message.seq, n: message.n,
            timestamp: message.timestamp, state: .sent, duplicate: duplicate)
    }
}

extension MessageDraft {
    func place(in channel: ChannelKey) -> MarkerPlace { MarkerPlace(owner: author.key, channel: channel) }

    func nonceKey(in channel: ChannelKey) -> NonceKey? {
        nonce.map { NonceKey(author: author.key, place: .channel(channel), nonce: $0) }
    }

    /// The channel and what the author may do there, or why he may not say this.
    func checked(
        in community: Community, _ key: ChannelKey, at now: Instant
    ) throws(HomeError) -> (channel: Channel, allowed: Permissions) {
        guard let channel = community.channels[key], let member = community.members[author.key],
            community.sees(member, channel)
        else { throw .notFound("channel_id names no channel that you see") }
        guard channel.kind == .text else {
            throw .invalid(field: "channel_id", problem: "names a channel for voice")
        }
        let allowed = community.permissions(of: member, in: channel, at: now)
        try mayWrite(allowed, member, at: now)
        try mayMention(allowed, in: community)
        return (channel, allowed)
    }

    private func mayWrite(_ allowed: Permissions, _ member: Member, at now: Instant) throws(HomeError) {
        guard !allowed.contains(.sendMessages) else { return }
        if let until = member.timedOutUntil, until > now {
            throw .forbidden("you are timed out in this community until \(until.rfc3339)")
        }
        throw .forbidden("you may not write in this channel")
    }

    private func mayMention(_ allowed: Permissions, in community: Community) throws(HomeError) {
        for (index, mention) in mentions.enumerated() {
            switch mention {
            case .everyone:
                guard allowed.contains(.mentionEveryone) else { throw .forbidden("you may not mention everyone") }
            case .role(let role):
                guard community.roles[role] != nil else {
                    throw .invalid(field: "mentions[\(index)]", problem: "names no role of this community")
                }
                guard allowed.contains(.mentionEveryone) else { throw .forbidden("you may not mention roles") }
            // Whoever is no member, or left a moment ago, is called for nothing.
            case .user: continue
            }
        }
    }
}

extension Channel {
    /// Throws for whoever has to wait, since his last message.
    func checkSlowMode(_ allowed: Permissions, last: Instant?, at now: Instant) throws(HomeError) {
        guard slowMode > 0, !allowed.contains(.bypassSlowMode), let last else { return }
        let wait = last + .seconds(slowMode) - now
        guard wait <= .zero else { throw .slowMode(retryAfter: wait) }
    }
}

extension Batch {
    /// Every local member who sees the channel hears of a new message, its author's sessions with the nonce.
    ///
    /// - Parameter some: Only these, and its author.
    mutating func tell(
        _ message: StoredMessage, by name: UserID, in community: Community, _ channel: Channel,
        to some: [UserKey]? = nil
    ) {
        let viewers = some ?? community.viewers(of: channel.key)
        func body(nonce: String?) -> Event.Body {
            .newChannelMessage(message.channelMessage(author: name, community: community.id, nonce: nonce))
        }
        guard message.nonce != nil || some != nil else { return tell(Event(to: viewers, body(nonce: nil))) }
        tell(Event(to: viewers, leavingOut: message.author, body(nonce: nil)))
        // What comes back from another homeserver may find its author gone.
        guard let author = community.members[message.author], community.sees(author, channel) else { return }
        tell(Event(to: [message.author], body(nonce: message.nonce)))
    }
}

extension StoredMessage {
    /// The message of a channel as the APIs see it.
    func channelMessage(author: UserID, community: CommunityID, nonce: String?) -> ChannelMessage {
        ChannelMessage(
            id: id, community: community, channel: conversationID, seq: seq, n: n, author: author, text: text,
            replyTo: replyTo, mentions: mentions, timestamp: timestamp, nonce: nonce, isDeleted: isDeleted)
    }
}
