package import Wire

/// A user as the use cases hand him to the Writer: `peer` is nil for a local account.
struct ResolvedUser: Hashable, Sendable {
    let key: UserKey
    let id: UserID
    let peer: RemotePeer?
}

/// The homeserver of a remote user.
struct RemotePeer: Hashable, Sendable {
    let key: PeerKey
    let name: ServerName
}

/// A row of `roster`.
struct RosterEntry: Sendable {
    enum State: String, Sendable { case none, outgoing, incoming, friends, blocked }
    var state: State
    /// The request that an open request or a friendship came from; of a blocked one, what he has asked since.
    var request: FriendRequestID?
    /// The other side's request, when two requests crossed on their way and made the friendship together.
    var crossed: FriendRequestID?
    var conversation: Int64?
    /// The owner has read the conversation up to here; it only moves forward.
    var readSeq: Int64 = 0
    var since: Instant
}

/// The numbers of a conversation (`conversations`).
struct ConversationCounters: Sendable {
    let id: ConversationID
    var lastSeq: Int64
    var lastN: Int64
}

/// A row of `friend_requests`.
struct StoredFriendRequest: Sendable {
    enum State: String, Sendable { case pending, accepted, ended }
    let id: FriendRequestID
    let requester: UserKey
    let receiver: UserKey
    var state: State
    /// Where it stands in the outbox for the receiver's homeserver.
    let outSeq: Int64?
    let createdAt: Instant
}

/// What an author wrote, before it has a number.
struct MessageDraft: Sendable {
    let id: MessageID
    let author: ResolvedUser
    /// Nil for a message to a channel.
    let receiver: ResolvedUser?
    let text: String
    var nonce: String?
    var replyTo: MessageID?
    var mentions: [Mention] = []
    let timestamp: Instant
    /// Where its event stands in the receiver's peer's outbox.
    var outbox: (peer: PeerKey, seq: Int64)?
}

/// A row of `messages`, as far as the Writer needs it.
struct StoredMessage: Sendable {
    let id: MessageID
    let conversation: Int64
    let conversationID: ConversationID
    let seq: Int64
    let n: Int64
    let author: UserKey
    /// Nil in a channel.
    let receiver: UserKey?
    let text: String
    let nonce: String?
    let replyTo: MessageID?
    var mentions: [Mention] = []
    let timestamp: Instant
    let outPeer: Int64?
    let outSeq: Int64?
    var isDeleted = false
}

extension StoredMessage {
    init(draft: MessageDraft, conversation: Int64, conversationID: ConversationID, seq: Int64, n: Int64) {
        self.init(
            id: draft.id, conversation: conversation, conversationID: conversationID, seq: seq, n: n,
            author: draft.author.key, receiver: draft.receiver?.key, text: draft.text, nonce: draft.nonce,
            replyTo: draft.replyTo, mentions: draft.mentions, timestamp: draft.timestamp,
            outPeer: draft.outbox?.peer.value, outSeq: draft.outbox?.seq)
    }

    var nonceKey: NonceKey? {
        nonce.map { nonce in
            let place = receiver.map(NonceKey.Place.direct) ?? .channel(ChannelKey(conversation))
            return NonceKey(author: author, place: place, nonce: nonce)
        }
    }

    /// The private message as the APIs see it.
    func message(author: UserID, receiver: UserID) -> DirectMessage {
        DirectMessage(
            id: id, conversationID: conversationID, seq: seq, n: n, author: author, receiver: receiver, text: text,
            replyTo: replyTo, timestamp: timestamp, nonce: nonce)
    }
}

/// How far a peer's outbox is numbered and acknowledged (`outbound_links`).
struct OutboundCounters: Sendable {
    let epoch: String
    var last: Int64
    var acked: Int64
    var delayedThrough: Int64
    /// What the operator says of the peer, under the same lock.
    var policy = PeerPolicy.pending
    /// What is not acknowledged through here has failed.
    var failedThrough: Int64 = 0
    /// What waits: neither acknowledged nor failed.
    var waitingEvents: Int64 = 0
    var waitingBytes: Int64 = 0

    mutating func settle(events: Int64, bytes: Int64) {
        waitingEvents = max(0, waitingEvents - events)
        waitingBytes = max(0, waitingBytes - bytes)
    }
}

/// How far a peer's lane to us is applied (`inbound_links`).
package struct InboundPosition: Sendable {
    package var epoch: String?
    package var last: Int64
    /// The id of the event with that number; nil when none was applied in this epoch, or it had failed at its own home.
    package var lastEvent: EventID?
}

/// A row of `outbox`.
struct OutboxRow: Sendable {
    let peer: PeerKey
    let seq: Int64
    let event: EventID
    let type: String
    let sender: UserKey
    /// Nil for what is for the homeserver and none of its users.
    let receiver: UserKey?
    let json: [UInt8]
    let createdAt: Instant
}

/// A row of `outbox` as whoever tells its author needs it: without the JSON, which is nearly all of it.
struct QueuedEvent: Sendable {
    let seq: Int64
    let event: EventID
    let type: String
    let sender: UserKey
    let bytes: Int64
}

/// A row of `dead_letters`: an event that one side could not take.
struct DeadLetter: Sendable {
    enum Direction: String, Sendable { case `in`, out }
    let direction: Direction
    let peer: PeerKey
    let epoch: String
    let seq: Int64
    let event: EventID
    let type: String
    let code: String
    let json: [UInt8]
    let createdAt: Instant
}

/// What an account shows of its user.
struct StoredPresence: Sendable {
    var isInvisible: Bool
    var showsLastSeen: Bool
}
