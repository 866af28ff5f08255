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
        #expect(told != before)
        #expect(try await incarnation(of: home) == told)
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
}
