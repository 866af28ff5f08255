import Home
import Postgres
import Support
import Testing
import Wire

@Suite("The ordered Writer when the database says no, or goes away")
struct WriterTests {
    @Test("A unit that PostgreSQL rejects is found by bisection and fails alone")
    func bisection() async throws {
        let test = try await TestHome.make()
        let (alice, bob) = try await friends(on: test)
        try await test.database.execute("ALTER TABLE messages ADD CHECK (body <> 'poison')")
        let failures = await withTaskGroup(of: HomeError?.self) { group in
            for index in 0..<100 {
                group.addTask {
                    do {
                        try await send(index == 37 ? "poison" : "m\(index)", nonce: nil, from: alice, to: bob, test)
                        return nil
                    } catch { return error as? HomeError }
                }
            }
            return await group.reduce(into: [HomeError]()) { failures, failure in
                if let failure { failures.append(failure) }
            }
        }
        #expect(failures == [.internal])
        let told = test.delivery.takeEvents().compactMap { event -> Int64? in
            if case .newPrivateMessage(let message) = event.body { return message.seq }
            return nil
        }
        #expect(told == Array(1...99), "numbers stay gapless and in order")
        await test.close()
    }

    @Test("Sends during repeated loss of the connection are stored once each, and acknowledged")
    func connectionLoss() async throws {
        let test = try await TestHome.make()
        let (alice, bob) = try await friends(on: test)
        let receipts = try await withThrowingTaskGroup(of: SendReceipt?.self) { group in
            for sender in 0..<20 {
                group.addTask {
                    var last: SendReceipt?
                    for index in 0..<20 {
                        // No nonce: the ids minted before the first try are what keeps a retry from doubling.
                        last = try await send("\(sender) \(index)", nonce: nil, from: alice, to: bob, test)
                    }
                    return last
                }
            }
            group.addTask {
                for round in 1...8 {
                    // In the middle of the work each time: 400 messages tell at most 800 events.
                    while test.delivery.events.count < round * 60, !Task.isCancelled { await Task.yield() }
                    _ = try await test.database.query(
                        """
                        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE datname = current_database() AND application_name = 'writer'
                        """)
                }
                return nil
            }
            return try await group.reduce(into: [SendReceipt]()) { if let receipt = $1 { $0.append(receipt) } }
        }
        #expect(receipts.count == 20)
        let stored = try await test.database.query(
            "SELECT body, seq FROM messages ORDER BY seq", as: (String, Int64).self)
        #expect(Set(stored.map { $0.0 }).count == 400)
        #expect(stored.map { $0.1 } == Array(1...400))
        await test.close()
    }

    @Test("A closed Writer refuses at once")
    func closed() async throws {
        let test = try await TestHome.make()
        let (alice, bob) = try await friends(on: test)
        test.home.close()
        await #expect(throws: HomeError.unavailable("the homeserver is stopping")) {
            try await send("x", nonce: nil, from: alice, to: bob, test)
        }
        await test.close()
    }
}
