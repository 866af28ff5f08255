import AsyncHTTPClient
import Logging
import NIOCore
import NIOHTTP1
import Synchronization
import Wire

/// The way to one peer's server: found, checked by the guard, connected and kept; `PeerClient` and the key fetch use it.
///
/// Its state is the actor's: the HTTP client for the address in use. After a failure the next address is taken, and
/// after `Limits.addressLife` all of them are looked up and checked again. The owner calls `close`.
actor PeerConnection {
    /// An answer as it came: nothing about it is proven.
    struct Answer: Sendable {
        let status: Int
        let headers: [(name: String, value: String)]
        let body: [UInt8]
        let retryAfter: Duration?
    }

    private struct Route {
        let endpoint: PeerEndpoint
        let address: IPAddress
        let client: HTTPClient
    }

    private let name: ServerName
    private let discovery: Discovery
    private let dialer: Dialer
    private let time: any TimeSource
    private var route: Route?
    private var checkedAt: Duration?
    private var turn: Int
    private var isClosed = false
    /// Whether a new connection may be used just now. One request at a time is under way.
    private let mayConnect = MayConnect()

    /// - Parameter turn: Which of the host's addresses is dialled first.
    init(to name: ServerName, discovery: Discovery, dialer: Dialer, time: any TimeSource, turn: Int = 0) {
        self.turn = turn
        self.name = name
        self.discovery = discovery
        self.dialer = dialer
        self.time = time
    }

    /// One request and its whole answer, within a time from the connection on. `target` is the path, with a query or without.
    ///
    /// - Parameter onKnownConnection: Throws `notGreeted`, before anything of the request is sent, where a new connection would be needed.
    func send(
        _ method: String, _ target: String, headers: [(name: String, value: String)], body: [UInt8],
        within limit: Duration = Limits.peerRequestTime, onKnownConnection: Bool = false
    ) async throws(PeerFailure) -> Answer {
        let before = self.route?.client
        let route = try await currentRoute()
        guard !onKnownConnection || before === route.client else { throw .notGreeted }
        mayConnect.set(!onKnownConnection)
        defer { mayConnect.set(true) }
        var request = HTTPClientRequest(url: "https://\(route.endpoint.host):\(route.endpoint.port)\(target)")
        request.method = HTTPMethod(rawValue: method)
        for header in headers { request.headers.add(name: header.name, value: header.value) }
        if !body.isEmpty || method != "GET" { request.body = .bytes(ByteBuffer(bytes: body)) }
        do {
            return try await answer(to: request, by: route.client, within: limit)
        } catch is NewConnection {
            throw .notGreeted
        } catch {
            // The next try goes to the next address, after a fresh look at all of them.
            checkedAt = nil
            turn += 1
            throw PeerConnection.failure(error)
        }
    }

    /// Lets go of the connection for good.
    func close() async {
        isClosed = true
        let client = route?.client
        route = nil
        try? await client?.shutdown()
    }

    private func answer(
        to request: HTTPClientRequest, by client: HTTPClient, within limit: Duration
    ) async throws -> Answer {
        let deadline = NIODeadline.now() + TimeAmount(limit)
        let response = try await client.execute(request, deadline: deadline)
        var body: [UInt8] = []
        if let length = response.headers.first(name: "content-length").flatMap({ Int($0) }) {
            guard length <= Limits.peerAnswerBytes else { throw PeerFailure.answerTooLarge }
            body.reserveCapacity(length)
        }
        for try await part in response.body {
            guard body.count + part.readableBytes <= Limits.peerAnswerBytes else { throw PeerFailure.answerTooLarge }
            guard NIODeadline.now() < deadline else { throw PeerFailure.timeout }
            body.append(contentsOf: part.readableBytesView)
        }
        let retryAfter = response.headers.first(name: "retry-after").flatMap { Int64($0) }
        return Answer(
            status: Int(response.status.code), headers: response.headers.map { (name: $0.name, value: $0.value) },
            body: body,
            retryAfter: retryAfter.map { .seconds(max(0, min($0, Limits.retryAfterMost.components.seconds))) })
    }

    private func currentRoute() async throws(PeerFailure) -> Route {
        guard !isClosed else { throw .connection("closed") }
        if let route, let checkedAt, time.monotonic() - checkedAt < Limits.addressLife { return route }
        let endpoint: PeerEndpoint
        let address: IPAddress
        do throws(DiscoveryProblem) {
            endpoint = try await discovery.endpoint(of: name)
            let addresses = try await dialer.addresses(of: endpoint.host, port: endpoint.port)
            address = addresses[turn % addresses.count]
        } catch {
            throw .discovery(error)
        }
        guard !isClosed else { throw .connection("closed") }
        checkedAt = time.monotonic()
        if let route, route.endpoint == endpoint, route.address == address { return route }
        let old = route
        let new = Route(
            endpoint: endpoint, address: address,
            client: dialer.client(for: endpoint, at: address) { [mayConnect] in mayConnect.isSet })
        route = new
        try? await old?.client.shutdown()
        return new
    }

    private static func failure(_ error: any Error) -> PeerFailure {
        if let failure = error as? PeerFailure { return failure }
        let timeouts: [HTTPClientError] = [.deadlineExceeded, .readTimeout, .connectTimeout]
        if let error = error as? HTTPClientError, timeouts.contains(error) { return .timeout }
        // Kinds of errors of sockets and TLS, for the operator: they quote nothing that a peer could have written.
        return .connection(String(String(describing: error).prefix(200)))
    }
}

/// Asked by event loops. State: an atomic word.
private final class MayConnect: Sendable {
    private let word = Atomic(true)

    var isSet: Bool { word.load(ordering: .acquiring) }

    func set(_ value: Bool) { word.store(value, ordering: .releasing) }
}
