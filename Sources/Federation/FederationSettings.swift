package import NIOSSL
package import Wire

/// What the operator decides about links; the composition root reads it from the configuration.
package struct FederationSettings: Sendable {
    /// Our own name, which stands behind the `@` of our users.
    package var server: ServerName
    /// Where the listener binds. Port 0 takes any free one.
    package var host: String
    package var port: Int
    /// With the certificate for whoever dials what the delegation says; the listener adds its application protocol.
    package var tls: TLSConfiguration
    /// What `/.well-known/home-server` says; nil for our own name on port 8448.
    package var delegation: Delegation?
    package var rules: LinkRules
    /// False takes the rate limits away, for load tests.
    package var limitsEnabled: Bool

    package init(
        server: ServerName, host: String = "0.0.0.0", port: Int = 8448, tls: TLSConfiguration,
        delegation: Delegation? = nil, rules: LinkRules = LinkRules(), limitsEnabled: Bool = true
    ) {
        self.server = server
        self.host = host
        self.port = port
        self.tls = tls
        self.delegation = delegation
        self.rules = rules
        self.limitsEnabled = limitsEnabled
    }
}
