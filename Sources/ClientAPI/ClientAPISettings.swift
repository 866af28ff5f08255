package import NIOSSL

/// What the operator decides about the listener of the clients; made by the composition root.
package struct ClientAPISettings: Sendable {
    /// The address to listen on; loopback unless clients reach us without a proxy.
    package var host: String
    /// 0 takes any free port; `ClientAPI` reports which.
    package var port: Int
    /// Present when we speak TLS ourselves.
    package var tls: TLSConfiguration?
    /// The exact values of `Origin` that may use a cookie or open a WebSocket, such as `https://chat.alpha.example`.
    package var allowedOrigins: Set<String>
    /// The addresses of our proxies, whose `X-Forwarded-For` is believed.
    package var trustedProxies: Set<String>
    /// `host:port` of the federation listener, for `/.well-known/home-server`; nil where that is not served.
    package var wellKnownHost: String?
    /// What is on the paths that the API does not have; nil for nothing.
    package var site: Site?
    /// False takes the rate limits away; for load tests only.
    package var limitsEnabled: Bool
    /// How long the sessions may take to leave when the homeserver stops.
    package var drainTime: Duration
    /// How long a connection may take to send its first request's head.
    package var headTime: Duration
    /// How often each event loop looks over its sessions for silence and expiry.
    package var sweepInterval: Duration

    package init(
        host: String = "127.0.0.1", port: Int, tls: TLSConfiguration? = nil, allowedOrigins: Set<String> = [],
        trustedProxies: Set<String> = [], wellKnownHost: String? = nil, site: Site? = nil,
        limitsEnabled: Bool = true,
        drainTime: Duration = .seconds(2), headTime: Duration = .seconds(5), sweepInterval: Duration = .seconds(1)
    ) {
        self.host = host
        self.port = port
        self.tls = tls
        self.allowedOrigins = allowedOrigins
        self.trustedProxies = trustedProxies
        self.wellKnownHost = wellKnownHost
        self.site = site
        self.limitsEnabled = limitsEnabled
        self.drainTime = drainTime
        self.headTime = headTime
        self.sweepInterval = sweepInterval
    }
}
