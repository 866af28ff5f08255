package import Home
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
package import Logging
import NIOCore
package import ServiceLifecycle
import Wire

/// The listener of the clients: HTTP and WebSocket on one port; made and run by the composition root.
package struct ClientAPI: Sendable {
    private let home: Home
    private let hub: SessionHub
    private let settings: ClientAPISettings
    private let logger: Logger
    private let onListening: @Sendable (Int) async -> Void
    /// Of users of ours, by whichever way they come, and of peers' users.
    private let rates: RateLimits

    /// - Parameter onListening: Told the port once connections are accepted; the way to learn it when `settings.port` is 0.
    package init(
        home: Home, hub: SessionHub, settings: ClientAPISettings, logger: Logger,
        onListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) {
        self.home = home
        self.hub = hub
        self.settings = settings
        self.logger = logger
        self.onListening = onListening
        rates = RateLimits(isEnabled: settings.limitsEnabled)
    }

    /// Answers what a peer carries here for one of its users, who may do there what members may.
    package func answer(_ call: CarriedCall, from peer: Peer) async -> CarriedAnswer {
        await AnswerCarriedCall(home: home, settings: settings, rateLimits: rates, logger: logger).run(call, from: peer)
    }

    /// The service that listens until it is shut down: then it first tells the sessions to connect again, and ends the requests
    /// that are under way. Throws when it cannot listen or the certificate cannot be used.
    package func service() throws -> some Service {
        ServiceGroup(
            configuration: ServiceGroupConfiguration(
                // Stopped in reverse order.
                services: [
                    .init(service: try application()),
                    .init(service: SessionDrain(hub: hub, time: settings.drainTime)),
                ],
                logger: logger))
    }

    private func application() throws -> some ApplicationProtocol {
        let router = Router(context: ClientRequestContext.self)
        addHTTPRoutes(to: router, home: home, settings: settings, rateLimits: rates)
        SocketRoute.add(to: router, settings: settings)
        // A router's middleware is for what is added after it: here that is only the answer for a path without a handler.
        if let site = settings.site { router.add(middleware: SiteMiddleware(site: site)) }
        let environment = SessionEnvironment(home: home, hub: hub, rates: rates, settings: settings, logger: logger)
        let onListening = onListening
        return Application(
            router: router,
            server: try server(environment),
            configuration: ApplicationConfiguration(
                address: .hostname(settings.host, port: settings.port), backlog: 4096),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? 0) },
            logger: logger)
    }

    private func server(_ environment: SessionEnvironment) throws -> HTTPServerBuilder {
        let plain = HTTPServerBuilder { responder in
            UpgradeChannel(responder: responder, environment: environment)
        }
        guard let tls = settings.tls else { return plain }
        return try .tls(plain, tlsConfiguration: tls)
    }
}

/// Sends the sockets away before the listener stops; the last service to start and the first to stop.
struct SessionDrain: Service {
    let hub: SessionHub
    let time: Duration

    func run() async throws {
        try? await gracefulShutdown()
        await hub.drain(over: time)
    }
}
