import Postgres
import Testing
import Wire

@testable import Home

/// What the command line does to accounts, and the commands that it leaves for the running homeserver.
struct AccountsAdministrationTests {
    @Test func addAndList() async throws {
        try await AccountsFixture.run(registration: .closed) { (f) async throws in
            let admin = f.administration
            #expect(
                try await admin.addAccount(username: "root", password: AccountsFixture.password, isAdmin: true).text
                    == "root@alpha.example")
            try await admin.addAccount(username: "bob@alpha.example", password: AccountsFixture.password)
            try await admin.addAccount(username: "alice", password: AccountsFixture.password)
            #expect(try await f.logIn("root").login.account.isAdmin)
            try await admin.deactivate("bob")

            let list = try await admin.listAccounts()
            #expect(list.map(\.user.local) == ["alice", "bob", "root"])
            #expect(list.map(\.isAdmin) == [false, false, true])
            #expect(list.map(\.deactivatedAt) == [nil, f.time.now(), nil])
            #expect(list.map(\.logins) == [0, 0, 1])
            #expect(list.map(\.lastUsedAt) == [nil, nil, f.time.now()])
            #expect(list.allSatisfy { $0.createdAt == f.time.now() })
            #expect(try await admin.listAccounts(limit: 2).map(\.user.local) == ["alice", "bob"])
            #expect(try await admin.listAccounts(after: "bob", limit: 2).map(\.user.local) == ["root"])
            await #expect(throws: HomeError.invalid(field: "limit", problem: "must be 1 to 1000")) {
                try await admin.listAccounts(limit: 0)
            }
        }
    }

    @Test func aPeersUserIsNoAccount() async throws {
        try await AccountsFixture.run { (f) async throws in
            try await f.database.execute("INSERT INTO peers (name) VALUES ('beta.example')")
            try await f.database.execute(
                """
                INSERT INTO users (address, peer, created_at)
                SELECT 'eve@beta.example', key, \(f.time.now()) FROM peers
                """)
            #expect(try await f.administration.listAccounts().isEmpty)
            await #expect(throws: HomeError.invalid(field: "username", problem: "belongs to another homeserver")) {
                try await f.administration.deactivate("eve@beta.example")
            }
        }
    }

    @Test func refusals() async throws {
        try await AccountsFixture.run { (f) async throws in
            let admin = f.administration
            let nobody = HomeError.notFound("there is no account nobody@alpha.example")
            await #expect(throws: nobody) { try await admin.deactivate("nobody") }
            await #expect(throws: nobody) { try await admin.setAdmin(true, for: "nobody") }
            await #expect(throws: nobody) { try await admin.setPassword(of: "nobody", to: AccountsFixture.password) }
            await #expect(throws: HomeError.invalid(field: "username", problem: "must be lower-case")) {
                try await admin.addAccount(username: "Alice", password: AccountsFixture.password)
            }
            await #expect(throws: HomeError.invalid(field: "password", problem: "is shorter than 8 characters")) {
                try await admin.addAccount(username: "alice", password: "short")
            }
            await #expect(throws: HomeError.invalid(field: "username", problem: "belongs to another homeserver")) {
                try await admin.addAccount(username: "alice@beta.example", password: AccountsFixture.password)
            }
            await #expect(throws: HomeError.invalid(field: "uses", problem: "must be 1 to 1000000")) {
                try await admin.addRegistrationToken(uses: 0)
            }
            await #expect(
                throws: HomeError.invalid(
                    field: "expires", problem: "must lie in the future and at most ten years ahead")
            ) { try await admin.addRegistrationToken(lifetime: .zero) }
            await #expect(throws: HomeError.notFound("there is no registration token 7")) {
                try await admin.revokeRegistrationToken(7)
            }
            #expect(try await f.count("SELECT count(*) FROM control") == 0)
            #expect(try await f.count("SELECT count(*) FROM users") == 0)
        }
    }

    @Test func tokensAreListed() async throws {
        try await AccountsFixture.run { (f) async throws in
            let admin = f.administration
            let first = try await admin.addRegistrationToken(uses: 5)
            let second = try await admin.addRegistrationToken(lifetime: .seconds(3600))
            try await admin.revokeRegistrationToken(first.key)
            let revokedAt = f.time.now()
            f.time.advance(by: .seconds(5))
            try await admin.revokeRegistrationToken(first.key)
            let created = revokedAt
            #expect(
                try await admin.listRegistrationTokens() == [
                    RegistrationToken(
                        key: second.key, usesLeft: 1, createdAt: created, expiresAt: created + .seconds(3600),
                        revokedAt: nil),
                    RegistrationToken(
                        key: first.key, usesLeft: 5, createdAt: created, expiresAt: nil, revokedAt: revokedAt),
                ])
            #expect(
                try await f.count(
                    "SELECT count(*) FROM registration_tokens WHERE token_hash = sha256(\(first.token)::bytea)") == 1)
        }
    }

    @Test func everyChangeNamesTheLoginsThatEnd() async throws {
        try await AccountsFixture.run { (f) async throws in
            let admin = f.administration
            let alice = try await f.register("alice").login
            let bob = try await f.register("bob").login

            // Nothing changes, so nobody is signed out.
            try await admin.setAdmin(false, for: "alice")
            #expect(try await commands(f).isEmpty)
            try await admin.setAdmin(true, for: "alice")
            let second = try await f.logIn("alice").login
            #expect(second.account.isAdmin)
            let third = try await f.logIn("alice").login
            try await admin.setPassword(of: "alice", to: "another password")
            try await admin.deactivate("bob")
            let left = try await commands(f)
            #expect(left.map { Set($0) } == [[alice.id], [second.id, third.id], [bob.id]])
            // Without logins there is nobody to tell.
            try await admin.deactivate("bob")
            #expect(try await commands(f).count == 3)
            #expect(try await f.count("SELECT count(*) FROM logins") == 0)
            _ = try await f.logIn("alice", password: "another password")
            await #expect(throws: HomeError.unauthorized) { try await f.logIn("bob") }
        }
    }

    private func commands(_ f: AccountsFixture) async throws -> [[LoginID]] {
        let commands = try await ControlStore(database: f.database).commands(after: 0, limit: 100)
        #expect(commands.allSatisfy { $0.kind == "logins.revoked" })
        return try commands.map { try RevokedLogins.logins(in: $0.payload) }
    }
}
