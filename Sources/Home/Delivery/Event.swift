package import Wire

/// Something that happened and that sockets of local users are to be told; durable, so it is numbered with `s` on each socket.
package struct Event: Sendable {
    /// The local users whose sockets get it.
    package let recipients: [UserKey]
    /// The socket that caused it and therefore gets an answer of its own instead.
    package let except: StreamID?
    /// One of the recipients who is told in another way.
    package let leavingOut: UserKey?
    package let body: Body

    package init(to recipients: [UserKey], except: StreamID? = nil, leavingOut: UserKey? = nil, _ body: Body) {
        self.recipients = recipients
        self.except = except
        self.leavingOut = leavingOut
        self.body = body
    }

    /// One case for each message of the client API that is caused by a commit; `ClientAPI/Frames` writes them.
    package enum Body: Sendable {
        /// `new-private-message`, to the receiver.
        case newPrivateMessage(DirectMessage)
        /// `private-message-sent`, to the author's other sessions; carries the nonce.
        case privateMessageSent(DirectMessage)
        /// `unread-changed`, to every session of the user who has read.
        case unreadChanged(UnreadChange)
        /// `delivery`, to the author.
        case delivery(DeliveryReport)
        /// `new-friend-request`, to the receiver of a request.
        case newFriendRequest(FriendRequestNotice)
        /// `friend-request-accepted`, to the author of a request.
        case friendRequestAccepted(FriendRequestNotice)
        /// `friendship-changed`, to every session of the user whose roster changed.
        case friendshipChanged(FriendshipChange)
        /// `own-status-changed`, to every session of the user who changed it.
        case ownStatusChanged(OwnPresence)
        /// `new-channel-message`, to every member who sees the channel; the author's sessions get one with the nonce.
        case newChannelMessage(ChannelMessage)
        /// `message-deleted`, to every member who sees the channel.
        case messageDeleted(MessageDeletion)
        /// `unread-changed`, to every session of the user who has read a channel.
        case channelUnreadChanged(ChannelUnreadChange)
        /// `new-server-invite`, to the person who is invited.
        case newServerInvite(ServerInvite)
        /// `server-invite-changed`, to the person who is invited.
        case serverInviteChanged(ServerInviteChange)
        /// `community-changed`, to its members, or to the one who came or went.
        case communityChanged(CommunityChange)
        /// `channel-changed`, to those who see the channel, or no longer do.
        case channelChanged(ChannelChange)
        /// `member-changed`, to every member.
        case memberChanged(MemberChange)
        /// `report-changed`, to those who handle reports.
        case reportChanged(ReportChange)
    }
}

/// What became of a message on its way to a peer (`delivery`).
package struct DeliveryReport: Sendable, Equatable {
    package enum State: String, Sendable { case queued, delayed, delivered, failed }
    package let messageID: MessageID
    package let server: ServerName
    package let state: State
    /// A stable code, present when `state` is `failed`.
    package let reason: String?

    package init(messageID: MessageID, server: ServerName, state: State, reason: String? = nil) {
        self.messageID = messageID
        self.server = server
        self.state = state
        self.reason = reason
    }
}

/// A friend request as one side is told of it: `user` is the other person.
package struct FriendRequestNotice: Sendable {
    package let requestID: FriendRequestID
    package let user: UserID
    package let timestamp: Instant

    package init(requestID: FriendRequestID, user: UserID, timestamp: Instant) {
        self.requestID = requestID
        self.user = user
        self.timestamp = timestamp
    }
}

/// A change of one's own roster (`friendship-changed`): `user` is the other person.
package struct FriendshipChange: Sendable, Equatable {
    package enum State: String, Sendable { case none, outgoing, incoming, friends, failed, blocked }
    /// Why a request, a friendship or a block ended; only with state `none`. A block's end never crosses a link.
    package enum Reason: String, Sendable { case withdrawn, declined, removed, unblocked }
    package let user: UserID
    /// The request it came from; nil when there was none.
    package let requestID: FriendRequestID?
    package let state: State
    package let reason: Reason?
    /// A stable code, only with state `failed`.
    package let code: String?

    package init(
        user: UserID, requestID: FriendRequestID?, state: State, reason: Reason? = nil, code: String? = nil
    ) {
        self.user = user
        self.requestID = requestID
        self.state = state
        self.reason = reason
        self.code = code
    }
}

/// A row of a peer's outbox, numbered and committed: what the peer's worker sends.
package struct OutboxEvent: Sendable {
    package let peer: PeerKey
    package let server: ServerName
    /// Gapless within the peer, from 1.
    package let seq: Int64
    /// The event's whole JSON object as it goes over the link.
    package let json: [UInt8]
    package let createdAt: Instant

    package init(peer: PeerKey, server: ServerName, seq: Int64, json: [UInt8], createdAt: Instant) {
        self.peer = peer
        self.server = server
        self.seq = seq
        self.json = json
        self.createdAt = createdAt
    }
}
