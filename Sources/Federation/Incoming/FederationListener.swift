import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL
import ServiceLifecycle
import Wire

/// The listener for peers: HTTP/1.1 over TLS 1.2 or later, always. `Federation` makes it, the service group runs it.
struct FederationListener: Service {
    private let application: Application<FederationResponder>

    /// - Parameter onListening: Gets the port that was bound.
    init(
        settings: FederationSettings, responder: FederationResponder, loops: any EventLoopGroup,
        onListening: @escaping @Sendable (Int) -> Void
    ) throws {
        let http = HTTP1Channel.Configuration(
            idleTimeout: TimeAmount(Limits.federationIdle),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: Limits.federationHeaderBytes, maxHeaderListSize: Limits.federationHeaderBytes,
                maxHeaderFieldCount: Limits.federationHeaderFields))
        var tls = settings.tls
        tls.applicationProtocols = ["http/1.1"]
        application = Application(
            responder: responder,
            server: try .tls(.http1(configuration: http), tlsConfiguration: tls),
            configuration: .init(
                address: .hostname(settings.host, port: settings.port),
                availableConnectionsDelegate: MaximumAvailableConnections(Limits.federationConnections)),
            onServerRunning: { channel in onListening(channel.localAddress?.port ?? 0) },
            eventLoopGroupProvider: .shared(loops),
            logger: Logger(label: "federation.http"))
    }

    func run() async throws {
        try await application.run()
    }
}
