import Home
import Postgres
import Support
import Testing
import Wire

@Suite struct IncarnationTests {
    private func incarnation(of home: TestHome) async throws -> String {
        try await home.database.one("SELECT incarnation::text FROM homeserver", as: String.self)
    }

    @Test func `a restored database is another life of the same homeserver, and the audit log says so`() async throws {
        let home = try await TestHome.make()
        let before = try await incarnation(of: home)
        let told = try await NewIncarnation(database: home.database)(
            of: home.home.server, by: "root", at: home.time.now())
        #expect(told.incarnation != before)
        #expect(try await incarnation(of: home) == told.incarnation)
        let entry = try #require(try await AuditLog(database: home.database).entries().first)
        #expect(entry.change == AuditedChange(actor: "root", action: "database restored", subject: "alpha.example"))
        await home.close()
    }

    @Test func `the database of another homeserver stays as it is`() async throws {
        let home = try await TestHome.make("b.example")
        let before = try await incarnation(of: home)
        let name = try #require(ServerName("a.example"))
        let error = await #expect(throws: HomeError.self) {
            _ = try await NewIncarnation(database: home.database)(of: name, by: "root", at: home.time.now())
        }
        #expect(error == .conflict("this database belongs to the homeserver b.example, not to a.example"))
        #expect(try await incarnation(of: home) == before)
        #expect(try await AuditLog(database: home.database).entries().isEmpty)
        await home.close()
    }

    @Test func `a login that was ended after the backup is not valid again: all are ended`() async throws {
        let home = try await TestHome.make()
        _ = try await home.accounts("alice", "bob")
        try await home.database.execute(
            """
            INSERT INTO logins (id, account, token_hash, created_at, last_used_at, expires_at, address)
            SELECT gen_random_uuid(), key, sha256(convert_to(key::text, 'UTF8')), now(), now(), now() + interval '1 day',
                '127.0.0.1'
            FROM accounts
            """)
        let told = try await NewIncarnation(database: home.database)(
            of: home.home.server, by: "root", at: home.time.now())
        #expect(told.endedLogins == 2)
        #expect(try await home.database.one("SELECT count(*) FROM logins", as: Int64.self) == 0)
        await home.close()
    }
}
