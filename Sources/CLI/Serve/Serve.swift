import ArgumentParser
import ClientAPI
import Federation
import Home
import Logging
import Metrics
import NIOCore
import Postgres
import ServiceLifecycle
import UnixSignals
import WebClient
import Wire

/// `homeserver serve`: the composition root. It makes every part, hands them to each other, and runs them as one group.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serves clients and other homeservers until it is told to stop.",
        usage: "homeserver serve [--config <file>] [--<setting> <value> ...]",
        discussion: """
            SIGTERM or Ctrl-C: sessions are told to connect again, requests end, and it ends within seconds. One process \
            serves a database; a second one ends with code 2.

            Settings, each also a key of the file (client.port) and a variable (HOME_CLIENT_PORT):
            \(Setting.reference)
            """
    )

    /// From the signal to the end of everything; what has not ended by then is cancelled, and after as long again given up.
    private static let shutdownTime = Duration.seconds(4)

    @OptionGroup var options: ConfigurationOptions

    @Argument(parsing: .allUnrecognized, help: .hidden)
    var flags: [String] = []

    func run() async throws {
        let settings = try options.settings(arguments: flags)
        StructuredLog.bootstrap(settings.log)
        // Before anything is made that counts; without a listener counting costs nothing.
        let registry = settings.metrics.port.map { _ in MetricsRegistry() }
        if let registry { MetricsSystem.bootstrap(registry) }
        ProcessLimits.prepare()
        let logger = Logger(label: "homeserver")

        let database = try await ServingDatabase.open(settings)
        do {
            let lock = try await ServingLock.take(database.shared, logger: logger)
            let group = try await services(settings, database, lock, registry, logger)
            logger.notice("starting", metadata: ["name": "\(settings.name)"])
            try await group.run()
            logger.notice("stopped")
        } catch let error as IOError {
            await database.close()
            throw CommandFailure(
                "cannot listen on \(settings.listeners.joined(separator: " or on ")): \(error)")
        } catch {
            await database.close()
            throw error
        }
    }

    /// In this order they start, in reverse they stop: sessions and requests first, then the links, the domain, and last
    /// what all of them need.
    private func services(
        _ settings: Settings, _ database: ServingDatabase, _ lock: ServingLock, _ registry: MetricsRegistry?,
        _ logger: Logger
    ) async throws -> ServiceGroup {
        let hub = SessionHub()
        let site = try settings.openWebClient(logger: logger).map(site(of:))
        let shownToClients = try settings.client.tls.map { try ServedCertificate($0, listener: "client") }
        let shownToPeers = try settings.openFederationCertificate()
        let links = try settings.openFederation(certificate: shownToPeers)
        let home = Home(
            settings: settings.home, database: database.shared, writerDatabase: database.writer,
            delivery: Outlets(hub: hub, sender: links?.sender), peerCalls: links?.caller ?? NoPeerCalls())
        try await home.claimDatabase()
        try await home.noteStart()
        let listener = settings.clientAPI(site: site, certificate: shownToClients)
        let clients = ClientAPI(home: home, hub: hub, settings: listener, logger: logger) { port in
            logger.notice("listening for clients", metadata: ["host": "\(settings.client.host)", "port": "\(port)"])
        }
        var services: [any Service] = [
            NamedService("database", database), NamedService("database lock", lock),
            NamedService("home", HomeService(home: home, handlers: links?.controlHandlers ?? [:])),
            NamedService(
                "certificate watch",
                CertificateWatch(certificates: [shownToClients, shownToPeers].compactMap { $0 }, logger: logger)),
        ]
        if let registry, let port = settings.metrics.port {
            let metrics = ServingMetrics(
                registry: registry, hub: hub, home: home, database: database, time: SystemTime())
            services.append(NamedService("metrics", metrics.listener(settings.metrics.host, port, logger)))
        }
        if let federation = links {
            let answerCall: AnswerCall = { call, peer in await clients.answer(call, from: peer) }
            let parts = try federation.services(home: home, answerCall: answerCall) { port in
                logger.notice(
                    "listening for homeservers", metadata: ["host": "\(settings.federation.host)", "port": "\(port)"])
            }
            services += parts.map { NamedService("link", $0) }
        }
        services.append(NamedService("clients", try clients.service()))
        var configuration = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        configuration.maximumGracefulShutdownDuration = Self.shutdownTime
        configuration.maximumCancellationDuration = Self.shutdownTime
        return ServiceGroup(configuration: configuration)
    }

    private func site(of client: WebClient) -> Site {
        { path, headers in try client.answer(path: path, headers: headers) }
    }
}

extension Settings {
    /// Where the process listens, for the message that it cannot.
    fileprivate var listeners: [String] {
        var listeners = ["\(client.host):\(client.port) for clients"]
        if federation.mode != .closed { listeners.append("\(federation.host):\(federation.port) for homeservers") }
        if let port = metrics.port { listeners.append("\(metrics.host):\(port) for Prometheus") }
        return listeners
    }
}
