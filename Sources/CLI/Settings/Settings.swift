import Federation
import FoundationEssentials
import Home
import WebClient
import Wire

/// Everything that an operator decides, read once at the start and handed to the modules in parts.
struct Settings: Sendable {
    var name: ServerName
    var database: Database
    var client: Client
    var web: Web
    var federation: Links
    var keysDirectory: String
    var secretsDirectory: String
    var metrics: Metrics
    var registration: RegistrationMode
    /// Whether users and addresses have rate limits.
    var limits: Bool
    var log: Log
    var peers: [Peer]

    struct Database: Sendable {
        var url: String
        var connections: Int
    }

    struct Client: Sendable {
        var host: String
        var port: Int
        var url: String
        var origins: [String]
        var proxies: [String]
        var tls: TLSFiles?
    }

    struct Web: Sendable {
        var isServed: Bool
        var directory: String
        var emoji: String?
    }

    struct Links: Sendable {
        var mode: PeerMode
        var host: String
        var port: Int
        /// What the well-known document says, `host` or `host:port`.
        var address: String
        /// Nil only when the mode is closed: then there is no listener.
        var tls: TLSFiles?
        var exceptions: [String]
        var quota: OutboxQuota
    }

    struct Metrics: Sendable {
        var host: String
        /// Nil where nobody listens.
        var port: Int?
    }

    struct TLSFiles: Sendable {
        var certificate: String
        var key: String
    }

    struct Log: Sendable {
        enum Format: String, Sendable { case logfmt, json }
        var level: String
        var format: Format
    }

    /// A homeserver whose URL, authority or root key the operator gives instead of discovery.
    struct Peer: Sendable {
        var name: ServerName
        var url: String?
        var caFile: String?
        var rootFingerprint: String?
    }
}

extension Settings {
    init(_ sources: SettingsSources) throws {
        let values = SettingsValues(sources: sources)
        name = try values.required("name") {
            ServerName($0)
        } orProblem: {
            "must be a lower-case DNS name without a port"
        }
        database = Database(
            url: try values.required("database.url") {
                $0.isEmpty ? nil : $0
            } orProblem: {
                "must not be empty"
            },
            connections: try values.number("database.connections", default: 8)
        )
        let clientURL = try values.text("client.url").map { try values.origin($0, of: "client.url") }
        let url = clientURL ?? "https://\(name)"
        client = Client(
            host: try values.text("client.host") ?? "127.0.0.1",
            port: try values.number("client.port", default: 8008),
            url: url,
            origins: try values.list("client.origins")?.map { try values.origin($0, of: "client.origins") } ?? [url],
            proxies: try values.list("client.proxies") ?? [],
            tls: try values.tls("client")
        )
        web = Web(
            isServed: try values.choice("web.client", default: OnOff.on) == .on,
            directory: try values.path("web.directory") ?? WebClient.usualDirectory,
            emoji: try values.path("web.emoji")
        )
        let port = try values.number("federation.port", default: 8448)
        federation = Links(
            mode: try values.choice("federation.mode", default: .open),
            host: try values.text("federation.host") ?? "0.0.0.0",
            port: port,
            address: try values.text("federation.address") ?? (port == 8448 ? name.text : "\(name):\(port)"),
            tls: try values.tls("federation"),
            exceptions: try values.list("federation.exceptions") ?? [],
            quota: OutboxQuota(
                events: try values.number("federation.quota.events", default: 100_000),
                bytes: try values.number("federation.quota.bytes", default: 268_435_456),
                age: .seconds(try values.number("federation.quota.hours", default: 720) * 3600))
        )
        if federation.mode != .closed && federation.tls == nil {
            throw SettingsError(
                setting: "federation.tls.certificate", origin: .nowhere,
                problem: "is missing; without a certificate federation.mode must be closed")
        }
        keysDirectory = try values.path("keys.directory") ?? values.beside("keys")
        secretsDirectory = try values.path("secrets.directory") ?? values.beside("secrets")
        let metricsPort = try values.number("metrics.port", default: 0)
        metrics = Metrics(
            host: try values.text("metrics.host") ?? "127.0.0.1", port: metricsPort == 0 ? nil : metricsPort)
        registration = try values.choice("registration.mode", default: .closed)
        limits = try values.choice("limits", default: OnOff.on) == .on
        log = Log(
            level: try values.choiceText("log.level") ?? "info",
            format: try values.choice("log.format", default: .logfmt)
        )
        peers = try values.peers()
        if let double = Dictionary(grouping: peers, by: \.name).first(where: { $0.value.count > 1 }) {
            throw SettingsError(
                setting: "peers", origin: .file(path: sources.file?.path ?? ""),
                problem: "names \(double.key) twice")
        }
    }

    private enum OnOff: String { case on, off }
}
