import Home
import Logging
import Postgres
import ServiceLifecycle
import Support
import Testing
import Wire

@testable import ClientAPI

/// A homeserver whose domain delivers to the sockets of its own client listener, on a free port of loopback and a database
/// of its own; alice and bob are friends, carol is nobody's.
struct SocketTestServer: Sendable {
    static let origin = "https://chat.alpha.example"

    let home: Home
    let hub: SessionHub
    let time: ManualTime
    let port: Int
    private let services: ServiceGroup
    private let reader: PostgresClient

    /// The domain's `Delivery` without peers.
    private struct Sockets: Delivery {
        let hub: SessionHub
        func deliver(_ events: [Event]) { hub.deliver(events) }
        func deliver(_ statuses: [FriendStatus]) { hub.deliver(statuses) }
        func announce(_ announcements: [PeerAnnouncement]) {}
        func enqueue(_ events: [OutboxEvent]) {}
        func recover() { hub.recover() }
        func resync(_ users: Set<UserKey>) { hub.resync(users) }
        func reread(outboxOf peer: PeerKey) {}
        func close(logins: [LoginID]) { hub.close(logins: logins) }
    }

    private static let template = Task {
        try await TestDatabase.makeTemplate { conninfo in
            let client = PostgresClient(PostgresConfiguration(conninfo: conninfo, connections: 1))
            try await client.start()
            _ = try await migrate(client, migrations: Schema.migrations)
            let server = try #require(ServerName("alpha.example"))
            let users = ["alice", "bob", "carol"].compactMap { UserID(local: $0, server: server) }
            try await PopulateDemo(database: client, server: server)
                .run(
                    accounts: users, password: "correct horse",
                    friendships: [PopulateDemo.Friendship(users[0], users[1])])
            await client.close()
        }
    }

    static func run(
        limits: Bool = false, headTime: Duration = .seconds(5), _ body: (SocketTestServer) async throws -> Void
    ) async throws {
        let conninfo = try await TestDatabase.make(template: try await template.value)
        let reader = PostgresClient(PostgresConfiguration(conninfo: conninfo, connections: 2))
        let writer = PostgresClient(
            PostgresConfiguration(conninfo: conninfo, connections: 1, options: Home.writerOptions))
        try await reader.start()
        try await writer.start()
        let time = ManualTime(now: Instant(seconds: 1_790_000_000))
        let hub = SessionHub(time: time)
        let name = try #require(ServerName("alpha.example"))
        let home = Home(
            settings: HomeSettings(server: name, limitsEnabled: limits), database: reader, writerDatabase: writer,
            delivery: Sockets(hub: hub), time: time, ids: IDSource(time: time))
        try await home.claimDatabase()
        let settings = ClientAPISettings(
            port: 0, allowedOrigins: [origin], limitsEnabled: limits, drainTime: .milliseconds(200),
            headTime: headTime, sweepInterval: .milliseconds(20))
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let api = ClientAPI(home: home, hub: hub, settings: settings, logger: logger) { port.yield($0) }
        let services = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: [.init(service: try api.service())], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { port.finish() }
                try await services.run()
            }
            var failure: (any Error)?
            for await port in ports {
                let server = SocketTestServer(
                    home: home, hub: hub, time: time, port: port, services: services, reader: reader)
                do { try await body(server) } catch { failure = error }
                await services.triggerGracefulShutdown()
                break
            }
            try await group.waitForAll()
            home.close()
            await writer.close()
            await reader.close()
            if let failure { throw failure }
        }
    }

    /// Begins what SIGTERM begins.
    func stop() async { await services.triggerGracefulShutdown() }

    func login(_ name: String) async throws -> NewLogin {
        try await home.login(username: name, password: "correct horse", client: ClientOrigin(address: "127.0.0.1"))
    }

    func account(_ name: String) async throws -> Account { try await login(name).login.account }

    /// Logins of so many users who are nobody's friends.
    func crowd(_ count: Int) async throws -> [NewLogin] {
        let names = (0..<count).compactMap { UserID(local: "crowd\($0)", server: home.server) }
        try await PopulateDemo(database: reader, server: home.server)
            .run(accounts: names, password: "correct horse", friendships: [])
        var logins: [NewLogin] = []
        for name in names { logins.append(try await login(name.local)) }
        return logins
    }

    /// A connection on which nothing has been said.
    func connect(receiveBuffer: Int32? = nil) async throws -> RawSocket {
        try await RawSocket.connect(port: port, receiveBuffer: receiveBuffer)
    }

    /// A signed-in socket, after `ready`.
    func open(_ name: String, receiveBuffer: Int32? = nil) async throws -> SocketTestClient {
        try await open(try await login(name), receiveBuffer: receiveBuffer)
    }

    func open(_ login: NewLogin, receiveBuffer: Int32? = nil) async throws -> SocketTestClient {
        let client = try await upgrade(login, receiveBuffer: receiveBuffer)
        #expect(try await client.next().type == "hello")
        let ready = try await client.next()
        #expect(ready.type == "ready")
        client.ready = ready
        return client
    }

    /// A socket of which nothing has been read.
    func upgrade(
        _ login: NewLogin, resume: Bool = false, receiveBuffer: Int32? = nil
    ) async throws -> SocketTestClient {
        let socket = try await connect(receiveBuffer: receiveBuffer)
        try await socket.send(ClientBytes.handshake("/ws?token=\(login.token)\(resume ? "&resume=1" : "")"))
        #expect(try await socket.readHead()?.status == 101)
        return SocketTestClient(socket: socket, login: login)
    }

    /// A second connection that wants to go on where a first one was.
    func resume(_ former: SocketTestClient, as login: NewLogin? = nil, after s: Int64) async throws -> SocketTestClient
    {
        let client = try await upgrade(login ?? former.login, resume: true)
        #expect(try await client.next().type == "hello")
        let ready = try #require(former.ready)
        try await client.send(
            #"{"type":"resume","session_id":"\#(try ready.string("session_id"))","epoch":"\#(try ready.string("epoch"))","s":\#(s)}"#
        )
        client.ready = ready
        return client
    }
}

