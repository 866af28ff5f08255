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
        application = Application(
            responder: responder,
            server: try .tls(.http1(configuration: http), tlsConfiguration: try FederationListener.tls(settings)),
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

    private static func tls(_ settings: FederationSettings) throws -> TLSConfiguration {
        let chain = try? NIOSSLCertificate.fromPEMFile(settings.certificateFile)
        guard let chain, !chain.isEmpty else {
            throw FieldError(
                field: "federation.certificate_file", problem: "is not a readable PEM file with certificates")
        }
        guard let key = try? NIOSSLPrivateKey(file: settings.privateKeyFile, format: .pem) else {
            throw FieldError(field: "federation.private_key_file", problem: "is not a readable PEM file with a key")
        }
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        tls.minimumTLSVersion = .tlsv12
        // A peer that does not answer our goodbye holds up the end of the process no longer than this (5 s is usual).
        tls.shutdownTimeout = .seconds(1)
        tls.applicationProtocols = ["http/1.1"]
        return tls
    }
}
