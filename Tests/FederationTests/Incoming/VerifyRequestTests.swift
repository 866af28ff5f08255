import HTTPTypes
import Home
import Hummingbird
import NIOCore
import NIOPosix
import Postgres
import Sodium
import Support
import Synchronization
import Testing
import Wire

@testable import Federation

/// The order of checks: a request with several faults is refused for the first of them, and the later steps never happen.
struct VerifyRequestTests {
    /// What can be wrong with a request, in the order in which it is looked at.
    enum Fault: Int, CaseIterable, Comparable, Sendable {
        case size, addressBucket, destination, policy, time, key, signature, nonce, peerBucket, body, digest, json

        static func < (a: Fault, b: Fault) -> Bool { a.rawValue < b.rawValue }

        func refuses(_ error: FederationError) -> Bool {
            switch (self, error) {
            case (.size, .tooLarge), (.addressBucket, .rateLimited), (.policy, .blocked), (.time, .clockSkew),
                (.key, .unknownKey), (.signature, .badSignature), (.nonce, .badSignature), (.peerBucket, .rateLimited),
                (.digest, .badSignature):
                true
            case (.destination, .invalid(let problem)): problem.contains("fed-destination")
            case (.body, .invalid(let problem)): problem.contains("ended")
            case (.json, .invalid(let problem)): problem.contains("JSON")
            default: false
            }
        }
    }

    /// One request and the world that judges it.
    private struct World {
        let home: TestHome
        let us: ServerName
        let peer: TestKeys
        let time = ManualTime(now: TestKeys.now)
        let fetches = Counter()
        let reads = Counter()

        init() async throws {
            home = try await TestHome.make("alpha.example")
            us = try #require(ServerName("alpha.example"))
            peer = try TestKeys("beta.example")
            _ = try await home.home.knownPeer(named: peer.server)
        }

        func verify(_ faults: Set<Fault>, nonce: [UInt8]) async throws -> VerifyRequest {
            let policy = faults.contains(.policy) ? "blocked" : "allowed"
            try await home.database.execute(
                "UPDATE peers SET policy = \(policy) WHERE name = \(peer.server.text)")
            let document = peer.document()
            let fetches = fetches
            let ring = KeyRing(
                time: time, store: PeerKeyStore(load: { _ in nil }, save: { _, _ in }),
                fetch: { _, _ in
                    fetches.add()
                    return document
                }, alarm: { _, _ in })
            let nonces = NonceCache(time: time)
            if faults.contains(.nonce) { _ = nonces.insert(nonce, key: KeyID(of: peer.online.publicKey)) }
            return VerifyRequest(
                us: us, peers: KnownPeers(home: home.home, mode: .open, time: time), ring: ring, nonces: nonces,
                addressBuckets: RateBuckets(burst: faults.contains(.addressBucket) ? 0 : 10, rate: 1),
                peerBuckets: RateBuckets(burst: faults.contains(.peerBucket) ? 0 : 10, rate: 1), time: time,
                startedAt: TestKeys.now - .seconds(1000))
        }

