package import Home
package import Postgres
import Synchronization
package import Wire

/// A whole domain on a database of its own, whose deliveries are kept instead of sent; what tests of use cases start from.
package final class TestHome: Sendable {
    package let home: Home
    package let delivery: RecordedDelivery
    package let database: PostgresClient
    package let writerDatabase: PostgresClient
    package let time: ManualTime

    /// - Parameter name: The homeserver's name.
    package static func make(
        _ name: String = "alpha.example", registration: RegistrationMode = .open, limitsEnabled: Bool = true,
        outboxQuota: OutboxQuota = OutboxQuota(), peerCalls: any PeerCalls = NoPeerCalls()
    ) async throws -> TestHome {
        let template = try await template.value
        return try await TestHome(
            name: name, conninfo: try await TestDatabase.make(template: template), registration: registration,
            limitsEnabled: limitsEnabled, outboxQuota: outboxQuota, peerCalls: peerCalls)
    }

    /// An empty schema, migrated once for all tests of the process and cloned for each.
    private static let template = Task {
        try await TestDatabase.makeTemplate { conninfo in
            let client = PostgresClient(PostgresConfiguration(conninfo: conninfo, connections: 1))
            try await client.start()
            _ = try await migrate(client, migrations: Schema.migrations)
            await client.close()
        }
    }

    private init(
        name: String, conninfo: String, registration: RegistrationMode, limitsEnabled: Bool, outboxQuota: OutboxQuota,
        peerCalls: any PeerCalls
    ) async throws {
        guard let server = ServerName(name) else { throw Failure(description: "\(name) is no server name") }
        time = ManualTime(now: Instant(seconds: 1_790_000_000))
        database = PostgresClient(
            PostgresConfiguration(
                conninfo: conninfo, connections: 2, statementTimeout: .seconds(60), queryTimeout: .seconds(90)))
        writerDatabase = PostgresClient(
            PostgresConfiguration(
                conninfo: conninfo, connections: 1, options: Home.writerOptions, applicationName: "writer"))
        try await database.start()
        try await writerDatabase.start()
        delivery = RecordedDelivery()
        home = Home(
            settings: HomeSettings(
                server: server, registration: registration, limitsEnabled: limitsEnabled, outboxQuota: outboxQuota),
            database: database, writerDatabase: writerDatabase, delivery: delivery, peerCalls: peerCalls, time: time,
            ids: IDSource(time: time))
        try await home.claimDatabase()
    }

    /// Local accounts by their names; all have the password `correct horse`.
    package func accounts(_ names: String...) async throws -> [Account] {
        let ids = try names.map { name in
            guard let id = UserID(local: name, server: home.server) else { throw Failure(description: name) }
            return id
        }
        try await PopulateDemo(database: database, server: home.server)
            .run(accounts: ids, password: "correct horse", friendships: [])
        var accounts: [Account] = []
        for id in ids {
            let key = try await database.one("SELECT key FROM users WHERE address = \(id.text)", as: Int64.self)
            accounts.append(Account(key: UserKey(key), id: id))
        }
        return accounts
    }

    package func close() async {
        home.close()
        await writerDatabase.close()
        await database.close()
    }

    package struct Failure: Error, CustomStringConvertible {
        package let description: String

        package init(description: String) {
            self.description = description
        }
    }
}

/// Keeps what the domain delivers, in order. State: `Mutex`.
package final class RecordedDelivery: Delivery {
    private struct State {
        var events: [Event] = []
        var statuses: [FriendStatus] = []
        var announcements: [PeerAnnouncement] = []
        var outbox: [OutboxEvent] = []
        var closed: [LoginID] = []
        var recoveries = 0
        var rereads: [PeerKey] = []
    }

    private let state = Mutex(State())

    package init() {}

    package func deliver(_ events: [Event]) { state.withLock { $0.events += events } }
    package func deliver(_ statuses: [FriendStatus]) { state.withLock { $0.statuses += statuses } }
    package func announce(_ items: [PeerAnnouncement]) { state.withLock { $0.announcements += items } }
    package func enqueue(_ events: [OutboxEvent]) { state.withLock { $0.outbox += events } }
    package func close(logins: [LoginID]) { state.withLock { $0.closed += logins } }
    package func recover() { state.withLock { $0.recoveries += 1 } }
    package func resync(_ users: Set<UserKey>) {}
    package func reread(outboxOf peer: PeerKey) { state.withLock { $0.rereads.append(peer) } }

    package var events: [Event] { state.withLock { $0.events } }
    package var outbox: [OutboxEvent] { state.withLock { $0.outbox } }
    package var closed: [LoginID] { state.withLock { $0.closed } }
    package var recoveries: Int { state.withLock { $0.recoveries } }
    package var rereads: [PeerKey] { state.withLock { $0.rereads } }

    /// The events since the last call.
    package func takeEvents() -> [Event] {
        state.withLock { state in
            defer { state.events = [] }
            return state.events
        }
    }

    /// What was said of friends' presence since the last call.
    package func takeStatuses() -> [FriendStatus] {
        state.withLock { state in
            defer { state.statuses = [] }
            return state.statuses
        }
    }

    /// What was announced to peers since the last call.
    package func takeAnnouncements() -> [PeerAnnouncement] {
        state.withLock { state in
            defer { state.announcements = [] }
            return state.announcements
        }
    }

    /// The outbox rows since the last call.
    package func takeOutbox() -> [OutboxEvent] {
        state.withLock { state in
            defer { state.outbox = [] }
            return state.outbox
        }
    }
}
