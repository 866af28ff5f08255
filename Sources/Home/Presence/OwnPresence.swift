package import Wire

/// What a user has chosen to be.
package enum OwnStatus: String, Sendable, CaseIterable {
    /// Seen while a socket lives.
    case online
    /// Not seen until the next choice, or until the last socket has closed.
    case offline
    /// Not seen until the next choice; kept with the account.
    case invisible
}

/// What a user has chosen to show of himself: `ready.user`, `GET /me`, `own-status-changed`.
package struct OwnPresence: Sendable, Equatable {
    package let status: OwnStatus
    package let showsLastSeen: Bool

    package init(status: OwnStatus, showsLastSeen: Bool) {
        self.status = status
        self.showsLastSeen = showsLastSeen
    }
}

/// What others see of a user; who is invisible is offline in it, here and on every link.
package struct ShownPresence: Sendable, Equatable {
    package let isOnline: Bool
    /// Rounded down to the minute; nil while he is online, when it is not known, and when he does not show it.
    package let lastSeen: Instant?

    package static let unknown = ShownPresence(isOnline: false, lastSeen: nil)
    package static let online = ShownPresence(isOnline: true, lastSeen: nil)

    package init(isOnline: Bool, lastSeen: Instant?) {
        self.isOnline = isOnline
        self.lastSeen = isOnline ? nil : lastSeen
    }

    package var word: String { isOnline ? "online" : "offline" }
}

/// A friend came or went (`friend-status-changed`); true only now, so it has no number and a newer one replaces it.
package struct FriendStatus: Sendable {
    /// The local users whose sockets get it.
    package let recipients: [UserKey]
    /// Whose presence it is.
    package let user: UserID
    package let presence: ShownPresence

    package init(to recipients: [UserKey], user: UserID, _ presence: ShownPresence) {
        self.recipients = recipients
        self.user = user
        self.presence = presence
    }
}

/// Something for the ephemeral lane of a peer; one a change, however many friends live there.
package struct PeerAnnouncement: Sendable {
    package let peer: PeerKey
    package let server: ServerName
    package let item: PresenceItem

    package init(peer: PeerKey, server: ServerName, item: PresenceItem) {
        self.peer = peer
        self.server = server
        self.item = item
    }
}

/// An item of the ephemeral lane.
package enum PresenceItem: Sendable, Equatable {
    /// What a user of the sender's shows.
    case status(UserID, ShownPresence)
    /// A user of the sender's asks for the presence of one of the receiver's, whose friend he has become.
    case probe(from: UserID, of: UserID)

    /// What a newer item of the same key makes worthless.
    package var key: String {
        switch self {
        case .status(let user, _): user.text
        case .probe(let from, let user): from.text + " " + user.text
        }
    }
}
