package import Home
import Sodium
package import Wire

/// The operator names a peer and the root that its operator told him, before the first contact; `peer add` calls it.
///
/// From then on only a keyset of that root is believed. In mode `allowlist` it is also what lets the peer in.
package struct AddPeer: Sendable {
    private let peers: PeerAdministration
    private let us: ServerName

    package init(peers: PeerAdministration, us: ServerName) {
        self.peers = peers
        self.us = us
    }

    /// Throws `conflict` when another root is pinned already: by an earlier `peer add`, or by the first contact.
    package func run(_ name: ServerName, root: Fingerprint) async throws(HomeError) {
        guard name != us else { throw .invalid(field: "name", problem: "is this homeserver's own") }
        let peer = try await peers.meet(name)
        if let bytes = peer.rootPublicKey, let key = Ed25519.PublicKey(bytes: bytes), Fingerprint(of: key) != root {
            throw .conflict("another root of \(name) is pinned since the first contact: \(Fingerprint(of: key))")
        }
        if let known = peer.rootFingerprint.flatMap({ Fingerprint($0) }), known != root {
            throw .conflict("another root of \(name) was given before: \(known)")
        }
        try await peers.pin(fingerprint: root.text, of: peer.key)
    }
}
