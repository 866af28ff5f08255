import Postgres
import Synchronization
import Testing
import Wire

@testable import Home

/// The running homeserver obeys the command line: by notification, by looking, and after a restart.
@Suite(.timeLimit(.minutes(3)))
struct AccountsControlTests {
    @Test func aRevocationReachesTheRunningProcess() async throws {
        try await AccountsFixture.run { (f) async throws in
            let alice = try await f.register("alice")
            #expect(try await f.isValid(alice.token))
            let ticket = try f.home.issueTicket(for: alice.login).ticket
            // So long an interval that only the notification can be what is seen.
            try await running(f, lookingEvery: .seconds(3600)) {
                // The first two could be found by the look at the start and the one when listening begins.
                for number in 0..<3 {
                    let login = try await f.register("number\(number)").login
                    try await f.administration.deactivate("number\(number)")
                    #expect(await f.closed.next() == [login.id])
                }
                try await f.administration.deactivate("alice")
                #expect(await f.closed.next() == [alice.login.id])
                #expect(try await !f.isValid(alice.token))
                #expect(f.home.isRevoked(alice.login))
                await #expect(throws: HomeError.unauthorized) { try await f.home.redeem(ticket: ticket) }
            }
        }
    }

    @Test func lookingFindsWhatNoNotificationAnnounced() async throws {
        try await AccountsFixture.run { (f) async throws in
            let alice = try await f.register("alice").login
            try await running(f, lookingEvery: .milliseconds(5)) {
                try await insert("logins.revoked", #"{"logins":["\#(alice.id)"]}"#, f)
                #expect(await f.closed.next() == [alice.id])
                try await insert("logins.revoked", #"{"logins":["\#(alice.id)"]}"#, f)
                #expect(await f.closed.next() == [alice.id])
            }
        }
    }

    @Test func whatCannotBeObeyedIsPassedOver() async throws {
        try await AccountsFixture.run { (f) async throws in
            let alice = try await f.register("alice").login
            // Left before the start, as by a command line that ran while the homeserver did not.
            for (kind, payload) in [
                ("something.new", "{}"), ("logins.revoked", "no json"), ("logins.revoked", #"{"logins":[1]}"#),
                ("logins.revoked", #"{"logins":["x"]}"#), ("logins.revoked", "{}"), ("", ""),
            ] {
                try await insert(kind, payload, f)
            }
            try await f.administration.setPassword(of: "alice", to: "another password")
            try await running(f, lookingEvery: .seconds(3600)) {
                #expect(await f.closed.next() == [alice.id])
            }
            #expect(f.closed.logins == [alice.id])
        }
    }

    @Test func handlersOfOtherModulesAndOrder() async throws {
        try await AccountsFixture.run { (f) async throws in
            let seen = Mutex<[String]>([])
            let (done, finish) = AsyncStream.makeStream(of: Void.self)
            let handler: ControlHandler = { (_, payload) async throws(HomeError) in
                seen.withLock { $0.append(payload) }
                if payload == "600" { finish.finish() }
                if payload == "300" { throw .internal }
            }
            // More than one read takes.
            for start in stride(from: 1, through: 600, by: 100) {
                let statements = (start..<start + 100).flatMap { number in
                    ControlStore.append("test", payload: "\(number)", at: f.time.now())
                }
                _ = try await f.database.batch(statements)
            }
            try await running(f, lookingEvery: .seconds(3600), handlers: ["test": handler]) {
                for await _ in done {}
            }
            #expect(seen.withLock { $0 } == (1...600).map(String.init))
        }
    }

    /// Keys must become visible in their order, or a reader who asks for keys above the last one misses some.
    @Test func commandsCommitInTheOrderOfTheirKeys() async throws {
        try await AccountsFixture.run { (f) async throws in
            let (locked, isLocked) = AsyncStream.makeStream(of: Void.self)
            try await f.watchingLocks { (waiting) async throws in
                async let slow: Int = f.database.transaction { transaction in
                    _ = try await transaction.run(ControlStore.append("first", payload: "", at: f.time.now()))
                    isLocked.finish()
                    // Until the other one waits for this one, or has overtaken it.
                    var overtaken = 0
                    while try await waiting() == 0, overtaken == 0 {
                        overtaken = try await transaction.one("SELECT count(*) - 1 FROM control", as: Int.self)
                    }
                    return overtaken
                }
                for await _ in locked {}
                _ = try await f.database.batch(ControlStore.append("second", payload: "", at: f.time.now()))
                #expect(try await slow == 0)
            }
            let commands = try await ControlStore(database: f.database).commands(after: 0, limit: 10)
            #expect(commands.map(\.kind) == ["first", "second"])
        }
    }

    @Test func purge() async throws {
        try await AccountsFixture.run { (f) async throws in
            let alice = try await f.register("alice").login
            try await insert("old", "", f)
            f.time.advance(by: f.home.settings.loginLifetime - .seconds(10))
            let again = try await f.logIn("alice").login
            try await insert("new", "", f)
            try await f.home.purgeAccounts()
            #expect(f.closed.logins.isEmpty)
            f.time.advance(by: .seconds(10))
            try await f.home.purgeAccounts()
            #expect(f.closed.logins == [alice.id])
            #expect(try await f.home.logins(of: alice.account).map(\.id) == [again.id])
            let left = try await ControlStore(database: f.database).commands(after: 0, limit: 10)
            #expect(left.map(\.kind) == ["new"])
        }
    }

    /// Runs the listener beside `body` and ends it with it.
    private func running(
        _ f: AccountsFixture, lookingEvery interval: Duration, handlers: [String: ControlHandler] = ControlCommands.all,
        _ body: () async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await f.home.runControl(handlers: handlers, lookingEvery: interval) }
            try await body()
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    private func insert(_ kind: String, _ payload: String, _ f: AccountsFixture) async throws {
        try await f.database.execute(
            "INSERT INTO control (kind, payload, created_at) VALUES (\(kind), \(payload), \(f.time.now()))")
    }
}
