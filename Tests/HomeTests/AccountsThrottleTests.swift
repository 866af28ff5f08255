import Testing
import Wire

@testable import Home

/// The brute-force limits as tables over an injected clock, and that they cannot be turned against an account's owner.
struct AccountsThrottleTests {
    @Test func buckets() {
        var buckets = AttemptBuckets<String>(burst: 3, interval: .seconds(10), keys: 100)
        var now = Duration.seconds(500)
        for _ in 0..<3 {
            #expect(buckets.wait("a", at: now) == nil)
            buckets.take("a", at: now)
        }
        #expect(buckets.wait("a", at: now) == .seconds(10))
        #expect(buckets.wait("b", at: now) == nil)
        now += .seconds(9)
        #expect(buckets.wait("a", at: now) == .seconds(1))
        now += .seconds(1)
        #expect(buckets.wait("a", at: now) == nil)
        buckets.take("a", at: now)
        #expect(buckets.wait("a", at: now) == .seconds(10))
        buckets.giveBack("a", at: now)
        #expect(buckets.wait("a", at: now) == nil)
        // A bucket that was left alone is full again, and no fuller.
        now += .seconds(1000)
        for _ in 0..<3 { buckets.take("a", at: now) }
        #expect(buckets.wait("a", at: now) == .seconds(10))
    }

    @Test func delaysDoubleUpToTheirBound() {
        var delays = AttemptDelays<String>(
            free: 5, first: .seconds(2), most: .seconds(900), quiet: .seconds(3600), keys: 100)
        var now = Duration.seconds(500)
        var waits: [Int64] = []
        for _ in 0..<16 {
            delays.count("a", at: now)
            let wait = delays.wait("a", at: now) ?? .zero
            waits.append(wait.components.seconds)
            now += wait
            #expect(delays.wait("a", at: now) == nil)
        }
        #expect(waits == [0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900])
        // A quiet hour forgets, 59 minutes do not.
        var other = delays
        now += .seconds(3599)
        other.count("a", at: now)
        #expect(other.wait("a", at: now) == .seconds(900))
        now += .seconds(1)
        delays.count("a", at: now)
        #expect(delays.wait("a", at: now) == nil)
        delays.forget("a", at: now)
        #expect(delays.wait("a", at: now) == nil)
    }

    @Test func tablesAreBounded() {
        var table = BoundedTable<Int, Int>(capacity: 16)
        for key in 0..<1000 {
            table.set(key, of: key, until: .seconds(10_000 + key), at: .seconds(1))
            #expect(table.count <= 16)
            #expect(table.value(of: key, at: .seconds(1)) == key)
        }
        // The expired go first.
        table = BoundedTable(capacity: 4)
        for key in 0..<3 { table.set(key, of: key, until: .seconds(5), at: .seconds(1)) }
        table.set(3, of: 3, until: .seconds(50), at: .seconds(1))
        table.set(4, of: 4, until: .seconds(60), at: .seconds(5))
        #expect(table.count == 2)
        #expect(table.value(of: 3, at: .seconds(5)) == 3)
        #expect(table.value(of: 3, at: .seconds(50)) == nil)
    }

    @Test func fiveFailuresThenDelays() async throws {
        try await AccountsFixture.run { (f) async throws in
            _ = try await f.register("alice")
            let logins = try await f.home.logins(of: f.logIn("alice").login.account)
            #expect(logins.count == 2)
            try await fail(5, "alice", f)
            let work = f.home.accountState.hasher.work
            await #expect(throws: HomeError.rateLimited(retryAfter: .seconds(2))) { try await f.logIn("alice") }
            #expect(f.home.accountState.hasher.work == work)
            f.time.advance(by: .seconds(2))
            // The right password after the wait works and clears the slate.
            _ = try await f.logIn("alice")
            try await fail(5, "alice", f)
            await #expect(throws: HomeError.rateLimited(retryAfter: .seconds(2))) { try await f.logIn("alice") }
        }
    }

    @Test func unknownNamesAreLimitedAlike() async throws {
        try await AccountsFixture.run { (f) async throws in
            try await fail(5, "nobody", f)
            await #expect(throws: HomeError.rateLimited(retryAfter: .seconds(2))) { try await f.logIn("nobody") }
        }
    }

    @Test func aNetworkIsLimitedOverAllNames() async throws {
        try await AccountsFixture.run { (f) async throws in
            for number in 0..<20 { try await fail(1, "user\(number)", f) }
            await #expect(throws: HomeError.rateLimited(retryAfter: .seconds(6))) { try await f.logIn("user20") }
            // From elsewhere nothing is limited.
            try await fail(1, "user20", f, from: "192.0.2.2")
            f.time.advance(by: .seconds(6))
            try await fail(1, "user20", f)
        }
    }

