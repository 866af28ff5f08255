import Wire

/// An event of a channel as its home's client API tells it (`events`, `messages`), read by a homeserver that has members.
struct CopiedEvent {
    private enum What {
        case message(text: String, n: Int64, replyTo: MessageID?, mentions: [Mention], isDeleted: Bool, nonce: String?)
        case deletion(of: Int64)
    }

    let seq: Int64
    /// Of a deletion, whoever deleted.
    let author: UserID
    private let message: MessageID
    private let timestamp: Instant
    private let what: What

    init(_ entry: JSONObject) throws(FieldError) {
        seq = try entry.integer("seq", in: 1...Limits.largestNumber)
        message = try entry.id("message_id")
        timestamp = try entry.instant("timestamp")
        if try entry.optionalString("type", maxBytes: 64) == "message-deleted" {
            author = try entry.userID("by_user_id")
            what = .deletion(of: try entry.integer("message_seq", in: 1...Limits.largestNumber))
            return
        }
        author = try entry.userID("from_user_id")
        var mentions: [Mention] = []
        for value in try entry.optionalArray("mentions", maxCount: Limits.mentions) ?? [] {
            guard case .string(let word) = value, let mention = Mention(word, home: author.server) else {
                throw entry.problem("mentions", "must be everyone, roles' ids or addresses")
            }
            mentions.append(mention)
        }
        what = .message(
            text: try entry.string("message", maxCodePoints: Limits.messageCodePoints, maxBytes: Limits.messageBytes),
            n: try entry.integer("n", in: 1...Limits.largestNumber), replyTo: try entry.optionalID("reply_to"),
            mentions: mentions, isDeleted: try entry.optionalBool("deleted") ?? false,
            nonce: try entry.optionalString("nonce", maxBytes: Limits.nonceLength))
    }

    /// What it does to the copy.
    func effect(
        in community: CommunityID, _ channel: ConversationID, _ incarnation: String, by user: ResolvedUser
    ) -> any CommunityEffect {
        switch what {
        case .message(let text, let n, let replyTo, let mentions, let isDeleted, _):
            let draft = MessageDraft(
                id: message, author: user, receiver: nil, text: text, nonce: nil, replyTo: replyTo, mentions: mentions,
                timestamp: timestamp)
            return ReceiveChannelMessage(
                community: community, channel: channel, incarnation: incarnation, seq: seq, n: n, draft: draft,
                isDeleted: isDeleted, isFilling: true)
        case .deletion(let messageSeq):
            return ReceiveDeletion(
                community: community, channel: channel, incarnation: incarnation, seq: seq, message: message,
                messageSeq: messageSeq, actor: user, at: timestamp, isFilling: true)
        }
    }

    /// What it is to the client of a member, who has asked for what is not kept here.
    func event(in community: CommunityID, _ channel: ConversationID) -> ConversationEvent {
        switch what {
        case .message(let text, let n, let replyTo, let mentions, let isDeleted, let nonce):
            .channelMessage(
                ChannelMessage(
                    id: message, community: community, channel: channel, seq: seq, n: n, author: author, text: text,
                    replyTo: replyTo, mentions: mentions, timestamp: timestamp, nonce: nonce, isDeleted: isDeleted))
        case .deletion(let messageSeq):
            .messageDeleted(
                MessageDeletion(
                    community: community, channel: channel, message: message, messageSeq: messageSeq, seq: seq,
                    by: author, timestamp: timestamp))
        }
    }
}
