import AsyncHTTPClient
import Home
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Sodium
import Testing
import Wire

@testable import Federation

/// The listener as a stranger meets it: real TLS, hostile requests.
@Suite(.timeLimit(.minutes(2)))
struct ListenerTests {
    private final class Target {
        let directory: TemporaryDirectory
        let homeserver: TestHomeserver
        let keys: LocalKeys
        let port: Int
        let client: HTTPClient

        init() async throws {
            directory = try TemporaryDirectory()
            let certificates = try TestCertificates(in: directory)
            keys = try LocalKeys.make("alpha.localhost")
            homeserver = try await TestHomeserver.make(
                "alpha.localhost", certificates: certificates, keys: keys, peers: [])
            port = try await homeserver.start()
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .file(certificates.authority)
            var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
            configuration.dnsOverride = ["alpha.localhost": "127.0.0.1"]
            configuration.httpVersion = .http1Only
            client = HTTPClient(eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: configuration)
        }

        func request(_ method: HTTPMethod, _ path: String) -> HTTPClientRequest {
            var request = HTTPClientRequest(url: "https://alpha.localhost:\(port)\(path)")
            request.method = method
            return request
        }

        func answer(_ request: HTTPClientRequest) async throws -> (status: Int, code: String?, body: [UInt8]) {
            let response = try await client.execute(request, timeout: .seconds(20))
            let body = Array(try await response.body.collect(upTo: 1 << 20).readableBytesView)
            let code = (try? JSON.parse(body))?.object.flatMap { try? $0.string("code") }
            return (Int(response.status.code), code, body)
        }

        func stop() async throws {
            try await client.shutdown()
            try await homeserver.stop()
        }
    }

    private func withTarget(_ body: (Target) async throws -> Void) async throws {
        let target = try await Target()
        do {
            try await body(target)
        } catch {
            try await target.stop()
            throw error
        }
        try await target.stop()
    }

    private func signed(_ target: Target, body: [UInt8], key: Ed25519.SigningKey) throws -> HTTPClientRequest {
        let signature = RequestSignature(
            method: "PUT", path: "/federation/v1/transactions/E1/1", body: body,
            origin: try #require(ServerName("beta.localhost")), destination: target.homeserver.home.server,
            created: SystemTime().now() + .seconds(30), nonce: RandomBytes.array(count: 16), key: key)
        var request = target.request(.PUT, "/federation/v1/transactions/E1/1")
        for header in signature.headers { request.headers.add(name: header.name, value: header.value) }
        return request
    }

    /// A body that begins and then neither goes on nor ends.
    private func endless(_ length: HTTPClientRequest.Body.Length) -> HTTPClientRequest.Body {
        let (parts, part) = AsyncStream<ByteBuffer>.makeStream()
        part.yield(ByteBuffer(bytes: [0x20]))
        return .stream(parts, length: length)
    }

    @Test func `a request that nobody signed is answered although its body never ends`() async throws {
        try await withTarget { target in
            var request = try signed(target, body: [], key: try TestKeys.newKey())
            request.headers.remove(name: "signature")
            request.body = endless(.known(Int64(1_000_000)))
            let answer = try await target.answer(request)
            #expect(answer.status == 400 && answer.code == "invalid")
        }
    }

    @Test func `a stranger whose keys are not to be had is answered although his body never ends`() async throws {
        try await withTarget { target in
            var request = try signed(target, body: [], key: try TestKeys.newKey())
            request.body = endless(.known(Int64(1_000_000)))
            let answer = try await target.answer(request)
            #expect(answer.status == 503 && answer.code == "keys_unavailable")
        }
    }

    @Test func `a body that is too large, or has no length, is refused by its header`() async throws {
        try await withTarget { target in
            var large = try signed(target, body: [], key: try TestKeys.newKey())
            large.body = endless(.known(Int64(1_048_577)))
            #expect(try await target.answer(large).status == 413)
            var chunked = try signed(target, body: [], key: try TestKeys.newKey())
            chunked.body = endless(.unknown)
            #expect(try await target.answer(chunked).status == 411)
        }
    }

    @Test(arguments: ["/", "/federation/v1/nothing", "/federation/v1/transactions/E1", "/federation/v1/hello/"])
    func `everything else is not found`(_ path: String) async throws {
        try await withTarget { target in
            let answer = try await target.answer(target.request(.GET, path))
            #expect(answer.status == 404 && answer.code == "not_found")
        }
    }

    @Test func `the keys and the delegation are for everybody`() async throws {
        try await withTarget { target in
            let keys = try await target.answer(target.request(.GET, FederationRoute.keysPath))
            #expect(keys.status == 200)
            #expect(try KeysDocument(parsing: keys.body).keyset == target.keys.keyset)
            let wellKnown = try await target.answer(target.request(.GET, FederationRoute.wellKnownPath))
            #expect(try Delegation.parse(wellKnown.body).host.text == "alpha.localhost")
        }
    }
}