/// One WebSocket of a test, whose frames are JSON.
final class SocketTestClient: @unchecked Sendable {
    // @unchecked: one test uses it, one call after the other.
    struct Frame: Sendable {
        let type: String
        let object: JSONObject
        let text: String

        func string(_ key: String) throws -> String { try object.string(key) }
        func integer(_ key: String) throws -> Int64 { try object.integer(key) }
    }

    let socket: RawSocket
    let login: NewLogin
    var ready: Frame?

    init(socket: RawSocket, login: NewLogin) {
        self.socket = socket
        self.login = login
    }

    func send(_ text: String) async throws { try await socket.send(ClientBytes.frame(text)) }

    /// A private message; the nonce is the text when it is not said.
    func sendMessage(_ text: String, to receiver: String, nonce: String? = nil) async throws {
        try await send(
            #"{"type":"private-message","receiver_id":"\#(receiver)","message":"\#(text)","nonce":"\#(nonce ?? text)"}"#
        )
    }

    /// The next text frame.
    func next() async throws -> Frame {
        guard let frame = try await socket.readFrame() else {
            throw RawSocket.Failure(description: "the homeserver closed")
        }
        guard frame.opcode == 1, let object = try JSON.parse(frame.payload).object else {
            throw RawSocket.Failure(description: "opcode \(frame.opcode), code \(frame.code ?? 0): \(frame.text)")
        }
        return Frame(type: try object.string("type"), object: object, text: frame.text)
    }

    /// The next frame of a type; everything before it must be of the types that may be passed over.
    func next(_ type: String, passing others: Set<String> = []) async throws -> Frame {
        while true {
            let frame = try await next()
            if frame.type == type { return frame }
            guard others.contains(frame.type) else {
                throw RawSocket.Failure(description: "expected \(type), got \(frame.text)")
            }
        }
    }
}
