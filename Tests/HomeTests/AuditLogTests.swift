import Home
import Support
import Testing
import Wire

@Suite struct AuditLogTests {
    @Test func `entries come newest first, a page at a time`() async throws {
        let home = try await TestHome.make()
        let log = AuditLog(database: home.database)
        for number in 1...5 {
            try await log.record(
                AuditedChange(actor: "root", action: "peer block", subject: "p\(number).example", detail: "for spam"),
                at: home.time.now())
        }
        let first = try await log.entries(limit: 2)
        #expect(first.map(\.change.subject) == ["p5.example", "p4.example"])
        #expect(first[0].change.detail == "for spam")
        #expect(first[0].at == home.time.now())
        let rest = try await log.entries(before: first[1].key, limit: 100)
        #expect(rest.map(\.change.subject) == ["p3.example", "p2.example", "p1.example"])
        await home.close()
    }

    @Test func `a text that is too long is cut at a character, and hostile ones are kept as they are`() async throws {
        let home = try await TestHome.make()
        let log = AuditLog(database: home.database)
        try await log.record(
            AuditedChange(
                actor: "'; DROP TABLE audit_log; --", action: "a", subject: String(repeating: "é", count: 400)),
            at: home.time.now())
        let entry = try #require(try await log.entries().first)
        #expect(entry.change.actor == "'; DROP TABLE audit_log; --")
        #expect(entry.change.subject == String(repeating: "é", count: 256))
        await home.close()
    }
}
