package import Wire

/// What the operator decides about links; the composition root reads it from the configuration.
package struct FederationSettings: Sendable {
    /// Our own name, which stands behind the `@` of our users.
    package var server: ServerName
    /// Where the listener binds. Port 0 takes any free one.
    package var host: String
    package var port: Int
    /// PEM files: the certificate with its chain, and its key.
    package var certificateFile: String
    package var privateKeyFile: String
    /// What `/.well-known/home-server` says; nil for our own name on port 8448.
    package var delegation: Delegation?
    package var mode: PeerMode
    /// Peers that are not looked up.
    package var peers: [ConfiguredPeer]
    /// Special address ranges that may be dialled all the same.
    package var allowedRanges: [AddressRange]
    /// False takes the rate limits away, for load tests.
    package var limitsEnabled: Bool

    package init(
        server: ServerName, host: String = "0.0.0.0", port: Int = 8448, certificateFile: String,
        privateKeyFile: String, delegation: Delegation? = nil, mode: PeerMode = .open, peers: [ConfiguredPeer] = [],
        allowedRanges: [AddressRange] = [], limitsEnabled: Bool = true
    ) {
        self.server = server
        self.host = host
        self.port = port
        self.certificateFile = certificateFile
        self.privateKeyFile = privateKeyFile
        self.delegation = delegation
        self.mode = mode
        self.peers = peers
        self.allowedRanges = allowedRanges
        self.limitsEnabled = limitsEnabled
    }
}
