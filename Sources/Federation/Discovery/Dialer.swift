import AsyncHTTPClient
import NIOCore
import NIOSSL
import Wire

/// Makes HTTP clients that can only reach an address which the guard has allowed; discovery and `PeerClient` use it.
struct Dialer: Sendable {
    let loops: any EventLoopGroup
    /// Every address of a host (`HostResolver`).
    let lookUp: @Sendable (String) async -> [IPAddress]
    let outboundGuard: OutboundGuard

    /// Every address of the host; refused when one of them, or the port, must not be dialled.
    func addresses(of host: ServerName, port: Int) async throws(DiscoveryProblem) -> [IPAddress] {
        guard OutboundGuard.allows(port: port) else { throw .forbiddenPort(port) }
        let addresses = await lookUp(host.text)
        try outboundGuard.check(addresses, of: host.text)
        return addresses
    }

    /// A client for `endpoint` at this address alone: HTTP/1.1 over TLS 1.2 or later, with the certificate checked for
    /// the endpoint's host, no redirects, no proxy, no content coding, no second try by itself. The caller shuts it down.
    func client(for endpoint: PeerEndpoint, at address: IPAddress) -> HTTPClient {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        tls.certificateVerification = .fullVerification
        if case .only(let certificates) = endpoint.trust { tls.trustRoots = .certificates(certificates) }
        var pool = HTTPClient.Configuration.ConnectionPool(idleTimeout: TimeAmount(Limits.peerConnectionIdle))
        pool.retryConnectionEstablishment = false
        pool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls,
            redirectConfiguration: .disallow,
            timeout: .init(connect: TimeAmount(Limits.peerConnectTime), read: TimeAmount(Limits.peerReadTime)),
            connectionPool: pool,
            decompression: .disabled
        )
        configuration.httpVersion = .http1Only
        configuration.dnsOverride = [endpoint.host.text: address.description]
        return HTTPClient(eventLoopGroup: loops, configuration: configuration)
    }
}
