package import Wire

/// A private message as this homeserver stores it: `seq` is this home's number of it, `n` its ordinal among the messages.
package struct DirectMessage: Sendable, Equatable {
    package let id: MessageID
    package let conversationID: ConversationID
    package let seq: Int64
    package let n: Int64
    package let author: UserID
    package let receiver: UserID
    package let text: String
    package let replyTo: MessageID?
    package let timestamp: Instant
    /// Shown to the author's own sessions only.
    package let nonce: String?
    /// Present when the receiver lives on a peer and the author asks.
    package let delivery: DeliveryReport?

    package init(
        id: MessageID, conversationID: ConversationID, seq: Int64, n: Int64, author: UserID, receiver: UserID,
        text: String, replyTo: MessageID?, timestamp: Instant, nonce: String?, delivery: DeliveryReport? = nil
    ) {
        self.id = id
        self.conversationID = conversationID
        self.seq = seq
        self.n = n
        self.author = author
        self.receiver = receiver
        self.text = text
        self.replyTo = replyTo
        self.timestamp = timestamp
        self.nonce = nonce
        self.delivery = delivery
    }
}

/// What the sender's socket is told once the message is durable (`ack`).
package struct SendReceipt: Sendable, Equatable {
    package enum State: String, Sendable { case sent, queued }
    package let messageID: MessageID
    package let conversationID: ConversationID
    package let seq: Int64
    package let n: Int64
    package let timestamp: Instant
    package let state: State
    /// True when the nonce was used before: this is the first send's receipt, and nothing happened now.
    package let duplicate: Bool

    package init(
        messageID: MessageID, conversationID: ConversationID, seq: Int64, n: Int64, timestamp: Instant, state: State,
        duplicate: Bool
    ) {
        self.messageID = messageID
        self.conversationID = conversationID
        self.seq = seq
        self.n = n
        self.timestamp = timestamp
        self.state = state
        self.duplicate = duplicate
    }
}
