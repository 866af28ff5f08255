import Home
import Postgres
import Support
import Synchronization
import Wire

/// The domain of `alpha.example` on a database of its own with a clock that the test moves; what every test of accounts works on.
struct AccountsFixture {
    let home: Home
    let conninfo: String
    let database: PostgresClient
    let time: ManualTime
    let closed: ClosedLogins
    let administration: AccountAdministration

    static let password = "correct horse 1"
    static let client = ClientOrigin(address: "192.0.2.1", label: "Test/1.0")

    /// Migrated once, copied for each test.
    private static let template = Task {
        try await TestDatabase.makeTemplate { conninfo in
            let client = PostgresClient(PostgresConfiguration(conninfo: conninfo, connections: 1).unhurried())
            try await client.start()
            try await migrate(client, migrations: Schema.migrations)
            await client.close()
        }
    }

    static func run(
        registration: RegistrationMode = .open, limits: Bool = true,
        _ body: (AccountsFixture) async throws -> Void
    ) async throws {
        let conninfo = try await TestDatabase.make(template: template.value)
        let database = PostgresClient(
            PostgresConfiguration(
                conninfo: conninfo, connections: 2, statementTimeout: .seconds(60), lockTimeout: .seconds(60),
                connectTimeout: .seconds(60), queryTimeout: .seconds(90)))
        try await database.start()
        guard let server = ServerName("alpha.example") else { preconditionFailure("a valid name") }
        let time = ManualTime()
        let closed = ClosedLogins()
        let settings = HomeSettings(server: server, registration: registration, limitsEnabled: limits)
        let home = Home(
            settings: settings, database: database, writerDatabase: database, delivery: closed, time: time,
            ids: IDSource(time: time))
        let administration = AccountAdministration(database: database, server: server, time: time)
        let fixture = AccountsFixture(
            home: home, conninfo: conninfo, database: database, time: time, closed: closed,
            administration: administration)
        do {
            try await body(fixture)
        } catch {
            await database.close()
            throw error
        }
        await database.close()
    }

    func register(_ username: String, token: String? = nil) async throws(HomeError) -> NewLogin {
        try await home.register(
            username: username, password: Self.password, registrationToken: token, client: Self.client)
    }

    func logIn(
        _ username: String, password: String = Self.password, from address: String = "192.0.2.1"
    ) async throws(HomeError) -> NewLogin {
        try await home.login(username: username, password: password, client: ClientOrigin(address: address))
    }

    func isValid(_ token: String) async throws(HomeError) -> Bool {
        do {
            _ = try await home.authenticate(token: token)
            return true
        } catch .unauthorized {
            return false
        }
    }

    /// Another client of the same database, with one connection.
    func client() async throws -> PostgresClient {
        let client = PostgresClient(
            PostgresConfiguration(conninfo: conninfo, connections: 1, lockTimeout: .seconds(60)))
        try await client.start()
        return client
    }

    /// Calls `body` with a function that counts the sessions of this database that wait for a lock; on a connection of its own.
    func watchingLocks<Value>(
        _ body: (_ waiting: @Sendable () async throws -> Int) async throws -> Value
    ) async throws -> Value {
        let observer = try await client()
        let value = try await body {
            try await observer.one(
                """
                SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock'
                """, as: Int.self)
        }
        await observer.close()
        return value
    }

    func count(_ query: PostgresQuery) async throws -> Int {
        try await database.one(query, as: Int.self)
    }
}

/// Records which logins were closed; its state is behind a `Mutex`, and `next()` waits for the next call of `close`.
final class ClosedLogins: Delivery {
    private let all = Mutex<[LoginID]>([])
    private let stream: AsyncStream<[LoginID]>
    private let continuation: AsyncStream<[LoginID]>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream(of: [LoginID].self)
    }

    var logins: [LoginID] { all.withLock { $0 } }

    func next() async -> [LoginID] {
        for await logins in stream { return logins }
        return []
    }

    func deliver(_ events: [Event]) {}
    func deliver(_ statuses: [FriendStatus]) {}
    func announce(_ announcements: [PeerAnnouncement]) {}
    func enqueue(_ events: [OutboxEvent]) {}
    func recover() {}
    func resync(_ users: Set<UserKey>) {}
    func reread(outboxOf peer: PeerKey) {}

    func close(logins: [LoginID]) {
        all.withLock { $0 += logins }
        continuation.yield(logins)
    }
}
