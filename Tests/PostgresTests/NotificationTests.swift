import Postgres
import Testing

@Suite struct NotificationTests {
    @Test(.timeLimit(.minutes(1)))
    func notificationsArriveAndALostConnectionIsSaid() async throws {
        let client = try await startClient()
        var notifications = client.notifications(#"odd "channel""#).makeAsyncIterator()
        #expect(await notifications.next() == .resync)
        try await client.execute("SELECT pg_notify(\(#"odd "channel""#), \("first")), pg_notify('other', 'not ours')")
        try await client.execute("SELECT pg_notify(\(#"odd "channel""#), \(""))")
        #expect(await notifications.next() == .notify(payload: "first"))
        #expect(await notifications.next() == .notify(payload: ""))

        #expect(try await terminateSessions(like: "LISTEN%", by: client) == 1)
        #expect(await notifications.next() == .resync)
        try await client.execute("SELECT pg_notify(\(#"odd "channel""#), \("again"))")
        #expect(await notifications.next() == .notify(payload: "again"))
    }

    @Test(.timeLimit(.minutes(1)))
    func aReaderWhoGoesAwayEndsTheSession() async throws {
        let client = try await startClient()
        let reader = Task { for await _ in client.notifications("passing") {} }
        let count: PostgresQuery = """
            SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'
            """
        while try await client.one(count, as: Int.self) == 0 {}
        reader.cancel()
        await reader.value
        while try await client.one(count, as: Int.self) > 0 {}
    }

    @Test(.timeLimit(.minutes(1)))
    func closingTheClientEndsTheStream() async throws {
        let client = try await startClient()
        let stream = client.notifications("ending")
        let reader = Task { await stream.reduce(into: []) { $0.append($1) } }
        await client.close()
        #expect(await reader.value.count <= 1)
        var late = client.notifications("late").makeAsyncIterator()
        #expect(await late.next() == nil)
    }

    @Test(.timeLimit(.minutes(1)))
    func aSlowReaderIsToldThatItMissedSome() async throws {
        let client = try await startClient()
        var notifications = client.notifications("many").makeAsyncIterator()
        #expect(await notifications.next() == .resync)
        let sent = 2000
        try await client.execute("SELECT pg_notify('many', n::text) FROM generate_series(1, \(sent)) n")
        // The last one was sent after all of them, so once it is here the buffer has overflown.
        var seen: [PostgresNotification] = []
        try await client.execute("SELECT pg_notify('many', 'last')")
        while seen.last != .notify(payload: "last"), let next = await notifications.next() { seen.append(next) }
        #expect(seen.count == sent + 1 || seen.contains(.resync))
    }
}