        func request(_ faults: Set<Fault>, nonce: [UInt8]) throws -> (head: HTTPRequest, body: RequestBody) {
            let content = Array((faults.contains(.json) ? "{" : #"{"v":1,"events":[]}"#).utf8)
            let signature = RequestSignature(
                method: "PUT", path: "/federation/v1/transactions/E1/1",
                body: faults.contains(.digest) ? [1] : content, origin: peer.server,
                destination: faults.contains(.destination) ? try #require(ServerName("gamma.example")) : us,
                created: faults.contains(.time) ? TestKeys.now - .seconds(1000) : TestKeys.now, nonce: nonce,
                key: faults.contains(.key) ? try TestKeys.newKey() : peer.online)
            var fields = HTTPFields()
            for header in signature.headers {
                var value = header.value
                if header.name == "signature", faults.contains(.signature) {
                    value = "fed=:\(Base64.encode([UInt8](repeating: 7, count: 64))):"
                }
                fields.append(HTTPField(name: try #require(HTTPField.Name(header.name)), value: value))
            }
            fields[.contentLength] = faults.contains(.size) ? "1048577" : String(content.count)
            let head = HTTPRequest(
                method: .put, scheme: "https", authority: "alpha.example", path: "/federation/v1/transactions/E1/1",
                headerFields: fields)
            return (head, body(content, isCut: faults.contains(.body)))
        }

        private func body(_ content: [UInt8], isCut: Bool) -> RequestBody {
            let reads = reads
            return RequestBody(
                asyncSequence: AsyncThrowingStream<ByteBuffer, any Error>(
                    unfolding: {
                        reads.add()
                        if isCut { throw CancellationError() }
                        return reads.count == 1 ? ByteBuffer(bytes: content) : nil
                    }))
        }
    }

    private final class Counter: Sendable {
        private let value = Mutex(0)
        var count: Int { value.withLock { $0 } }
        func add() { value.withLock { $0 += 1 } }
    }

    /// The whole way of a request, as the responder goes it.
    private func judge(_ faults: Set<Fault>, in world: World) async throws -> FederationError? {
        let nonce = RandomBytes.array(count: 16)
        let verify = try await world.verify(faults, nonce: nonce)
        let request = try world.request(faults, nonce: nonce)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        defer { channel.close(promise: nil) }
        do throws(FederationError) {
            let admitted = try await verify.admit(request.head, from: IPAddress("192.0.2.1"))
            let body = try await verify.body(of: admitted, request.body, on: channel)
            _ = try ReceivedTransaction(body: body, first: 1, from: admitted.origin, to: world.us)
            return nil
        } catch {
            return error
        }
    }

    @Test func `a good request passes all steps`() async throws {
        let world = try await World()
        #expect(try await judge([], in: world) == nil)
        #expect(world.fetches.count == 1)
        #expect(world.reads.count == 2)
        await world.home.close()
    }

    @Test(arguments: Fault.allCases)
    func `the first fault decides, whatever else is wrong`(_ first: Fault) async throws {
        let world = try await World()
        let faults = Set(Fault.allCases.filter { $0 >= first })
        let error = try #require(try await judge(faults, in: world))
        #expect(first.refuses(error), "\(error)")
        #expect((world.fetches.count == 0) == (first < .key))
        #expect((world.reads.count == 0) == (first < .body))
        await world.home.close()
    }

    @Test(arguments: Fault.allCases)
    func `each fault alone is enough`(_ fault: Fault) async throws {
        let world = try await World()
        let error = try #require(try await judge([fault], in: world))
        #expect(fault.refuses(error), "\(error)")
        await world.home.close()
    }

    @Test func `a request without a length is refused before anything else`() async throws {
        let world = try await World()
        let verify = try await world.verify([], nonce: [])
        var head = try world.request([], nonce: RandomBytes.array(count: 16)).head
        head.headerFields[.contentLength] = nil
        head.headerFields[.transferEncoding] = "chunked"
        await #expect(throws: FederationError.lengthRequired) {
            try await verify.admit(head, from: nil)
        }
        #expect(world.fetches.count == 0)
        await world.home.close()
    }

    @Test func `a request that was signed before we started is stale`() async throws {
        let world = try await World()
        let good = try await world.verify([], nonce: [])
        let request = try world.request([], nonce: RandomBytes.array(count: 16))
        for (start, isStale) in [(-1, false), (0, true), (1, true)] {
            let verify = VerifyRequest(
                us: good.us, peers: good.peers, ring: good.ring, nonces: NonceCache(time: world.time),
                addressBuckets: nil, peerBuckets: nil, time: world.time, startedAt: TestKeys.now + .seconds(start))
            do throws(FederationError) {
                _ = try await verify.admit(request.head, from: nil)
                #expect(!isStale)
            } catch {
                #expect(isStale && error == .stale(now: TestKeys.now))
            }
        }
        await world.home.close()
    }

    @Test func `verified requests do not use up their address' bucket, others do`() async throws {
        let world = try await World()
        let verify = try await world.verify([], nonce: [])
        let address = IPAddress("192.0.2.1")
        for _ in 0..<50 {
            let request = try world.request([], nonce: RandomBytes.array(count: 16))
            _ = try? await verify.admit(request.head, from: address)
        }
        let bad = try world.request([.signature], nonce: RandomBytes.array(count: 16))
        var errors: [FederationError] = []
        for _ in 0..<11 {
            do throws(FederationError) { _ = try await verify.admit(bad.head, from: address) } catch {
                errors.append(error)
            }
        }
        #expect(errors.prefix(10).allSatisfy { $0 == .badSignature })
        #expect(errors.last == .rateLimited(retryAfter: .seconds(1)))
        await world.home.close()
    }
}
