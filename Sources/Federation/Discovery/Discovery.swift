import AsyncHTTPClient
import Logging
import NIOCore
import NIOHTTP1
import Wire

/// How a peer's server was found.
enum DiscoveryWay: Sendable {
    /// By the operator's configuration.
    case configured
    /// By `/.well-known/home-server` of its name.
    case delegation
    /// There is no such document, or nobody who could answer: the name speaks for itself.
    case name
}

/// Finds the server of a peer's name; asked by `PeerClient` before it connects. Its state is the actor's.
///
/// A configured peer is where the operator says. Otherwise `https://NAME/.well-known/home-server` may name another
/// host; without an answer the name speaks for itself on port 8448.
actor Discovery {
    private let configured: [ServerName: ConfiguredPeer]
    private let dialer: Dialer
    private let time: any TimeSource
    private let wellKnownPort: Int
    private let wellKnownTrust: CertificateTrust
    private var cache = DelegationCache()

    init(
        configured: [ConfiguredPeer], dialer: Dialer, time: any TimeSource, wellKnownPort: Int = 443,
        wellKnownTrust: CertificateTrust = .system
    ) {
        self.configured = Dictionary(configured.map { ($0.name, $0) }) { _, last in last }
        self.dialer = dialer
        self.time = time
        self.wellKnownPort = wellKnownPort
        self.wellKnownTrust = wellKnownTrust
    }

    func endpoint(of name: ServerName) async throws(DiscoveryProblem) -> PeerEndpoint {
        try await find(name).endpoint
    }

    /// The same, with how it was found.
    func find(_ name: ServerName) async throws(DiscoveryProblem) -> (endpoint: PeerEndpoint, way: DiscoveryWay) {
        if let peer = configured[name] { return (peer.endpoint, .configured) }
        let delegation =
            switch cache.answer(for: name, now: time.monotonic()) {
            case .fresh(let delegation): delegation
            case .outdated, .unknown: try await ask(name)
            }
        return (endpoint(of: name, delegation), delegation == nil ? .name : .delegation)
    }

    private func endpoint(of name: ServerName, _ delegation: Delegation?) -> PeerEndpoint {
        PeerEndpoint(
            host: delegation?.host ?? name, port: delegation?.port ?? 8448, trust: wellKnownTrust)
    }

    private func ask(_ name: ServerName) async throws(DiscoveryProblem) -> Delegation? {
        switch try await fetch(name) {
        case .delegation(let delegation, let life):
            cache.store(delegation, for: name, life: life, now: time.monotonic())
            return delegation
        case .none:
            cache.store(nil, for: name, life: Limits.noDelegation, now: time.monotonic())
            return nil
        case .unreachable:
            let known = cache.answer(for: name, now: time.monotonic())
            cache.retryLater(name, now: time.monotonic())
            if case .outdated(let delegation) = known { return delegation }
            return nil
        }
    }

    // MARK: The document

    private enum Fetched {
        case delegation(Delegation, life: Duration)
        case none
        case unreachable
    }

    private enum Step {
        case done(Fetched)
        case redirect(String)
    }

    private func fetch(_ name: ServerName) async throws(DiscoveryProblem) -> Fetched {
        var address = HTTPSAddress(host: name, port: wellKnownPort, target: "/.well-known/home-server")
        for _ in 0...Limits.wellKnownRedirects {
            switch try await step(address, for: name) {
            case .done(let fetched): return fetched
            case .redirect(let location):
                guard let next = address.redirected(to: location) else {
                    throw .wellKnownInvalid(name, problem: "is redirected to something that is no https URL")
                }
                address = next
            }
        }
        throw .tooManyRedirects(name)
    }

    /// One request, to an address that the guard has allowed; each redirect is a step of its own.
    private func step(_ address: HTTPSAddress, for name: ServerName) async throws(DiscoveryProblem) -> Step {
        let addresses: [IPAddress]
        do {
            addresses = try await dialer.addresses(of: address.host, port: address.port)
        } catch .noAddress {
            return .done(.unreachable)
        }
        let endpoint = PeerEndpoint(host: address.host, port: address.port, trust: wellKnownTrust)
        let client = dialer.client(for: endpoint, at: addresses[0])
        let result = await answer(of: client, address, name)
        try? await client.shutdown()
        return try result.get()
    }

    private func answer(
        of client: HTTPClient, _ address: HTTPSAddress, _ name: ServerName
    ) async -> Result<Step, DiscoveryProblem> {
        var request = HTTPClientRequest(url: address.description)
        request.headers.add(name: "accept", value: "application/json")
        let response: HTTPClientResponse
        let body: ByteBuffer
        do {
            response = try await client.execute(request, timeout: TimeAmount(Limits.wellKnownTime))
            switch response.status.code {
            case 200: break
            case 301, 302, 303, 307, 308:
                guard let location = response.headers.first(name: "location") else {
                    return .failure(.wellKnownInvalid(name, problem: "is redirected to nowhere"))
                }
                return .success(.redirect(location))
            case 404, 410: return .success(.done(.none))
            default: return .success(.done(.unreachable))
            }
            body = try await response.body.collect(upTo: Limits.wellKnownBytes)
        } catch is NIOTooManyBytesError {
            return .failure(.wellKnownInvalid(name, problem: "is longer than \(Limits.wellKnownBytes) bytes"))
        } catch {
            return .success(.done(.unreachable))
        }
        do throws(FieldError) {
            let delegation = try Delegation.parse(Array(body.readableBytesView))
            let life = Delegation.life(
                cacheControl: response.headers[canonicalForm: "cache-control"].map { String($0) })
            return .success(.done(.delegation(delegation, life: life)))
        } catch {
            return .failure(.wellKnownInvalid(name, problem: error.description))
        }
    }
}
