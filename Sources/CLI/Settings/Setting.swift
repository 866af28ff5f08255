import Home

/// One line of the table of settings: the flag, the environment variable and the key in the file all follow from its key.
///
/// `client.port` is `--client-port`, `HOME_CLIENT_PORT`, and `{"client": {"port": …}}`.
struct Setting: Sendable {
    enum Kind: Sendable {
        case text
        case number(ClosedRange<Int>)
        case choice([String])
        /// In a variable or a flag: separated by commas.
        case list
        /// A relative one belongs to the directory of the file that it stands in, or to the working directory.
        case path
    }

    let key: String
    let kind: Kind
    /// What holds when nobody says anything, as it is shown; nil when there is nothing to show.
    let fallback: String?
    let help: String

    init(_ key: String, _ kind: Kind, default fallback: String? = nil, _ help: String) {
        self.key = key
        self.kind = kind
        self.fallback = fallback
        self.help = help
    }

    var components: [String] { key.split(separator: ".").map(String.init) }
    var flag: String { "--" + components.joined(separator: "-") }
    var variable: String { "HOME_" + components.joined(separator: "_").uppercased() }

    /// Reads on from "must be".
    var allowed: String {
        switch kind {
        case .text: "a text"
        case .number(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .choice(let choices): "one of " + choices.joined(separator: ", ")
        case .list: "a list of texts"
        case .path: "the path of a file or directory"
        }
    }
}

extension Setting {
    private static let port = Kind.number(1...65535)

    /// Every setting that there is, but `peers`, which only the file can hold.
    static let all: [Setting] = [
        Setting(
            "name", .text, "this homeserver's name, the part behind the @ of its users' addresses; it never changes"),
        Setting("database.url", .text, "libpq's connection string or URL of this homeserver's database"),
        Setting(
            "database.connections", .number(1...64), default: "8", "connections that queries share"),
        Setting("client.host", .text, default: "127.0.0.1", "address of the listener for clients"),
        Setting("client.port", port, default: "8008", "port of the listener for clients"),
        Setting("client.url", .text, default: "https://NAME", "where clients find this homeserver from outside"),
        Setting("client.origins", .list, default: "that of client.url", "web origins whose pages may connect"),
        Setting(
            "client.proxies", .list, default: "none", "addresses of proxies whose X-Forwarded-For is believed"),
        Setting("client.tls.certificate", .path, "PEM chain; without it the listener speaks plain HTTP, for a proxy"),
        Setting("client.tls.key", .path, "PEM private key of that certificate"),
        Setting("web.client", .choice(["on", "off"]), default: "on", "whether clients get the web client at /"),
        Setting(
            "web.directory", .path, default: "beside the program", "the files of the web client, read at the start"),
        Setting("web.emoji", .path, "the data for the picker of emoji, made by ops/lib/emoji"),
        Setting(
            "federation.mode", .choice(["open", "allowlist", "closed"]), default: "open",
            "who may link: every homeserver, the known ones, or none"),
        Setting("federation.host", .text, default: "0.0.0.0", "address of the listener for other homeservers"),
        Setting("federation.port", port, default: "8448", "port of the listener for other homeservers"),
        Setting(
            "federation.address", .text, default: "NAME:federation.port",
            "host or host:port that /.well-known/home-server tells other homeservers to dial"),
        Setting("federation.tls.certificate", .path, "PEM chain for other homeservers; required unless closed"),
        Setting("federation.tls.key", .path, "PEM private key of that certificate; required unless closed"),
        Setting(
            "federation.exceptions", .list, default: "none",
            "private or loopback networks (CIDR) that this homeserver may dial all the same"),
        Setting(
            "federation.quota.events", .number(OutboxQuota.eventLimits), default: "100000",
            "events that may wait for one homeserver; above it the oldest fail and their authors are told"),
        Setting(
            "federation.quota.bytes", .number(OutboxQuota.byteLimits), default: "268435456", "the same in bytes"),
        Setting(
            "federation.quota.hours", .number(OutboxQuota.hourLimits), default: "720",
            "how long an event may wait for its homeserver"),
        Setting("keys.directory", .path, default: "keys", "this homeserver's signing keys"),
        Setting("secrets.directory", .path, default: "secrets", "what opens the signing keys"),
        Setting("metrics.host", .text, default: "127.0.0.1", "address of the listener for Prometheus"),
        Setting(
            "metrics.port", .number(0...65535), default: "0", "port of the listener for Prometheus; 0 is for none"),
        Setting(
            "registration.mode", .choice(["closed", "token", "open"]), default: "closed",
            "who may make an account over HTTP: nobody, holders of a token, or everybody"),
        Setting(
            "limits", .choice(["on", "off"]), default: "on",
            "rate limits for users and addresses; off only for load tests"),
        Setting(
            "log.level", .choice(["trace", "debug", "info", "notice", "warning", "error", "critical"]),
            default: "info", "the least severe line that is written"),
        Setting(
            "log.format", .choice(["logfmt", "json"]), default: "logfmt", "the form of the lines on standard error"),
    ]

    static func named(_ key: String) -> Setting {
        guard let setting = all.first(where: { $0.key == key }) else {
            preconditionFailure("the table has a line for each setting that the program reads; \(key) is not there")
        }
        return setting
    }

    /// The table as `homeserver serve --help` shows it.
    static var reference: String {
        all.map { setting in
            var lines = "  \(setting.flag) <\(setting.allowed)>\n      \(setting.help)"
            if let fallback = setting.fallback { lines += " (default: \(fallback))" }
            return lines
        }
        .joined(separator: "\n")
    }
}
