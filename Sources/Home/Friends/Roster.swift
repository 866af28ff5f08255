import Sodium
package import Wire

/// Where a lane stood when something was read beside it: what was numbered before is to be applied before it is judged.
package struct LaneMark: Sendable, Equatable {
    package let epoch: String
    package let seq: Int64

    package init(epoch: String, seq: Int64) {
        self.epoch = epoch
        self.seq = seq
    }
}

/// Everything that one homeserver's users have with another's, in one hash (docs/federation.md, "Rosters that differ").
package struct RosterDigest: Sendable, Equatable {
    package let mark: LaneMark
    /// SHA-256 in lower-case hex.
    package let hash: String

    /// Whether there is nothing between any two.
    package var isOfNothing: Bool { hash == RosterDigest.ofNothing }
    private static let ofNothing = Hex.encode(SHA256.hash([]))

    package init(mark: LaneMark, hash: String) {
        self.mark = mark
        self.hash = hash
    }
}

/// What one homeserver has between one of its users and one of another's.
package struct RosterClaim: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable { case friends, outgoing, incoming }
    /// Of the homeserver that claims.
    package let user: UserID
    /// Of the one that is told.
    package let friend: UserID
    package let state: State
    package let request: FriendRequestID
    /// The other request, when two that crossed made the friendship.
    package let crossed: FriendRequestID?

    package init(
        user: UserID, friend: UserID, state: State, request: FriendRequestID, crossed: FriendRequestID? = nil
    ) {
        self.user = user
        self.friend = friend
        self.state = state
        self.request = request
        self.crossed = crossed
    }
}

/// A page of claims.
package struct RosterPage: Sendable {
    package let mark: LaneMark
    package let claims: [RosterClaim]

    package init(mark: LaneMark, claims: [RosterClaim]) {
        self.mark = mark
        self.claims = claims
    }
}

/// What the receiver says of another's rosters.
package enum RosterVerdict: String, Sendable, CaseIterable {
    case agree
    /// They differ: the pages are wanted.
    case differ
    /// A page was gone through; what was wrong in it is put right by events of the durable lane.
    case checked
    /// The sender's lane has not been applied up to the mark yet.
    case later
}
