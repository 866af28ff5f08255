import Postgres
import Testing
import Wire

@testable import Home

/// Who may register, what names and passwords are taken, and that a token's last use serves one.
struct AccountsRegistrationTests {
    @Test func openRegistrationSignsIn() async throws {
        try await AccountsFixture.run { (f) async throws in
            let new = try await f.register("alice")
            #expect(new.login.account.id.text == "alice@alpha.example")
            #expect(!new.login.account.isAdmin)
            #expect(new.login.expiresAt == f.time.now() + f.home.settings.loginLifetime)
            #expect(new.token.hasPrefix("hml_"))
            #expect(try await f.home.authenticate(token: new.token) == new.login)
            #expect(try await f.logIn("alice").login.account == new.login.account)
            let leaks = try await f.count(
                "SELECT count(*) FROM accounts, logins WHERE password_hash LIKE \("%" + AccountsFixture.password + "%") OR encode(token_hash, 'escape') LIKE '%hml_%'"
            )
            #expect(leaks == 0)
        }
    }

    @Test func closedRegistrationRefuses() async throws {
        try await AccountsFixture.run(registration: .closed) { (f) async throws in
            let token = try await f.administration.addRegistrationToken()
            await #expect(throws: HomeError.forbidden("registration is closed on this homeserver")) {
                try await f.register("alice", token: token.token)
            }
            #expect(try await f.count("SELECT count(*) FROM users") == 0)
        }
    }

    @Test func aNameIsGivenOutOnce() async throws {
        try await AccountsFixture.run { (f) async throws in
            _ = try await f.register("alice")
            await #expect(throws: HomeError.conflict("the username is taken")) { try await f.register("alice") }
            try await f.administration.deactivate("alice")
            await #expect(throws: HomeError.conflict("the username is taken")) { try await f.register("alice") }
            await #expect(throws: HomeError.conflict("the username is taken")) {
                try await f.administration.addAccount(username: "alice", password: AccountsFixture.password)
            }
        }
    }

    @Test(arguments: [
        ("", "is empty"), ("Alice", "must be lower-case"), ("alice bob", "may contain only a-z, 0-9, '.', '_' and '-'"),
        ("alice\0", "may contain only a-z, 0-9, '.', '_' and '-'"),
        ("älice", "may contain only a-z, 0-9, '.', '_' and '-'"),
        ("alice@alpha.example", "may contain only a-z, 0-9, '.', '_' and '-'"),
        (String(repeating: "a", count: 33), "is longer than 32 characters"),
    ])
    func badNames(name: String, problem: String) async throws {
        try await AccountsFixture.run { (f) async throws in
            await #expect(throws: HomeError.invalid(field: "username", problem: problem)) { try await f.register(name) }
            #expect(try await f.count("SELECT count(*) FROM users") == 0)
        }
    }

    @Test func namesAtTheirLimits() async throws {
        try await AccountsFixture.run { (f) async throws in
            for name in ["a", String(repeating: "z", count: 32), "0.9_-"] {
                #expect(try await f.register(name).login.account.id.local == name)
            }
        }
    }

    @Test(arguments: [
        ("1234567", HomeError.invalid(field: "password", problem: "is shorter than 8 characters")),
        (String(repeating: "x", count: 257), .tooLarge(field: "password", problem: "is longer than 256 characters")),
        (String(repeating: "€", count: 342), .tooLarge(field: "password", problem: "is longer than 1024 bytes")),
        ("12345678\0", .invalid(field: "password", problem: "must not contain U+0000")),
        ("1234\u{7}5678", .invalid(field: "password", problem: "must not contain control characters")),
        ("alice-alice", .invalid(field: "password", problem: "must not be the user's name")),
        ("alice-alice@alpha.example", .invalid(field: "password", problem: "must not be the user's name")),
    ])
    func badPasswords(password: String, error: HomeError) async throws {
        try await AccountsFixture.run { (f) async throws in
            await #expect(throws: error) {
                try await f.home.register(
                    username: "alice-alice", password: password, registrationToken: nil, client: AccountsFixture.client)
            }
            #expect(try await f.count("SELECT count(*) FROM users") == 0)
        }
    }

    @Test func passwordsAtTheirLimits() async throws {
        try await AccountsFixture.run { (f) async throws in
            for (name, password) in [("a", "12345678"), ("b", String(repeating: "😀", count: 256)), ("c", "pass wörd")] {
                _ = try await f.home.register(
                    username: name, password: password, registrationToken: nil, client: AccountsFixture.client)
                _ = try await f.logIn(name, password: password)
            }
        }
    }

    @Test func aTokenIsUsedUp() async throws {
        try await AccountsFixture.run(registration: .token) { (f) async throws in
            await #expect(
                throws: HomeError.invalid(
                    field: "registration_token", problem: "is missing; this homeserver registers by token only")
            ) { try await f.register("alice") }
            let new = try await f.administration.addRegistrationToken(uses: 2)
            #expect(new.token.hasPrefix("hmr_"))
            _ = try await f.register("alice", token: new.token)
            // A registration that fails keeps the use.
            await #expect(throws: HomeError.conflict("the username is taken")) {
                try await f.register("alice", token: new.token)
            }
            _ = try await f.register("bob", token: new.token)
            try await expectRefused(new.token, f)
            #expect(try await f.administration.listRegistrationTokens().map(\.usesLeft) == [0])
        }
    }

    @Test func unusableTokens() async throws {
        try await AccountsFixture.run(registration: .token) { (f) async throws in
            try await expectRefused("nonsense", f)
            let foreign = try await f.administration.addRegistrationToken().token.dropLast(4) + "AAAA"
            try await expectRefused(String(foreign), f)

            let short = try await f.administration.addRegistrationToken(lifetime: .seconds(60))
            #expect(short.expiresAt == f.time.now() + .seconds(60))
            f.time.advance(by: .seconds(59))
            _ = try await f.register("alice", token: short.token)
            let expired = try await f.administration.addRegistrationToken(lifetime: .seconds(60))
            f.time.advance(by: .seconds(60))
            try await expectRefused(expired.token, f)

            let revoked = try await f.administration.addRegistrationToken()
            try await f.administration.revokeRegistrationToken(revoked.key)
            try await expectRefused(revoked.token, f)
            #expect(try await f.count("SELECT count(*) FROM users") == 1)
        }
    }

    /// Both stand before the token's row when it is let go, each having seen one use left.
    @Test func twoForTheLastUse() async throws {
        try await AccountsFixture.run(registration: .token) { (f) async throws in
            let text = try await f.administration.addRegistrationToken().token
            let token = try #require(SecretToken(text, .registration))
            let (clients, server) = ([try await f.client(), try await f.client()], f.home.server)
            let outcomes = try await f.watchingLocks { (waiting) async throws in
                try await withThrowingTaskGroup(of: AccountStore.Creation.self) { group in
                    try await f.database.transaction { transaction in
                        try await transaction.execute("SELECT FROM registration_tokens FOR UPDATE")
                        for (client, name) in zip(clients, ["alice", "bob"]) {
                            let account = AccountStore.NewAccount(
                                user: try #require(UserID(local: name, server: server)), passwordHash: "",
                                isAdmin: false, createdAt: f.time.now(), login: nil, registrationToken: token.hash)
                            group.addTask { try await AccountStore(database: client).create(account) }
                        }
                        while try await waiting() < 2 {}
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
            }
            for client in clients { await client.close() }
            #expect(outcomes.count == 2)
            #expect(outcomes.contains(.tokenRefused))
            #expect(outcomes.contains { if case .created = $0 { true } else { false } })
            #expect(try await f.count("SELECT count(*) FROM users") == 1)
            #expect(try await f.count("SELECT sum(uses_left) FROM registration_tokens") == 0)
        }
    }

    private static let refused = HomeError.forbidden(
        "the registration token is unknown, used up, expired or revoked")

    private func expectRefused(_ token: String, _ f: AccountsFixture) async throws {
        await #expect(throws: Self.refused) { try await f.register("mallory", token: token) }
        #expect(try await f.count("SELECT count(*) FROM users WHERE address LIKE 'mallory%'") == 0)
    }
}
