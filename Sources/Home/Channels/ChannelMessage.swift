package import Wire

/// A message of a channel; `seq` is the number that the community's home gave it, `n` its ordinal among the messages.
package struct ChannelMessage: Sendable, Equatable {
    package let id: MessageID
    package let community: CommunityID
    package let channel: ConversationID
    package let seq: Int64
    package let n: Int64
    package let author: UserID
    /// Empty when it was deleted.
    package let text: String
    package let replyTo: MessageID?
    package let mentions: [Mention]
    package let timestamp: Instant
    /// Shown to the author's own sessions only.
    package let nonce: String?
    package let isDeleted: Bool
}

/// A message of a channel was deleted (`message-deleted`): an event with a number of its own.
package struct MessageDeletion: Sendable, Equatable {
    package let community: CommunityID
    package let channel: ConversationID
    package let message: MessageID
    /// The number that the message itself had.
    package let messageSeq: Int64
    package let seq: Int64
    package let by: UserID
    package let timestamp: Instant
}

/// How much of a channel a user has not read (`unread-changed`).
package struct ChannelUnreadChange: Sendable, Equatable {
    package let community: CommunityID
    package let channel: ConversationID
    package let readSeq: Int64
    package let unread: Int64
    package let mentions: Int64
    package let lastSeq: Int64
}

/// What an author's socket is told once his message to a channel is durable (`ack`).
package struct ChannelReceipt: Sendable, Equatable {
    package let messageID: MessageID
    package let channel: ConversationID
    /// Nil while the community's home has not numbered it.
    package let seq: Int64?
    package let n: Int64?
    package let timestamp: Instant
    package let state: SendReceipt.State
    /// True when the nonce was used before: this is the first send's receipt, and nothing happened now.
    package let duplicate: Bool
}
