package import Wire

/// Whom the operator links with and where they are: what the configuration says besides the listener. `Federation` and
/// `TestPeer` keep to it.
package struct LinkRules: Sendable {
    package var mode: PeerMode
    /// All that the configuration names, with what else it says of them or without.
    package var named: Set<ServerName> = []
    /// Peers that are not looked up.
    package var peers: [ConfiguredPeer]
    /// Roots that the configuration pins, beside those that the database does.
    package var fingerprints: [ServerName: Fingerprint]
    /// Special address ranges that may be dialled all the same.
    package var allowedRanges: [AddressRange]

    package init(
        mode: PeerMode = .open, peers: [ConfiguredPeer] = [], fingerprints: [ServerName: Fingerprint] = [:],
        allowedRanges: [AddressRange] = []
    ) {
        self.mode = mode
        self.peers = peers
        self.fingerprints = fingerprints
        self.allowedRanges = allowedRanges
    }

    /// Those that the configuration names, which admits them in mode `allowlist`.
    package var listed: Set<ServerName> { named.union(peers.map(\.name)).union(fingerprints.keys) }
}
