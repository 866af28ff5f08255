package import Home
import Sodium
package import Wire

/// The operator names a peer and the root that its operator told him, before the first contact; `peer add` calls it.
///
/// From then on only a keyset of that root is believed, and the peer is allowed. With an invitation, our first hello shows its token.
package struct AddPeer: Sendable {
    private let peers: PeerAdministration

    package init(peers: PeerAdministration) {
        self.peers = peers
    }

    package func run(_ invite: InviteCode) async throws(HomeError) {
        try await run(invite.server, root: invite.root, invite: invite.token)
    }

    /// Throws `conflict` when another root is pinned already (by an earlier `peer add`, or by the first contact), or when the peer is blocked.
    package func run(_ name: ServerName, root: Fingerprint, invite: String? = nil) async throws(HomeError) {
        if let peer = try await peers.peer(name) {
            guard peer.policy != .blocked else {
                throw .conflict("\(name) is blocked; homeserver peer allow ends that")
            }
            if let seen = peer.seenRoot, seen != root {
                throw .conflict(
                    "another root of \(name) is pinned since the first contact: \(seen); homeserver peer repin changes it"
                )
            }
            if let given = peer.rootFingerprint.flatMap({ Fingerprint($0) }), given != root {
                throw .conflict(
                    "another root of \(name) was given before: \(given); homeserver peer repin changes it")
            }
        }
        try await peers.add(name, fingerprint: root.text, invite: invite)
    }
}

extension Peer {
    /// The root that a keyset of the peer has shown and that is pinned since.
    package var seenRoot: Fingerprint? {
        rootPublicKey.flatMap { Ed25519.PublicKey(bytes: $0) }.map { Fingerprint(of: $0) }
    }
}
