import Federation
import FoundationEssentials
import Glibc
import Home
import Postgres

/// What may be set, works, and is dangerous on a homeserver for real people; asked by `config check`.
enum DangerousSettings {
    /// A sentence for each, that begins with the setting.
    ///
    /// - Parameter file: The configuration file, whose mode matters when there is a password in it.
    static func warnings(of settings: Settings, file: String? = nil) -> [String] {
        var warnings: [String] = []
        if settings.registration == .open {
            warnings.append("registration.mode is open: everybody who reaches the listener may make an account")
        }
        if !settings.limits {
            warnings.append("limits are off: passwords can be guessed at any speed, and one user can fill the database")
        }
        if settings.client.tls == nil {
            warnings += plainListener(settings.client)
        }
        for origin in ([settings.client.url] + settings.client.origins) where isPlainAndFar(origin) {
            let warning =
                "client.url or client.origins has \(origin): a page that comes without TLS can be changed on its way"
            if !warnings.contains(warning) { warnings.append(warning) }
        }
        if settings.metrics.port != nil, !isLoopback(settings.metrics.host) {
            warnings.append(
                "metrics.host is \(settings.metrics.host): whoever reaches it may read the names of all peers")
        }
        if settings.federation.mode != .closed, !settings.federation.exceptions.isEmpty {
            warnings.append(
                "federation.exceptions has \(settings.federation.exceptions.joined(separator: ", ")): "
                    + "other homeservers can make this one send requests there")
        }
        if ["trace", "debug"].contains(settings.log.level) {
            warnings.append("log.level is \(settings.log.level): the log says who is online when, and grows fast")
        }
        if let file, hasPassword(settings.database.url), isReadableByOthers(file) {
            warnings.append("database.url has a password, and others may read \(file): chmod 600 it")
        }
        return warnings
    }

    private static func plainListener(_ client: Settings.Client) -> [String] {
        if !isLoopback(client.host) {
            return ["client.host is \(client.host) without client.tls: passwords go over the network in the clear"]
        }
        guard client.proxies.isEmpty, client.url.hasPrefix("https://") else { return [] }
        return [
            "client.proxies is empty: behind a proxy all clients have its address, and share one allowance of attempts"
        ]
    }

    static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }

    private static func isPlainAndFar(_ origin: String) -> Bool {
        guard origin.hasPrefix("http://"), let host = URL(string: origin)?.host() else { return false }
        return !isLoopback(host) && !host.hasSuffix(".localhost") && host != "[::1]"
    }

    private static func hasPassword(_ url: String) -> Bool {
        (try? PostgresConninfo(url))?.hasSecrets ?? false
    }

    private static func isReadableByOthers(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & 0o044 != 0
    }
}
