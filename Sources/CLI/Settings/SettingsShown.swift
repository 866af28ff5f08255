import Federation
import Home
import Wire

extension Settings {
    /// Every setting of the table with the value that holds, in the table's order.
    var shown: [(key: String, value: String)] {
        Setting.all.map { ($0.key, value(of: $0.key)) }
    }

    private func value(of key: String) -> String {
        switch key {
        case "name": name.text
        case "database.url": database.url
        case "database.connections": "\(database.connections)"
        case "client.host": client.host
        case "client.port": "\(client.port)"
        case "client.url": client.url
        case "client.origins": client.origins.joined(separator: ",")
        case "client.proxies": client.proxies.joined(separator: ",")
        case "client.tls.certificate": client.tls?.certificate ?? ""
        case "client.tls.key": client.tls?.key ?? ""
        case "web.client": web.isServed ? "on" : "off"
        case "web.directory": web.directory
        case "web.emoji": web.emoji ?? ""
        case "federation.mode": federation.mode.rawValue
        case "federation.host": federation.host
        case "federation.port": "\(federation.port)"
        case "federation.address": federation.address
        case "federation.tls.certificate": federation.tls?.certificate ?? ""
        case "federation.tls.key": federation.tls?.key ?? ""
        case "federation.exceptions": federation.exceptions.joined(separator: ",")
        case "federation.quota.events": "\(federation.quota.events)"
        case "federation.quota.bytes": "\(federation.quota.bytes)"
        case "federation.quota.hours": "\(federation.quota.age.components.seconds / 3600)"
        case "keys.directory": keysDirectory
        case "secrets.directory": secretsDirectory
        case "metrics.host": metrics.host
        case "metrics.port": "\(metrics.port ?? 0)"
        case "registration.mode": registration.rawValue
        case "limits": limits ? "on" : "off"
        case "log.level": log.level
        case "log.format": log.format.rawValue
        default: preconditionFailure("every line of the table is shown; \(key) is not")
        }
    }
}
