import Postgres
import Support
import Testing

@Suite struct ConnectionLossTests {
    /// What every waiter of a lost connection may be told, and nothing else.
    private static func isLoss(_ error: PostgresError) -> Bool {
        switch error {
        case .connectionLost: true
        // PostgreSQL while it stops or starts again.
        case .server(let refusal): ["57P01", "57P02", "57P03"].contains(refusal.code)
        default: false
        }
    }

    /// Tasks that write until told to stop, with how many of their writes were confirmed, and how many are uncertain.
    private static func write(_ client: PostgresClient, tasks: Int, until stop: Counter) async throws -> (Int, Int) {
        try await withThrowingTaskGroup { group in
            for _ in 0..<tasks {
                group.addTask {
                    var (confirmed, uncertain) = (0, 0)
                    while stop.value == 0 {
                        do throws(PostgresError) {
                            try await client.execute("INSERT INTO items VALUES (\(1))")
                            confirmed += 1
                        } catch {
                            guard isLoss(error) else { throw error }
                            if error == .connectionLost(mayHaveRun: true) { uncertain += 1 }
                        }
                    }
                    return (confirmed, uncertain)
                }
            }
            return try await group.reduce((0, 0)) { ($0.0 + $1.0, $0.1 + $1.1) }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func terminatedSessionsUnderLoadLeaveNobodyWaiting() async throws {
        let client = try await startClient(connections: 4)
        let killer = try await startClient(connections: 1, conninfo: client.configuration.conninfo)
        try await client.execute("CREATE TABLE items (id int8)")
        let stop = Counter()
        async let writing = Self.write(client, tasks: 100, until: stop)
        for round in 1...5 {
            while try await killer.one("SELECT count(*) < \(round * 200) FROM items", as: Bool.self) {}
            try await terminateSessions(like: "INSERT INTO items%", by: killer)
        }
        stop.add()
        let (confirmed, uncertain) = try await writing
        let written = try await killer.one("SELECT count(*) FROM items", as: Int.self)
        #expect(confirmed <= written)
        #expect(written <= confirmed + uncertain)
        #expect(await client.metricsSnapshot.reconnects > 0)
        #expect(await client.metricsSnapshot.inFlight == 0)
    }

    @Test(.timeLimit(.minutes(2)))
    func aRestartedServerUnderLoadLeavesNobodyWaiting() async throws {
        let server = try await TestServer()
        let client = try await startClient(connections: 4, conninfo: server.conninfo)
        try await client.execute("CREATE TABLE items (id int8)")
        let stop = Counter()
        async let writing = Self.write(client, tasks: 50, until: stop)
        for _ in 0..<2 {
            while try await Self.count(client) < 200 {}
            try await server.restartImmediately()
            _ = try await Self.count(client)
        }
        stop.add()
        let (confirmed, uncertain) = try await writing
        let written = try await Self.count(client)
        #expect(confirmed <= written)
        #expect(written <= confirmed + uncertain)
        await client.close()
        try await server.delete()
    }

    /// Asks until the server answers: reading twice does no harm.
    private static func count(_ client: PostgresClient) async throws -> Int {
        while true {
            do throws(PostgresError) {
                return try await client.one("SELECT count(*) FROM items", as: Int.self)
            } catch {
                guard isLoss(error) else { throw error }
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func whoWaitsForADeadServerIsToldThatNothingRan() async throws {
        let server = try await TestServer()
        let patient = try await startClient(conninfo: server.conninfo)
        try await patient.execute("CREATE TABLE items (id int8)")
        let client = try await startClient(conninfo: server.conninfo) { $0.queryTimeout = .milliseconds(400) }
        try await server.stopImmediately()
        var last = PostgresError.noRows
        while last != .timedOut(mayHaveRun: false) {
            do throws(PostgresError) { try await client.execute("INSERT INTO items VALUES (1)") } catch {
                #expect(Self.isLoss(error) || error == .timedOut(mayHaveRun: false))
                last = error
            }
        }
        try await server.start()
        #expect(try await Self.count(patient) == 0)
        await client.close()
        await patient.close()
        try await server.delete()
    }

    @Test(.timeLimit(.minutes(1)))
    func whatWaitsForTheServerRunsWhenItIsBack() async throws {
        let server = try await TestServer()
        let client = try await startClient(conninfo: server.conninfo)
        try await client.execute("CREATE TABLE items (id int8)")
        try await server.stopImmediately()
        let waiting = Task { try await Self.count(client) }
        while await client.metricsSnapshot.waiters == 0 { await Task.yield() }
        try await server.start()
        #expect(try await waiting.value == 0)
        await client.close()
        try await server.delete()
    }

    @Test func aTransactionLostBeforeItsCommitHasNotRun() async throws {
        let client = try await startClient(connections: 2)
        try await client.execute("CREATE TABLE items (id int8)")
        let error = await #expect(throws: PostgresError.self) {
            try await client.transaction { transaction in
                let process = try await transaction.run(["INSERT INTO items VALUES (1)", "SELECT pg_backend_pid()"])[1]
                    .value(0, 0, as: Int32.self)
                try await client.execute("SELECT pg_terminate_backend(\(process))")
                try await transaction.execute("INSERT INTO items VALUES (2)")
            }
        }
        #expect(error == .connectionLost(mayHaveRun: false))
        #expect(try await client.one("SELECT count(*) FROM items", as: Int.self) == 0)
    }

    @Test func aTransactionLostWithStatementsUnderWayHasNotRun() async throws {
        let client = try await startClient(connections: 2)
        let error = await #expect(throws: PostgresError.self) {
            try await client.transaction { transaction in
                _ = try await transaction.run(["SELECT pg_terminate_backend(pg_backend_pid())", "SELECT pg_sleep(5)"])
            }
        }
        #expect(error == .connectionLost(mayHaveRun: false))
    }

    @Test func aConnectionLostDuringTheCommitMayHaveRun() async throws {
        let client = try await startClient(connections: 2)
        let error = await #expect(throws: PostgresError.self) {
            try await client.transaction { transaction in
                _ = try await transaction.finish([
                    "SELECT pg_terminate_backend(pg_backend_pid())", "SELECT pg_sleep(5)",
                ])
            }
        }
        #expect(error == .connectionLost(mayHaveRun: true))
        let alone = await #expect(throws: PostgresError.self) {
            try await client.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        }
        #expect(alone == .connectionLost(mayHaveRun: true))
        #expect(try await client.one("SELECT 1", as: Int.self) == 1)
    }

    @Test(.timeLimit(.minutes(1)))
    func aSilentConnectionIsGivenUp() async throws {
        let client = try await startClient(connections: 1) { $0.queryTimeout = .milliseconds(200) }
        let first = Task { try await client.execute("SELECT pg_sleep(50)") }
        let second = Task { try await client.execute("SELECT pg_sleep(51)") }
        await #expect(throws: PostgresError.timedOut(mayHaveRun: true)) { try await first.value }
        await #expect(throws: PostgresError.timedOut(mayHaveRun: true)) { try await second.value }
        // A new connection takes its place.
        var answer: Int?
        while answer == nil { answer = try? await client.one("SELECT 1", as: Int.self) }
        #expect(answer == 1)
    }

    @Test func startSaysWhyThereIsNoConnection() async throws {
        var configuration = PostgresConfiguration(conninfo: try TestCluster.conninfo(database: "no_such_database"))
        configuration.connectTimeout = .milliseconds(300)
        let client = PostgresClient(configuration)
        let error = await #expect(throws: PostgresError.self) { try await client.start() }
        guard case .connecting(let reason) = error else {
            Issue.record("not refused: \(String(describing: error))")
            return
        }
        #expect(reason.contains("no_such_database"))
        await #expect(throws: PostgresError.closed) { try await client.execute("SELECT 1") }
    }

    @Test(arguments: [
        ("host=db.example.org dbname=home", "host must be a socket directory"),
        ("postgresql://user:secret@nobody.example/home", "host must be a socket directory"),
        ("host=/tmp nonsense", "the connection string cannot be read"),
    ])
    func settingsThatCannotWorkAreNamed(conninfo: String, problem: String) async throws {
        let error = await #expect(throws: PostgresError.self) {
            try await PostgresClient(PostgresConfiguration(conninfo: conninfo)).start()
        }
        guard case .configuration(let text) = error else {
            Issue.record("not refused: \(String(describing: error))")
            return
        }
        #expect(text.contains(problem))
        #expect(!text.contains("secret"))
    }
}
