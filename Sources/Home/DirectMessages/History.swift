package import Wire

/// Which part of a history is asked for; cursors are exclusive.
package struct HistoryPage: Sendable {
    package enum Position: Sendable, Equatable {
        case latest
        case before(Int64)
        case after(Int64)
    }

    package static let maximumLimit = 200
    package static let defaultLimit = 50

    package let position: Position
    /// 1…200.
    package let limit: Int

    package init(_ position: Position = .latest, limit: Int = HistoryPage.defaultLimit) {
        self.position = position
        self.limit = min(max(limit, 1), Self.maximumLimit)
    }
}

/// A page of a direct conversation, ascending by `seq`.
package struct DirectHistory: Sendable {
    /// Nil while the two have no conversation.
    package let conversationID: ConversationID?
    package let messages: [DirectMessage]
    package let lastSeq: Int64
    /// How far the account has read.
    package let readSeq: Int64

    static let empty = DirectHistory(conversationID: nil, messages: [], lastSeq: 0, readSeq: 0)
}

/// A durable event of a conversation; edits and reactions will be further cases.
package enum ConversationEvent: Sendable {
    case message(DirectMessage)
    case channelMessage(ChannelMessage)
    case messageDeleted(MessageDeletion)
}

/// The events of a conversation behind a cursor: what fills a hole.
package struct ConversationEvents: Sendable {
    package let conversationID: ConversationID
    package let events: [ConversationEvent]
    package let lastSeq: Int64
}

/// An entry of `ready.direct`.
package struct DirectSummary: Sendable {
    package let conversationID: ConversationID
    package let user: UserID
    package let state: State
    package let lastSeq: Int64
    package let readSeq: Int64
    /// What the other wrote behind `readSeq`; one's own messages are never unread.
    package let unread: Int64
    /// Nil while nobody has written.
    package let lastMessage: MessagePreview?

    package enum State: String, Sendable {
        case friends
        /// The friendship has ended: there is a history, and nothing can be sent.
        case none
    }
}

/// The beginning of a conversation's last message.
package struct MessagePreview: Sendable {
    /// Unicode code points of `text`, at most.
    static let codePoints = 200

    package let id: MessageID
    package let seq: Int64
    package let author: UserID
    package let text: String
    /// True when the message goes on behind `text`.
    package let isCut: Bool
    package let timestamp: Instant
}

/// What a session starts from: lists and counters only.
package struct ReadyState: Sendable {
    package let direct: [DirectSummary]
    package let friends: [Friend]
    package let friendRequests: [FriendRequest]
    package let blocks: [Block]
    package let own: OwnPresence
    package let communities: [Community]
    package let channels: [ChannelSummary]
    package let serverInvites: [ServerInvite]

    package init(
        direct: [DirectSummary], friends: [Friend], friendRequests: [FriendRequest], blocks: [Block],
        own: OwnPresence, communities: [Community], channels: [ChannelSummary], serverInvites: [ServerInvite]
    ) {
        self.direct = direct
        self.friends = friends
        self.friendRequests = friendRequests
        self.blocks = blocks
        self.own = own
        self.communities = communities
        self.channels = channels
        self.serverInvites = serverInvites
    }
}

extension Home {
    /// The messages that a local user and somebody else have exchanged.
    package func directMessages(
        with other: UserID, page: HistoryPage, of account: Account
    ) async throws(HomeError) -> DirectHistory {
        guard let other = try await directory.resolve(other) else {
            if other.server == server { throw .notFound("no user has this address") }
            return .empty
        }
        guard let conversation = try await messageStore.conversation(of: account.key, with: other.key) else {
            return .empty
        }
        let messages = try await messageStore.messages(in: conversation.key, page: page, of: account)
        return DirectHistory(
            conversationID: conversation.id, messages: messages, lastSeq: conversation.lastSeq,
            readSeq: conversation.readSeq)
    }

    /// The durable events of one of the account's conversations, or of a channel that he sees, with `seq` above `after`, ascending.
    package func events(
        in id: ConversationID, after seq: Int64, limit: Int, of account: Account
    ) async throws(HomeError) -> ConversationEvents {
        // What a peer's user has written to people here his own homeserver tells him.
        guard account.isLocal, let conversation = try await messageStore.conversation(id, of: account.key) else {
            return try await channelEvents(in: id, after: seq, limit: limit, of: account)
        }
        let page = HistoryPage(.after(seq), limit: limit)
        let messages = try await messageStore.messages(in: conversation.key, page: page, of: account)
        return ConversationEvents(
            conversationID: id, events: messages.map(ConversationEvent.message), lastSeq: conversation.lastSeq)
    }

    /// The lists and counters of `ready`.
    package func readyState(of account: Account) async throws(HomeError) -> ReadyState {
        async let direct = messageStore.summaries(of: account)
        async let acquaintances = friendStore.acquaintances(of: account.key)
        async let requests = friendStore.requests(of: account.key)
        async let own = ownPresence(of: account)
        async let invites = communityStore.invites(for: account.key, at: time.now())
        do {
            let communities = try await communities(of: account)
            let channels = try await channelSummaries(of: account, in: communities)
            let people = try await acquaintances
            return try await ReadyState(
                direct: direct, friends: friends(among: people), friendRequests: requests,
                blocks: Self.blocks(among: people), own: own, communities: communities, channels: channels,
                serverInvites: invites)
        } catch let error as HomeError {
            throw error
        } catch {
            preconditionFailure("the stores throw nothing but HomeError: \(error)")
        }
    }
}
