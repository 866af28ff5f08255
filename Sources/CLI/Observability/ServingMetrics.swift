import ClientAPI
import Home
import Logging
import Postgres
import Wire

/// Everything that a scrape of the serving process shows: what was counted, and what its parts say of themselves when they
/// are asked. Made by `Serve`, asked by `MetricsListener`.
struct ServingMetrics: Sendable {
    /// So many peers are shown each by itself, those with the most waiting first; the rest is summed as `other`.
    static let maximumPeers = 1000

    /// How long a scrape waits for what only the database knows.
    private static let patience = Duration.seconds(1)

    let registry: MetricsRegistry
    let hub: SessionHub
    let home: Home
    let database: ServingDatabase
    let time: any TimeSource

    func samples() async -> [MetricSamples] {
        async let peers = peers()
        async let databases = databases()
        return registry.samples() + sessions() + (await domain()) + (await databases) + (await peers) + process()
    }

    /// The listener that shows them.
    func listener(_ host: String, _ port: Int, _ logger: Logger) -> MetricsListener {
        MetricsListener(
            host: host, port: port, logger: logger,
            onListening: { port in
                logger.notice("listening for Prometheus", metadata: ["host": "\(host)", "port": "\(port)"])
            },
            samples: { await samples() })
    }

    private func sessions() -> [MetricSamples] {
        [
            .one("home_sockets", .gauge, hub.socketCount), .one("home_streams", .gauge, hub.streamCount),
            .one("home_resume_bytes", .gauge, hub.resumeBytes),
            .one("home_slow_consumers_total", .counter, hub.slowConsumers),
        ]
    }

    private func domain() async -> [MetricSamples] {
        [
            .one("home_ready", .gauge, await home.isReady ? 1 : 0),
            .one("home_writer_waiting", .gauge, home.waitingWrites),
        ]
    }

    private func databases() async -> [MetricSamples] {
        var waiters: [MetricSamples.Sample] = []
        var inFlight: [MetricSamples.Sample] = []
        var reconnects: [MetricSamples.Sample] = []
        var statements: [MetricSamples.Sample] = []
        for client in [database.shared, database.writer] {
            let metrics = await client.metricsSnapshot
            let labels = [MetricSamples.Label(name: "application", value: client.configuration.applicationName)]
            waiters.append(.init(labels: labels, value: Double(metrics.waiters)))
            inFlight.append(.init(labels: labels, value: Double(metrics.inFlight)))
            reconnects.append(.init(labels: labels, value: Double(metrics.reconnects)))
            statements.append(.init(labels: labels, value: Double(metrics.statements)))
        }
        return [
            MetricSamples(name: "home_database_waiters", kind: .gauge, samples: waiters),
            MetricSamples(name: "home_database_in_flight", kind: .gauge, samples: inFlight),
            MetricSamples(name: "home_database_reconnects_total", kind: .counter, samples: reconnects),
            MetricSamples(name: "home_database_statements_total", kind: .counter, samples: statements),
        ]
    }

    /// From the database, which knows of lanes that nothing has been sent on since the start; nothing while it is away.
    private func peers() async -> [MetricSamples] {
        let read = await within(Self.patience) { [home] in
            try? (await home.outboundLinks(), await home.oldestWaiting())
        }
        guard case .some(let (links, oldest)?) = read else { return [] }
        let now = time.now()
        let lanes = links.map { PeerLanes.Lane($0, oldest: oldest[$0.peer], now: now) }
        return PeerLanes(lanes, maximum: Self.maximumPeers).samples
    }

    private func process() -> [MetricSamples] {
        guard let status = ProcessStatus.read() else { return [] }
        return [
            .one("process_resident_memory_bytes", .gauge, status.residentBytes),
            .one("process_cpu_seconds_total", .counter, status.cpuSeconds),
            .one("process_open_fds", .gauge, status.openFiles), .one("process_max_fds", .gauge, status.maximumFiles),
            .one("process_start_time_seconds", .gauge, status.startedAt),
        ]
    }
}

extension MetricSamples {
    /// A family of one value without labels.
    static func one(_ name: String, _ kind: MetricFamily.Kind, _ value: Double) -> MetricSamples {
        MetricSamples(name: name, kind: kind, samples: [.init(value: value)])
    }

    static func one(_ name: String, _ kind: MetricFamily.Kind, _ value: Int) -> MetricSamples {
        one(name, kind, Double(value))
    }
}
