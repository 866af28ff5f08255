import AsyncHTTPClient
import NIOCore
import NIOSSL
import Wire

/// The request would have gone over a connection on which nobody has proved to be the peer.
struct NewConnection: Error {}

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
    ///
    /// - Parameter mayConnect: Asked of each new connection, behind TLS and before anything is sent; where it is false the request fails
    ///   with `NewConnection`.
    func client(
        for endpoint: PeerEndpoint, at address: IPAddress, mayConnect: @escaping @Sendable () -> Bool = { true }
    ) -> HTTPClient {
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
        configuration.http1_1ConnectionDebugInitializer = { channel in
            guard !mayConnect() else { return channel.eventLoop.makeSucceededVoidFuture() }
            channel.close(promise: nil)
            return channel.eventLoop.makeFailedFuture(NewConnection())
        }
        return HTTPClient(eventLoopGroup: loops, configuration: configuration)
    }
}
