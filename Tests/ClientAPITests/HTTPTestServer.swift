import Home
import Logging
import ServiceLifecycle
import Support
import Testing
import Wire

@testable import ClientAPI

/// A homeserver's client listener on a free port of loopback, over a domain with a database of its own.
struct HTTPTestServer: Sendable {
    static let origin = "https://chat.alpha.example"
    static let password = "correct horse"

    let test: TestHome
    /// Nobody signed in.
    let client: HTTPTestClient

    /// Runs a test against a fresh homeserver `alpha.example` and stops it afterwards.
    static func run(
        registration: RegistrationMode = .open, limits: Bool = false, wellKnownHost: String? = "alpha.example:8448",
        site: Site? = nil,
        _ body: (HTTPTestServer) async throws -> Void
    ) async throws {
        let test = try await TestHome.make(registration: registration, limitsEnabled: limits)
        let settings = ClientAPISettings(
            port: 0, allowedOrigins: [origin], wellKnownHost: wellKnownHost, site: site,
            limitsEnabled: limits)
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let api = ClientAPI(
            home: test.home, hub: SessionHub(time: test.time), settings: settings, logger: logger,
            onListening: { port.yield($0) })
        let services = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: [.init(service: try api.service())], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                // Should it not come to listen, the loop below ends too.
                defer { port.finish() }
                try await services.run()
            }
            for await port in ports {
                let server = HTTPTestServer(test: test, client: HTTPTestClient(port: port))
                let result = await Result { try await body(server) }
                await services.triggerGracefulShutdown()
                try await group.waitForAll()
                await test.close()
                return try result.get()
            }
            try await group.waitForAll()
            Issue.record("the homeserver does not listen")
        }
    }

    /// Signs in a user who exists.
    func signIn(_ name: String, agent: String = "") async throws -> HTTPTestClient {
        let answer = try await client.send(
            "POST", "/api/v1/login", #"{"username":"\#(name)","password":"\#(HTTPTestServer.password)"}"#,
            headers: ["User-Agent": agent])
        return client.with(token: try #require(try answer.object?.string("token")))
    }

    /// Makes a user and signs him in.
    func signedIn(_ name: String, agent: String = "") async throws -> HTTPTestClient {
        _ = try await test.accounts(name)
        return try await signIn(name, agent: agent)
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}

/// How an answer differs from its schema in docs/schemas; empty when it does not.
func problems(_ answer: HTTPTestAnswer, _ schema: String) throws -> [String] {
    guard let json = answer.json else { return ["no JSON: \(answer.text.prefix(200))"] }
    var check = SchemaCheck()
    return try check.problems(of: json, in: schema)
}
