import AsyncHTTPClient
import Federation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Whether the listener for clients answers on this machine; `Doctor` asks.
struct ClientListenerCheck {
    private static let patience = TimeAmount.seconds(5)

    let client: Settings.Client

    func run() async -> Finding {
        var tls = TLSConfiguration.makeClientConfiguration()
        // By an address of this machine; the certificate itself is judged from its file.
        tls.certificateVerification = .none
        let http = HTTPClient(
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            configuration: .init(
                tlsConfiguration: tls, redirectConfiguration: .disallow, timeout: .init(connect: Self.patience)))
        let finding = await ask(http)
        try? await http.shutdown()
        return finding
    }

    private var url: String {
        let host =
            switch client.host {
            case "0.0.0.0": "127.0.0.1"
            case "::", "[::]": "[::1]"
            case let host where host.contains(":") && !host.hasPrefix("["): "[\(host)]"
            case let host: host
            }
        return "\(client.tls == nil ? "http" : "https")://\(host):\(client.port)/health"
    }

    private func ask(_ http: HTTPClient) async -> Finding {
        do {
            let response = try await http.execute(HTTPClientRequest(url: url), timeout: Self.patience)
            switch response.status.code {
            case 200: return .ok("clients", "\(url) says that it is well")
            case 503:
                return .failure(
                    "clients", "not_ready", "\(url) says that the homeserver cannot reach its database",
                    fix: "see that PostgreSQL runs; the homeserver connects again by itself")
            case let status:
                return .failure(
                    "clients", "not_home", "\(url) answers with status \(status): that is no homeserver",
                    fix: "see what listens at client.host and client.port")
            }
        } catch {
            return .failure(
                "clients", "unreachable", "\(url) does not answer",
                fix: "see that homeserver serve runs with these settings, and its log")
        }
    }
}
