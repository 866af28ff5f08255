import Postgres
import Testing
import Wire

@testable import Home

/// Tokens and the sessions they stand for: how they end, and that an ended one admits nobody.
struct AccountsSessionsTests {
    @Test(arguments: [
        "", "x", "hml_", "hml_" + String(repeating: "A", count: 42), "hml_" + String(repeating: "A", count: 43),
        "hml_" + String(repeating: "A", count: 44), "hml_" + String(repeating: "é", count: 43),
        "hmt_" + String(repeating: "A", count: 43), "hml_" + String(repeating: "A", count: 42) + "\0",
        String(repeating: "A", count: 100_000),
    ])
    func foreignTokens(token: String) async throws {
        try await AccountsFixture.run { (f) async throws in
            await #expect(throws: HomeError.unauthorized) { try await f.home.authenticate(token: token) }
            await #expect(throws: HomeError.unauthorized) { try await f.home.authenticate(socketToken: token) }
        }
    }

    @Test func aTokenExpires() async throws {
        try await AccountsFixture.run { (f) async throws in
            let alice = try await f.register("alice")
            f.time.advance(by: f.home.settings.loginLifetime - .seconds(1))
            #expect(try await f.isValid(alice.token))
            #expect(!f.home.isRevoked(alice.login))
            f.time.advance(by: .seconds(1))
            #expect(try await !f.isValid(alice.token))
            #expect(f.home.isRevoked(alice.login))
            #expect(try await f.home.logins(of: alice.login.account).isEmpty)
        }
    }

    @Test func theDatabaseIsTheTruthAfterFiveMinutes() async throws {
        try await AccountsFixture.run { (f) async throws in
            let alice = try await f.register("alice")
            #expect(try await f.isValid(alice.token))
            // Behind everybody's back.
            try await f.database.execute("DELETE FROM logins")
            #expect(try await f.isValid(alice.token))
            f.time.advance(by: AccountLimits.cachedLoginLife)
            #expect(try await !f.isValid(alice.token))
        }
    }

    @Test func useIsNotedOnceAnHour() async throws {
        try await AccountsFixture.run { (f) async throws in
            let alice = try await f.register("alice")
            let start = f.time.now()
            func lastUsed() async throws -> Instant {
                try await f.database.one("SELECT last_used_at FROM logins", as: Instant.self)
            }
            f.time.advance(by: .seconds(3599))
            #expect(try await f.isValid(alice.token))
            #expect(try await lastUsed() == start)
            f.time.advance(by: .seconds(1))
            #expect(try await f.isValid(alice.token))
            #expect(try await lastUsed() == start + .seconds(3600))
            f.time.advance(by: .seconds(200))
            #expect(try await f.isValid(alice.token))
            #expect(try await lastUsed() == start + .seconds(3600))
        }
    }

