import HTTPTypes
import Hummingbird
import HummingbirdTLS
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import ServiceLifecycle
import Synchronization
import Testing
import Wire

@testable import Federation

/// Discovery against a real web server, with names that lead where the test says.
@Suite(.timeLimit(.minutes(1)))
struct DiscoveryTests {
    /// Serves what a test wants under each path, and counts.
    private final class Site: Sendable {
        struct Page: Sendable {
            var status = 200
            var fields: HTTPFields = [:]
            var body = ""
        }

        struct State {
            var pages: [String: Page] = [:]
            var requests: [String] = []
        }

        let state = Mutex(State())

        func answer(_ request: Request) -> Response {
            let path = request.head.path ?? ""
            let key = (request.head.authority?.split(separator: ":").first).map { $0 + path } ?? path
            let page = state.withLock { state in
                state.requests.append(String(key))
                return state.pages[String(key)] ?? Page(status: 404)
            }
            return Response(
                status: .init(code: page.status), headers: page.fields,
                body: ResponseBody(byteBuffer: ByteBuffer(string: page.body)))
        }

        func set(_ key: String, _ page: Page) { state.withLock { $0.pages[key] = page } }
        var requests: [String] { state.withLock { $0.requests } }
    }

    private struct Context: InitializableFromSource {
        init(source: ApplicationRequestContextSource) {}
    }

    /// A site on a port of its own, and a discovery that takes this port for 443.
    private struct World {
        let site = Site()
        let directory: TemporaryDirectory
        let port: Int
        let time = ManualTime()
        let discovery: Discovery
        private let group: ServiceGroup
        private let task: Task<Void, any Error>

