import CLibpq
import Glibc

/// The keywords and values of `PQconnectStartParams`, made once per client from its configuration.
struct PostgresParameters: Sendable {
    private let pairs: [(keyword: String, value: String)]

    /// Refuses what could not work: an unreadable conninfo, a host name that would need a blocking look-up, bad limits.
    init(_ configuration: PostgresConfiguration) throws(PostgresError) {
        guard (1...64).contains(configuration.connections) else {
            throw .configuration("connections must be 1 to 64")
        }
        guard configuration.maximumWaiters >= 0 else { throw .configuration("maximumWaiters must not be negative") }
        guard configuration.connectTimeout > .zero, configuration.queryTimeout > .zero else {
            throw .configuration("connectTimeout and queryTimeout must be longer than zero")
        }
        let given = try PostgresConninfo(configuration.conninfo)
        if let host = given["host"], given["hostaddr"] == nil {
            for name in host.split(separator: ",") where !Self.needsNoLookUp(String(name)) {
                throw .configuration("host must be a socket directory, an IP address or localhost; else add hostaddr")
            }
        }

        var settings: [(String, String)] = [
            ("timezone", "UTC"),
            ("statement_timeout", Self.milliseconds(configuration.statementTimeout)),
            ("lock_timeout", Self.milliseconds(configuration.lockTimeout)),
            ("idle_in_transaction_session_timeout", Self.milliseconds(configuration.idleInTransactionTimeout)),
        ]
        settings += configuration.options.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        var options = settings.map { "-c \($0.0)=\(Self.escape($0.1))" }.joined(separator: " ")
        if let more = given["options"], !more.isEmpty { options += " \(more)" }

        // Of two values libpq takes the later one: what stands before `dbname` may be overridden by the conninfo.
        pairs = [
            ("gssencmode", "disable"),
            ("keepalives_idle", "30"),
            ("keepalives_interval", "10"),
            ("keepalives_count", "3"),
            ("tcp_user_timeout", "30000"),
            ("dbname", configuration.conninfo),
            ("client_encoding", "UTF8"),
            ("application_name", configuration.applicationName),
            ("options", options),
        ]
    }

    /// Starts a connection without waiting for anything.
    func start() -> OpaquePointer? {
        let keywords = pairs.map { strdup($0.keyword) }
        let values = pairs.map { strdup($0.value) }
        defer {
            for text in keywords { free(text) }
            for text in values { free(text) }
        }
        let constantKeywords = keywords.map { UnsafePointer<CChar>($0) } + [nil]
        let constantValues = values.map { UnsafePointer<CChar>($0) } + [nil]
        return PQconnectStartParams(constantKeywords, constantValues, 1)
    }

    private static func needsNoLookUp(_ host: String) -> Bool {
        if host.hasPrefix("/") || host.hasPrefix("@") || host == "localhost" { return true }
        var address = in6_addr()
        return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1
    }

    private static func milliseconds(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        guard seconds < 2_000_000 else { return "2000000000" }
        return String(max(0, seconds * 1000 + attoseconds / 1_000_000_000_000_000))
    }

    /// In `options` a space ends an argument and a backslash escapes.
    private static func escape(_ value: String) -> String {
        var escaped = ""
        for character in value {
            if character == " " || character == "\\" { escaped.append("\\") }
            escaped.append(character)
        }
        return escaped
    }
}