    @Test func listAndRevoke() async throws {
        try await AccountsFixture.run { (f) async throws in
            let first = try await f.register("alice")
            let bob = try await f.register("bob")
            f.time.advance(by: .seconds(10))
            let second = try await f.logIn("alice")
            let account = first.login.account
            let list = try await f.home.logins(of: account)
            #expect(list.map(\.id) == [second.login.id, first.login.id])
            #expect(list.map(\.label) == [nil, "Test/1.0"])
            #expect(list[1].createdAt == f.time.now() - .seconds(10))
            #expect(list[1].lastUsedAt == list[1].createdAt)
            #expect(list[1].expiresAt == first.login.expiresAt)

            await #expect(throws: HomeError.notFound("the session does not exist")) {
                try await f.home.revokeLogin(bob.login.id, of: account)
            }
            #expect(try await f.isValid(bob.token))
            #expect(try await f.isValid(first.token))
            try await f.home.revokeLogin(first.login.id, of: account)
            #expect(try await !f.isValid(first.token))
            #expect(f.home.isRevoked(first.login))
            #expect(f.closed.logins == [first.login.id])
            await #expect(throws: HomeError.notFound("the session does not exist")) {
                try await f.home.revokeLogin(first.login.id, of: account)
            }
            #expect(try await f.home.logins(of: account).map(\.id) == [second.login.id])
        }
    }

    @Test func logoutAndAllOthers() async throws {
        try await AccountsFixture.run { (f) async throws in
            let alice = try await f.register("alice")
            let others = [try await f.logIn("alice"), try await f.logIn("alice")]
            let bob = try await f.register("bob")
            for other in others { #expect(try await f.isValid(other.token)) }
            #expect(try await f.home.revokeOtherLogins(than: alice.login) == 2)
            #expect(Set(f.closed.logins) == Set(others.map(\.login.id)))
            for other in others { #expect(try await !f.isValid(other.token)) }
            #expect(try await f.isValid(alice.token))
            #expect(try await f.home.revokeOtherLogins(than: alice.login) == 0)

            try await f.home.logout(alice.login)
            #expect(try await !f.isValid(alice.token))
            #expect(f.closed.logins.last == alice.login.id)
            // Two requests may do so at once; the second one has nothing to do.
            try await f.home.logout(alice.login)
            #expect(try await f.isValid(bob.token))
        }
    }

    /// A reader who saw the login before it was revoked and remembers it only afterwards.
    @Test func aRevokedLoginCannotBeCachedAgain() async throws {
        let time = ManualTime()
        let cache = LoginCache(time: time)
        let login = try someLogin(time)
        let hash = SecretToken(.login).hash
        cache.revoke([login.id])
        cache.insert(login, lastUsedAt: time.now(), for: hash)
        #expect(cache.find(hash) == nil)
        time.advance(by: AccountLimits.cachedLoginLife)
        #expect(cache.find(hash) == nil)
    }

    @Test func theCacheIsBounded() async throws {
        let time = ManualTime()
        let cache = LoginCache(time: time, capacity: 8)
        var known: [(SecretToken.Hash, Login)] = []
        for _ in 0..<100 {
            let (hash, login) = (SecretToken(.login).hash, try someLogin(time))
            cache.insert(login, lastUsedAt: time.now(), for: hash)
            known.append((hash, login))
            time.advance(by: .seconds(1))
        }
        #expect(known.count { cache.find($0.0) != nil } <= 8)
        #expect(cache.find(known[99].0)?.login == known[99].1)
        // More revocations than can be remembered: then nothing that is cached is believed.
        cache.revoke(try (0..<9).map { _ in try someLogin(time).id })
        #expect(known.allSatisfy { cache.find($0.0) == nil })
    }

    @Test func changePassword() async throws {
        try await AccountsFixture.run { (f) async throws in
            let alice = try await f.register("alice")
            let other = try await f.logIn("alice")
            func change(_ current: String, _ new: String) async throws(HomeError) {
                try await f.home.changePassword(
                    of: alice.login, current: current, new: new, client: AccountsFixture.client)
            }
            await #expect(throws: HomeError.unauthorized) { try await change("wrong password", "new password") }
            await #expect(throws: HomeError.invalid(field: "new_password", problem: "is shorter than 8 characters")) {
                try await change(AccountsFixture.password, "short")
            }
            await #expect(throws: HomeError.tooLarge(field: "current_password", problem: "is longer than 1024 bytes")) {
                try await change(String(repeating: "x", count: 1025), "new password")
            }
            #expect(try await f.isValid(other.token))
            #expect(f.closed.logins.isEmpty)

            try await change(AccountsFixture.password, "new password")
            #expect(try await f.isValid(alice.token))
            #expect(try await !f.isValid(other.token))
            #expect(f.closed.logins == [other.login.id])
            await #expect(throws: HomeError.unauthorized) { try await f.logIn("alice") }
            _ = try await f.logIn("alice", password: "new password")
        }
    }

    @Test func aPasswordChangeThatCameTooLate() async throws {
        try await AccountsFixture.run { (f) async throws in
            let alice = try await f.register("alice")
            let other = try await f.logIn("alice")
            let store = AccountStore(database: f.database)
            #expect(
                try await store.changePassword(
                    of: alice.login.account.key, from: "not the stored hash", to: "x", keeping: alice.login.id) == nil)
            #expect(try await f.isValid(other.token))
            _ = try await f.logIn("alice")
        }
    }

    private func someLogin(_ time: ManualTime) throws -> Login {
        let user = try #require(UserID("alice@alpha.example"))
        return Login(
            id: LoginID(high: .random(in: .min ... .max), low: .random(in: .min ... .max)),
            account: Account(key: UserKey(1), id: user), expiresAt: time.now() + .seconds(86_400))
    }
}
