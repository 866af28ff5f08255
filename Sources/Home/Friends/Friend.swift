package import Wire

/// An entry of `GET /friends` and of `ready.friends`.
package struct Friend: Sendable {
    package let user: UserID
    package let since: Instant
    package let presence: ShownPresence

    package init(user: UserID, since: Instant, presence: ShownPresence = .unknown) {
        self.user = user
        self.since = since
        self.presence = presence
    }
}

/// An entry of `GET /blocks` and of `ready.blocks`.
package struct Block: Sendable {
    package let user: UserID
    package let since: Instant

    package init(user: UserID, since: Instant) {
        self.user = user
        self.since = since
    }
}

/// An open request, in or out: an entry of `GET /friend-requests` and of `ready.friend_requests`.
package struct FriendRequest: Sendable {
    package enum Direction: String, Sendable { case incoming, outgoing }
    /// `queued`: not yet acknowledged by the receiver's homeserver.
    package enum State: String, Sendable { case pending, queued }
    package let id: FriendRequestID
    package let user: UserID
    package let direction: Direction
    package let state: State
    package let timestamp: Instant

    package init(id: FriendRequestID, user: UserID, direction: Direction, state: State, timestamp: Instant) {
        self.id = id
        self.user = user
        self.direction = direction
        self.state = state
        self.timestamp = timestamp
    }
}

/// The answer to sending a request.
package struct FriendRequestReceipt: Sendable {
    /// `friends`: the other had already asked, so both are friends now.
    package enum State: String, Sendable { case pending, queued, friends }
    package let requestID: FriendRequestID
    package let receiver: UserID
    package let state: State

    package init(requestID: FriendRequestID, receiver: UserID, state: State) {
        self.requestID = requestID
        self.receiver = receiver
        self.state = state
    }
}