    @Test func successesAreNotCounted() async throws {
        try await AccountsFixture.run { (f) async throws in
            _ = try await f.register("alice")
            for _ in 0..<30 { _ = try await f.logIn("alice") }
        }
    }

    /// Sixty networks guess at alice's password. Her own networks are not in the way, and somebody new has to wait.
    @Test func anAttackDoesNotLockOutTheOwner() async throws {
        try await AccountsFixture.run { (f) async throws in
            _ = try await f.register("alice")
            // Known by success within this process: the login itself is gone.
            let other = try await f.logIn("alice", from: "198.51.100.7")
            try await f.home.logout(other.login)
            let throttle = f.home.accountState.throttle
            var refused = 0
            for number in 0..<60 {
                do throws(HomeError) {
                    _ = try throttle.admit(
                        "alice", from: ClientNetwork(address: "203.0.113.\(number)"), holdsLogin: false)
                } catch {
                    #expect(error == .rateLimited(retryAfter: .seconds(30)))
                    refused += 1
                }
            }
            #expect(refused == 10)
            // The network of a login that lives (the registration's), and the one that signed in before.
            _ = try await f.logIn("alice", from: "192.0.2.1")
            _ = try await f.logIn("alice", from: "198.51.100.7")
            await #expect(throws: HomeError.rateLimited(retryAfter: .seconds(30))) {
                try await f.logIn("alice", from: "198.51.100.8")
            }
            // Nobody else's account is touched.
            _ = try await f.register("bob")
            _ = try await f.logIn("bob", from: "198.51.100.8")
            f.time.advance(by: .seconds(30))
            _ = try await f.logIn("alice", from: "198.51.100.8")
        }
    }

    @Test func attemptsSentAtOnceAreCountedBeforeTheyAreMade() async throws {
        try await AccountsFixture.run { (f) async throws in
            _ = try await f.register("alice")
            let limited = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<12 {
                    group.addTask {
                        do throws(HomeError) {
                            _ = try await f.logIn("alice", password: "wrong password")
                            return false
                        } catch .rateLimited {
                            return true
                        } catch {
                            return false
                        }
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(limited == 7)
        }
    }

    @Test func passwordChangesAreLimitedToo() async throws {
        try await AccountsFixture.run { (f) async throws in
            let alice = try await f.register("alice").login
            func guess() async throws(HomeError) {
                try await f.home.changePassword(
                    of: alice, current: "wrong password", new: "new password", client: AccountsFixture.client)
            }
            for _ in 0..<5 { await #expect(throws: HomeError.unauthorized) { try await guess() } }
            await #expect(throws: HomeError.rateLimited(retryAfter: .seconds(2))) { try await guess() }
        }
    }

    @Test func registrationsFromOneNetwork() async throws {
        let throttle = LoginThrottle(isEnabled: true, time: ManualTime())
        let network = ClientNetwork(address: "192.0.2.1")
        for _ in 0..<20 { try throttle.admitRegistration(from: network) }
        #expect(throws: HomeError.rateLimited(retryAfter: .seconds(180))) {
            try throttle.admitRegistration(from: network)
        }
        try throttle.admitRegistration(from: ClientNetwork(address: "192.0.2.2"))
    }

    @Test func anAttemptThatCouldNotBeMadeDoesNotCount() async throws {
        let throttle = LoginThrottle(isEnabled: true, time: ManualTime())
        for _ in 0..<200 {
            let admission = try throttle.admit("alice", from: ClientNetwork(address: "192.0.2.1"), holdsLogin: false)
            throttle.withdraw(admission)
        }
    }

    @Test func limitsCanBeSwitchedOff() async throws {
        try await AccountsFixture.run(limits: false) { (f) async throws in
            _ = try await f.register("alice")
            try await fail(30, "alice", f)
            _ = try await f.logIn("alice")
            for _ in 0..<200 {
                try f.home.accountState.throttle.admitRegistration(from: AccountsFixture.client.network)
            }
        }
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("2001:db8::1", "2001:db8:0:0::/64"),
        ("2001:DB8:0:0:ffff::", "2001:db8:0:0::/64"), ("2001:db8:0:1::1", "2001:db8:0:1::/64"), ("::1", "0:0:0:0::/64"),
        ("", ""), ("unix:/run/x", "unix:/run/x"),
        (String(repeating: "x", count: 100), String(repeating: "x", count: 64)),
    ])
    func networks(address: String, network: String) {
        #expect(ClientNetwork(address: address).text == network)
    }

    private func fail(
        _ times: Int, _ name: String, _ f: AccountsFixture, from address: String = "192.0.2.1"
    ) async throws {
        for _ in 0..<times {
            await #expect(throws: HomeError.unauthorized) {
                try await f.logIn(name, password: "wrong password", from: address)
            }
        }
    }
}
