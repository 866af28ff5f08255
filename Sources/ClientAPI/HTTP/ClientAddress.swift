import HTTPTypes
import Hummingbird
import NIOCore

/// Which address a request came from; the brute-force limits count by it.
enum ClientAddress {
    private static let loopback: Set<String> = ["127.0.0.1", "::1"]

    /// The socket's peer; when that is a proxy of ours, the last hop of `X-Forwarded-For`, which that proxy wrote itself.
    ///
    /// A peer on loopback is a proxy of ours: who can connect from there is on the machine already. Earlier hops are the
    /// client's own claim and are never believed.
    static func text(peer: SocketAddress?, headers: HTTPFields, trustedProxies: Set<String>) -> String {
        let direct = peer?.ipAddress ?? "local"
        guard loopback.contains(direct) || trustedProxies.contains(direct) else { return direct }
        guard let hop = headers[values: .xForwardedFor].last?.split(separator: ",").last else { return direct }
        let address = hop.filter { $0 != " " }
        // Parsed and printed again: one address has one spelling, and nothing that is none goes on from here.
        guard let parsed = try? SocketAddress(ipAddress: address, port: 0) else { return direct }
        return parsed.ipAddress ?? direct
    }
}

extension HTTPField.Name {
    static let xForwardedFor: HTTPField.Name = {
        guard let name = HTTPField.Name("X-Forwarded-For") else { preconditionFailure("a valid field name") }
        return name
    }()
}
