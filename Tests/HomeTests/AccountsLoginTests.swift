import Postgres
import Sodium
import Testing
import Wire

@testable import Home

/// Signing in: every refusal looks and costs the same, and a login never survives the password that it was made with.
struct AccountsLoginTests {
    @Test func nameOrAddress() async throws {
        try await AccountsFixture.run { (f) async throws in
            let alice = try await f.register("alice").login.account
            #expect(try await f.logIn("alice@alpha.example").login.account == alice)
            await #expect(throws: HomeError.invalid(field: "username", problem: "must be lower-case")) {
                try await f.logIn("Alice")
            }
            await #expect(throws: HomeError.invalid(field: "username", problem: "belongs to another homeserver")) {
                try await f.logIn("alice@beta.example")
            }
            let characters = "may contain only a-z, 0-9, '.', '_' and '-'"
            for (name, problem) in [
                ("", "is empty"), ("alice\0", characters), ("a b", characters), ("alice@", characters),
                (String(repeating: "a", count: 33), "is longer than 32 characters"),
            ] {
                await #expect(throws: HomeError.invalid(field: "username", problem: problem)) {
                    try await f.logIn(name)
                }
            }
            await #expect(throws: HomeError.invalid(field: "password", problem: "must not contain U+0000")) {
                try await f.logIn("alice", password: AccountsFixture.password + "\0")
            }
            await #expect(throws: HomeError.tooLarge(field: "password", problem: "is longer than 1024 bytes")) {
                try await f.logIn("alice", password: String(repeating: "x", count: 1025))
            }
        }
    }

    @Test func refusalsAreAlikeAndCostTheSame() async throws {
        try await AccountsFixture.run { (f) async throws in
            _ = try await f.register("alice")
            _ = try await f.register("gone")
            try await f.administration.deactivate("gone")
            for (name, password) in [
                ("alice", "wrong password"), ("alice", ""), ("nobody", AccountsFixture.password),
                ("gone", AccountsFixture.password),
            ] {
                let before = f.home.accountState.hasher.work
                await #expect(throws: HomeError.unauthorized) { try await f.logIn(name, password: password) }
                let after = f.home.accountState.hasher.work
                #expect(after.verified - before.verified == 1, "\(name)")
                #expect(after.made == before.made)
            }
        }
    }

    /// The stand-in hash must cost what a real one costs, so it must be one that libsodium computes and takes for today's.
    @Test func nobodysHashCostsAsMuchAsARealOne() async throws {
        let hasher = PasswordHasher()
        #expect(!Argon2id.needsRehash(hasher.nobodysHash))
        let real = try await hasher.hash("12345678")
        #expect(hasher.nobodysHash.split(separator: "$")[2] == real.split(separator: "$")[2])
        #expect(hasher.nobodysHash.utf8.count == real.utf8.count)
        let clock = ContinuousClock()
        let (times, nobodys) = (
            (0..<5).map { _ in clock.measure { _ = Argon2id.verify(real, password: "12345679".utf8) } }.min(),
            (0..<5).map { _ in clock.measure { _ = Argon2id.verify(hasher.nobodysHash, password: "12345679".utf8) } }
                .min()
        )
        // A string that libsodium cannot read would be refused within microseconds.
        #expect(try #require(nobodys) > #require(times) / 3)
    }

    @Test func anOldHashIsRenewed() async throws {
        try await AccountsFixture.run { (f) async throws in
            _ = try await f.register("alice")
            let old = try #require(Argon2id.hash(password: AccountsFixture.password.utf8, cost: .minimum))
            try await f.database.execute("UPDATE accounts SET password_hash = \(old)")
            let new = try await f.logIn("alice")
            let stored = try await f.database.one("SELECT password_hash FROM accounts", as: String.self)
            #expect(stored != old)
            #expect(!Argon2id.needsRehash(stored))
            #expect(try await f.isValid(new.token))
            _ = try await f.logIn("alice")
            #expect(try await f.database.one("SELECT password_hash FROM accounts", as: String.self) == stored)
        }
    }

    @Test func aPasswordThatWasChangedMeanwhileOpensNothing() async throws {
        try await AccountsFixture.run { (f) async throws in
            let alice = try await f.register("alice").login.account
            let stale = try await f.database.one("SELECT password_hash FROM accounts", as: String.self)
            try await f.administration.setPassword(of: "alice", to: "another password")
            let row = f.home.loginRow(
                SecretToken(.login), client: AccountsFixture.client, network: AccountsFixture.client.network,
                at: f.time.now())
            let store = LoginStore(database: f.database)
            #expect(try await store.insert(row, for: alice.key, verified: stale, at: f.time.now()) == nil)
            #expect(try await f.count("SELECT count(*) FROM logins") == 0)
        }
    }

    /// The password is being changed while a login that checked the old one is about to begin: it waits, and is refused.
    @Test func aLoginWaitsForAPasswordChange() async throws {
        try await AccountsFixture.run { (f) async throws in
            let alice = try await f.register("alice").login.account
            let stale = try await f.database.one("SELECT password_hash FROM accounts", as: String.self)
            let (changed, isChanged) = AsyncStream.makeStream(of: Void.self)
            try await f.watchingLocks { (waiting) async throws in
                async let change: Int = f.database.transaction { transaction in
                    try await transaction.execute("UPDATE accounts SET password_hash = 'new'")
                    isChanged.finish()
                    var logins = 1
                    while try await waiting() == 0, logins == 1 {
                        logins = try await transaction.one("SELECT count(*) FROM logins", as: Int.self)
                    }
                    return logins
                }
                for await _ in changed {}
                let row = f.home.loginRow(
                    SecretToken(.login), client: AccountsFixture.client, network: AccountsFixture.client.network,
                    at: f.time.now())
                let store = LoginStore(database: f.database)
                #expect(try await store.insert(row, for: alice.key, verified: stale, at: f.time.now()) == nil)
                #expect(try await change == 1)
            }
            #expect(try await f.count("SELECT count(*) FROM logins") == 1)
        }
    }

    @Test func theHundredAndFirstLoginEndsTheIdlest() async throws {
        try await AccountsFixture.run { (f) async throws in
            let first = try await f.register("alice")
            f.time.advance(by: .seconds(1))
            try await f.database.execute(
                """
                INSERT INTO logins (id, account, token_hash, created_at, last_used_at, expires_at, address)
                SELECT gen_random_uuid(), key, sha256(n::text::bytea), \(f.time.now()), \(f.time.now()),
                    \(f.time.now() + .seconds(1000)), ''
                FROM accounts, generate_series(1, 99) n
                """)
            #expect(try await f.isValid(first.token))
            f.time.advance(by: .seconds(1))
            let last = try await f.logIn("alice")
            #expect(try await f.count("SELECT count(*) FROM logins") == 100)
            #expect(f.closed.logins == [first.login.id])
            #expect(try await !f.isValid(first.token))
            #expect(try await f.isValid(last.token))
        }
    }

    @Test(arguments: [
        (nil, nil), ("", nil), ("\u{1}\n", nil), ("Firefox/1\u{7}0 (X)", "Firefox/10 (X)"),
        (String(repeating: "é", count: 300), String(repeating: "é", count: 200)),
    ])
    func labels(sent: String?, kept: String?) {
        #expect(ClientOrigin(address: "", label: sent).cleanLabel == kept)
    }
}