        init() async throws {
            directory = try TemporaryDirectory()
            let certificates = try TestCertificates(in: directory)
            var tls = try certificates.tls(of: try #require(ServerName("a.example")))
            tls.applicationProtocols = ["http/1.1"]
            let (ports, bound) = AsyncStream<Int>.makeStream()
            let site = site
            let application = Application(
                responder: CallbackResponder<Context> { request, _ in site.answer(request) },
                server: try .tls(tlsConfiguration: tls),
                configuration: .init(address: .hostname("127.0.0.1", port: 0)),
                onServerRunning: { bound.yield($0.localAddress?.port ?? 0) }, logger: Logger(label: "test"))
            let group = ServiceGroup(services: [application], logger: Logger(label: "test"))
            self.group = group
            task = Task { try await group.run() }
            var iterator = ports.makeAsyncIterator()
            port = try #require(await iterator.next())
            let dialer = Dialer(
                loops: MultiThreadedEventLoopGroup.singleton, lookUp: { World.addresses(of: $0) },
                outboundGuard: OutboundGuard(exceptions: [try #require(AddressRange("127.0.0.1"))]))
            discovery = Discovery(
                configured: [], dialer: dialer, time: time, wellKnownPort: port,
                wellKnownTrust: .only(try NIOSSLCertificate.fromPEMFile(certificates.authority)))
        }

        private static func addresses(of host: String) -> [IPAddress] {
            let table = [
                "a.example": ["127.0.0.1"], "metadata.example": ["169.254.169.254"],
                "mapped.example": ["::ffff:127.0.0.1"], "mixed.example": ["127.0.0.1", "10.0.0.1"],
                "nat64.example": ["64:ff9b::7f00:1"], "other.example": ["127.0.0.2"],
            ]
            return (table[host] ?? []).compactMap { IPAddress($0) }
        }

        func stop() async throws {
            await group.triggerGracefulShutdown()
            try await task.value
        }
    }

    private static let path = "a.example/.well-known/home-server"

    private func withWorld(_ body: (World, ServerName) async throws -> Void) async throws {
        let world = try await World()
        do {
            try await body(world, try #require(ServerName("a.example")))
        } catch {
            try await world.stop()
            throw error
        }
        try await world.stop()
    }

    private func host(of name: ServerName, by discovery: Discovery) async throws -> String {
        try await discovery.endpoint(of: name).host.text
    }

    private func redirect(to location: String) -> Site.Page {
        Site.Page(status: 302, fields: [.location: location])
    }

    @Test func `a delegation is asked for once and followed`() async throws {
        try await withWorld { world, name in
            world.site.set(DiscoveryTests.path, .init(body: #"{"v":1,"host":"h.example:8449"}"#))
            for _ in 0..<3 {
                let endpoint = try await world.discovery.endpoint(of: name)
                #expect(endpoint.host.text == "h.example" && endpoint.port == 8449)
            }
            #expect(world.site.requests == [DiscoveryTests.path])
        }
    }

    @Test func `without a delegation the name speaks for itself on 8448`() async throws {
        try await withWorld { world, name in
            let endpoint = try await world.discovery.endpoint(of: name)
            #expect(endpoint.host == name && endpoint.port == 8448)
        }
    }

    @Test func `three redirects are followed, a fourth is not`() async throws {
        try await withWorld { world, name in
            world.site.set(DiscoveryTests.path, redirect(to: "/1"))
            world.site.set("a.example/1", redirect(to: "https://a.example:\(world.port)/2"))
            world.site.set("a.example/2", redirect(to: "/3"))
            world.site.set("a.example/3", .init(body: #"{"v":1,"host":"h.example"}"#))
            let host1 = try await host(of: name, by: world.discovery)
            #expect(host1 == "h.example")
        }
        try await withWorld { world, name in
            world.site.set(DiscoveryTests.path, redirect(to: "/.well-known/home-server"))
            await #expect(throws: DiscoveryProblem.tooManyRedirects(name)) {
                try await world.discovery.endpoint(of: name)
            }
            #expect(world.site.requests.count == 4)
        }
    }

    @Test(arguments: [
        ("metadata.example", "169.254.169.254", SpecialRange.Kind.linkLocal),
        ("mapped.example", "::ffff:127.0.0.1", .mapped), ("mixed.example", "10.0.0.1", .privateUse),
        ("nat64.example", "64:ff9b::7f00:1", .nat64), ("other.example", "127.0.0.2", .loopback),
    ])
    func `a redirect to a forbidden address is not followed`(
        _ host: String, _ address: String, _ kind: SpecialRange.Kind
    ) async throws {
        try await withWorld { world, name in
            world.site.set(DiscoveryTests.path, redirect(to: "https://\(host):\(world.port)/x"))
            let address = try #require(IPAddress(address))
            await #expect(throws: DiscoveryProblem.forbiddenAddress(host: host, address: address, kind: kind)) {
                try await world.discovery.endpoint(of: name)
            }
            #expect(world.site.requests == [DiscoveryTests.path])
        }
    }

    @Test(arguments: [
        "https://127.0.0.1/x", "http://a.example/x", "https://[::1]/x", "https://a.example:22/x",
        "https://user@a.example/",
    ])
    func `a redirect to an address, another scheme or a mail port is refused`(_ location: String) async throws {
        try await withWorld { world, name in
            world.site.set(DiscoveryTests.path, redirect(to: location))
            await #expect(throws: DiscoveryProblem.self) { try await world.discovery.endpoint(of: name) }
            #expect(world.site.requests == [DiscoveryTests.path])
        }
    }

    @Test(arguments: ["metadata.example", "mapped.example", "mixed.example", "nat64.example"])
    func `a delegation to a forbidden address is never dialled`(_ host: String) async throws {
        try await withWorld { world, name in
            world.site.set(DiscoveryTests.path, .init(body: "{\"v\":1,\"host\":\"\(host):\(world.port)\"}"))
            let dialer = Dialer(
                loops: MultiThreadedEventLoopGroup.singleton,
                lookUp: { host in host == "mapped.example" ? [IPAddress("::ffff:127.0.0.1")].compactMap { $0 } : [] },
                outboundGuard: OutboundGuard())
            let connection = PeerConnection(to: name, discovery: world.discovery, dialer: dialer, time: world.time)
            let error = await #expect(throws: PeerFailure.self) {
                _ = try await connection.send("GET", FederationRoute.keysPath, headers: [], body: [])
            }
            guard case .discovery? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(world.site.requests == [DiscoveryTests.path])
            await connection.close()
        }
    }

    @Test(arguments: [
        Site.Page(body: "no JSON"), .init(body: #"{"v":1,"host":"127.0.0.1"}"#),
        .init(body: #"{"v":1,"host":"h.example","x":""# + String(repeating: "x", count: 20_000) + #""}"#),
        .init(status: 302),
    ])
    private func `an answer that is no delegation is an error, not a fallback`(_ page: Site.Page) async throws {
        try await withWorld { world, name in
            world.site.set(DiscoveryTests.path, page)
            let error = await #expect(throws: DiscoveryProblem.self) { try await world.discovery.endpoint(of: name) }
            guard case .wellKnownInvalid(name, _)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test func `while the site is broken the old delegation is used until it is 48 hours old`() async throws {
        try await withWorld { world, name in
            world.site.set(
                DiscoveryTests.path,
                .init(fields: [.cacheControl: "max-age=600"], body: #"{"v":1,"host":"h.example"}"#))
            let host2 = try await host(of: name, by: world.discovery)
            #expect(host2 == "h.example")
            world.site.set(DiscoveryTests.path, .init(status: 500))
            world.time.advance(by: .seconds(601))
            let host3 = try await host(of: name, by: world.discovery)
            #expect(host3 == "h.example")
            #expect(world.site.requests.count == 2)
            world.time.advance(by: .seconds(48 * 3600))
            let host4 = try await host(of: name, by: world.discovery)
            #expect(host4 == name.text)
        }
    }
}
