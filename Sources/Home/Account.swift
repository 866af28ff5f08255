package import Wire

/// The database's short key of a user, local or of a peer; never leaves the process.
package struct UserKey: Hashable, Sendable, Comparable {
    package let value: Int64
    package init(_ value: Int64) { self.value = value }
    package static func < (a: UserKey, b: UserKey) -> Bool { a.value < b.value }
}

/// The database's short key of a peer homeserver; never leaves the process.
package struct PeerKey: Hashable, Sendable, Comparable {
    package let value: Int64
    package init(_ value: Int64) { self.value = value }
    package static func < (a: PeerKey, b: PeerKey) -> Bool { a.value < b.value }
}

/// A user who acts: every use case takes the acting account from the session, never from a field. In a community that is hosted here it may be
/// a peer's user, for whom his homeserver speaks (`CarriedCall`).
package struct Account: Hashable, Sendable {
    package let key: UserKey
    package let id: UserID
    package let isAdmin: Bool
    /// Nil for a user of this homeserver.
    let peer: RemotePeer?

    package init(key: UserKey, id: UserID, isAdmin: Bool = false) {
        self.key = key
        self.id = id
        self.isAdmin = isAdmin
        peer = nil
    }

    /// A peer's user.
    init(key: UserKey, id: UserID, peer: RemotePeer) {
        self.key = key
        self.id = id
        isAdmin = false
        self.peer = peer
    }

    package var isLocal: Bool { peer == nil }
}
