import Home
import Logging
import Postgres
import ServiceLifecycle
import Sodium
import Support
import Synchronization
import Testing
import Wire

@testable import Federation

/// A homeserver without clients: a real domain on a real database, linked to others over real TLS.
final class TestHomeserver: Sendable {
    let home: Home
    let federation: Federation
    let events: EventLog
    let database: PostgresClient
    private let writerDatabase: PostgresClient
    private let settings: FederationSettings
    private let running = Mutex<(group: ServiceGroup, task: Task<Void, any Error>)?>(nil)

    /// - Parameters:
    ///   - proxy: In front of it.
    ///   - peers: Names and the ports of their proxies.
    ///   - conninfo: Of a database that an earlier process of this homeserver has left; nil for a fresh one.
    static func make(
        _ name: String, certificates: TestCertificates, keys: LocalKeys, peers: [(name: String, port: Int)],
        conninfo: String? = nil
    ) async throws -> TestHomeserver {
        let template = try await template.value
        let conninfo =
            if let conninfo { conninfo } else { try await TestDatabase.make(template: template) }
        let configured = try peers.map { peer in
            try ConfiguredPeer(
                name: try #require(ServerName(peer.name)), url: "https://\(peer.name):\(peer.port)",
                caFile: certificates.authority)
        }
        let server = try #require(ServerName(name))
        let settings = FederationSettings(
            server: server, host: "127.0.0.1", port: 0, tls: try certificates.tls(of: server),
            rules: LinkRules(
                peers: configured,
                allowedRanges: [try #require(AddressRange("127.0.0.0/8")), try #require(AddressRange("::1/128"))]))
        let database = PostgresClient(PostgresConfiguration(conninfo: conninfo, connections: 4))
        let writerDatabase = PostgresClient(
            PostgresConfiguration(conninfo: conninfo, connections: 1, options: Home.writerOptions))
        try await database.start()
        try await writerDatabase.start()
        let homeserver = TestHomeserver(
            settings: settings, keys: keys, database: database, writerDatabase: writerDatabase, conninfo: conninfo)
        try await homeserver.home.claimDatabase()
        return homeserver
    }

    let conninfo: String

    private init(
        settings: FederationSettings, keys: LocalKeys, database: PostgresClient, writerDatabase: PostgresClient,
        conninfo: String
    ) {
        self.settings = settings
        self.database = database
        self.writerDatabase = writerDatabase
        self.conninfo = conninfo
        events = EventLog()
        federation = Federation(settings: settings, keys: keys)
        home = Home(
            settings: HomeSettings(server: settings.server, registration: .open), database: database,
            writerDatabase: writerDatabase, delivery: Outlet(events: events, sender: federation.sender),
            peerCalls: federation.caller)
    }

    private static let template = Task {
        try await TestDatabase.makeTemplate { conninfo in
            let client = PostgresClient(PostgresConfiguration(conninfo: conninfo, connections: 1))
            try await client.start()
            _ = try await migrate(client, migrations: Schema.migrations)
            await client.close()
        }
    }

    /// Starts the links; returns the listener's port.
    @discardableResult
    func start(
        answerCall: @escaping AnswerCall = { _, _ in
            CarriedAnswer(status: 404, body: Array(#"{"code":"not_found","message":"nothing"}"#.utf8), lane: nil)
        }
    ) async throws -> Int {
        let (ports, port) = AsyncStream<Int>.makeStream()
        let services = try federation.services(home: home, answerCall: answerCall) { port.yield($0) }
        let group = ServiceGroup(services: services, logger: Logger(label: "test"))
        running.withLock { $0 = (group, Task { try await group.run() }) }
        for await bound in ports { return bound }
        throw CancellationError()
    }

    /// Ends the links as SIGTERM would, then the domain.
    func stop() async throws {
        let (group, task) = try #require(running.withLock { $0 })
        await group.triggerGracefulShutdown()
        try await task.value
        home.close()
        await writerDatabase.close()
        await database.close()
    }

    /// For one that was never started.
    func closeDatabases() async throws {
        home.close()
        await writerDatabase.close()
        await database.close()
    }

    func account(_ name: String) async throws -> Account {
        let id = try #require(UserID(local: name, server: home.server))
        try await PopulateDemo(database: database, server: home.server)
            .run(accounts: [id], password: "correct horse", friendships: [])
        let key = try await database.one("SELECT key FROM users WHERE address = \(id.text)", as: Int64.self)
        return Account(key: UserKey(key), id: id)
    }

    /// The messages between two users, as one of them sees them.
    func messages(of account: Account, with other: Account) async throws -> [String] {
        try await home.directMessages(
            with: other.id, page: HistoryPage(.latest, limit: 200), of: account
        ).messages.map(\.text)
    }
}

extension LocalKeys {
    /// Keys that exist for one test, good from now on.
    static func make(_ name: String) throws -> LocalKeys {
        let server = try #require(ServerName(name))
        let root = try TestKeys.newKey()
        let online = try TestKeys.newKey()
        let now = Instant(seconds: SystemTime().now().seconds)
        let keyset = Keyset(
            server: server, version: 1, previousSHA256: nil, issued: now, expires: now + .seconds(30 * 86_400),
            root: root.publicKey,
            keys: [
                KeysetKey(
                    publicKey: online.publicKey, notBefore: now, notAfter: now + .seconds(86_400), state: .active)
            ])
        return LocalKeys(server: server, signingKey: online, keyset: SignedKeyset(signing: keyset, with: [root]))
    }
}

/// `Delivery` of a homeserver in a test: events are kept, outbox rows go to the peers' workers.
private struct Outlet: Delivery {
    let events: EventLog
    let sender: PeerSender

    func deliver(_ events: [Event]) { self.events.append(events) }
    func deliver(_ statuses: [FriendStatus]) { self.events.append(statuses) }
    func announce(_ announcements: [PeerAnnouncement]) { sender.announce(announcements) }
    func enqueue(_ events: [OutboxEvent]) { sender.enqueue(events) }
    func recover() { sender.recover() }
    func resync(_ users: Set<UserKey>) {}
    func reread(outboxOf peer: PeerKey) { sender.reread(outboxOf: peer) }
    func close(logins: [LoginID]) {}
}

/// Keeps events and lets tests wait for one. State: `Mutex`.
final class EventLog: Sendable {
    private struct Waiter {
        let matches: @Sendable ([Event.Body]) -> Bool
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var events: [Event.Body] = []
        var statuses: [FriendStatus] = []
        var waiters: [Waiter] = []
    }

    private let state = Mutex(State())

    func append(_ events: [Event]) {
        let ready = state.withLock { state in
            state.events += events.map(\.body)
            let ready = state.waiters.filter { $0.matches(state.events) }
            state.waiters.removeAll { $0.matches(state.events) }
            return ready
        }
        for waiter in ready { waiter.continuation.resume() }
    }

    func append(_ statuses: [FriendStatus]) {
        state.withLock { $0.statuses += statuses }
    }

    /// What was said of friends' presence.
    var statuses: [FriendStatus] { state.withLock { $0.statuses } }

    var all: [Event.Body] { state.withLock { $0.events } }

    /// Returns once so many events match; the test's time limit ends a wait in vain.
    func waitFor(_ count: Int = 1, where matches: @escaping @Sendable (Event.Body) -> Bool) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                let enough: @Sendable ([Event.Body]) -> Bool = { $0.count(where: matches) >= count }
                if enough(state.events) { return true }
                state.waiters.append(Waiter(matches: enough, continuation: continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }
}
