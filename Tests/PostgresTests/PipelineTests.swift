import Postgres
import Testing

@Suite struct PipelineTests {
    @Test(.timeLimit(.minutes(1))) func aBatchIsAllOrNothing() async throws {
        let client = try await startClient()
        try await client.execute("CREATE TABLE items (id int8 PRIMARY KEY)")
        let results = try await client.batch([
            "INSERT INTO items VALUES (\(1)), (\(2))", "SELECT count(*) FROM items",
            "DELETE FROM items WHERE id = \(2)",
        ])
        #expect(results.map(\.affected) == [2, 1, 1])
        #expect(try results[1].int64(0, 0) == 2)

        let error = await #expect(throws: PostgresError.self) {
            try await client.batch([
                "INSERT INTO items VALUES (\(10))", "INSERT INTO items VALUES (\(1))",
                "INSERT INTO items VALUES (\(11))",
            ])
        }
        guard case .server(let refusal) = error else {
            Issue.record("not refused: \(String(describing: error))")
            return
        }
        #expect(refusal.code == .uniqueViolation)
        #expect(refusal.statement == 1)
        #expect(try await client.query("SELECT id FROM items", as: Int64.self) == [1])
    }

    @Test(.timeLimit(.minutes(1))) func aConstraintThatIsCheckedAtTheEndFailsTheBatch() async throws {
        let client = try await startClient(connections: 1)
        try await client.execute("CREATE TABLE items (id int8 UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        try await client.execute("INSERT INTO items VALUES (1)")
        let error = await #expect(throws: PostgresError.self) {
            try await client.batch(["INSERT INTO items VALUES (\(1))", "INSERT INTO items VALUES (\(2))"])
        }
        #expect(error?.sqlState == .uniqueViolation)
        #expect(try await client.query("SELECT id FROM items", as: Int64.self) == [1])
    }

    @Test(.timeLimit(.minutes(1))) func anErrorInThePipelineLeavesItsNeighboursUnharmed() async throws {
        let client = try await startClient(connections: 1)
        try await client.execute("CREATE TABLE items (id int8 PRIMARY KEY, odd bool)")
        try await client.execute("INSERT INTO items VALUES (-1)")
        let outcomes = await withTaskGroup { group in
            for id in 0..<500 as Range<Int64> {
                group.addTask {
                    do throws(PostgresError) {
                        // Every third one meets the row -1.
                        let value = id % 3 == 0 ? -1 : id
                        return try await client.one(
                            "INSERT INTO items VALUES (\(value)) RETURNING id", as: Int64.self) == id
                    } catch {
                        return id % 3 == 0 && error.isUniqueViolation(of: "items_pkey")
                    }
                }
            }
            return await group.reduce(into: [Bool]()) { $0.append($1) }
        }
        #expect(outcomes.count == 500)
        #expect(outcomes.allSatisfy { $0 })
        #expect(try await client.one("SELECT count(*) FROM items WHERE id >= 0", as: Int.self) == 333)
    }

    @Test(.timeLimit(.minutes(1))) func aThousandTasksShareEightConnections() async throws {
        let client = try await startClient(connections: 8)
        let sum = try await withThrowingTaskGroup { group in
            for number in 0..<1000 as Range<Int64> {
                group.addTask {
                    var sum: Int64 = 0
                    for round in 0..<5 as Range<Int64> {
                        sum += try await client.one("SELECT \(number) * \(round)", as: Int64.self)
                    }
                    return sum
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(sum == 999 * 1000 / 2 * 10)
        let metrics = await client.metricsSnapshot
        // The rounds, with the statement that each connection may have sent when it was made.
        #expect((5000...5010).contains(metrics.statements), "\(metrics.statements)")
        #expect(
            metrics == PostgresMetrics(waiters: 0, inFlight: 0, reconnects: 0, statements: metrics.statements))
    }

    @Test(.timeLimit(.minutes(1))) func bigAnswersAndBigStatementsPassEachOther() async throws {
        let client = try await startClient(connections: 1)
        let text = String(repeating: "x", count: 300_000)
        try await withThrowingTaskGroup { group in
            for _ in 0..<40 {
                group.addTask {
                    try await client.one("SELECT \(text) || repeat('y', 700000)", as: String.self).utf8.count
                }
            }
            for try await count in group { #expect(count == 1_000_000) }
        }
    }

    @Test(.timeLimit(.minutes(1))) func aCancelledTaskWaitsNoLongerAndHarmsNobody() async throws {
        let client = try await startClient(connections: 1)
        let other = try await startClient(conninfo: client.configuration.conninfo)
        try await client.execute("CREATE TABLE items (id int8)")
        let lock = Gate()
        let holder = Task {
            try await other.transaction { transaction in
                try await transaction.execute("LOCK TABLE items")
                lock.open()
                try await waitForLockWaiters(1, seenBy: other)
                await lock.closed()
            }
        }
        await lock.opened()
        let cancelled = Task { try await client.execute("INSERT INTO items VALUES (1)") }
        try await waitForLockWaiters(1, seenBy: other)
        // This one stands behind it in the same pipeline.
        async let neighbour = client.execute("INSERT INTO items VALUES (2)")
        cancelled.cancel()
        await #expect(throws: PostgresError.cancelled) { try await cancelled.value }
        lock.close()
        try await holder.value
        #expect(try await neighbour == 1)
        #expect(try await client.one("SELECT count(*) FROM items WHERE id = 2", as: Int.self) == 1)
    }

    @Test(.timeLimit(.minutes(1))) func aTaskThatIsCancelledAlreadySendsNothing() async throws {
        let client = try await startClient(connections: 1)
        try await client.execute("CREATE TABLE items (id int8)")
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await client.execute("INSERT INTO items VALUES (1)")
        }
        await #expect(throws: PostgresError.cancelled) { try await task.value }
        #expect(try await client.one("SELECT count(*) FROM items", as: Int.self) == 0)
    }

    @Test(.timeLimit(.minutes(1))) func whoComesToAFullQueueIsTurnedAwayAtOnce() async throws {
        let client = try await startClient(connections: 1, maximumWaiters: 3)
        let gate = Gate()
        let holder = Task {
            try await client.transaction { transaction in
                try await transaction.execute("SELECT 1")
                gate.open()
                await gate.closed()
            }
        }
        await gate.opened()
        let waiting = (0..<3).map { number in Task { try await client.one("SELECT \(number)", as: Int.self) } }
        while await client.metricsSnapshot.waiters < 3 { await Task.yield() }
        await #expect(throws: PostgresError.overloaded) { try await client.execute("SELECT 1") }
        await #expect(throws: PostgresError.overloaded) {
            try await client.transaction { try await $0.execute("SELECT 1") }
        }
        gate.close()
        try await holder.value
        for (number, task) in waiting.enumerated() { #expect(try await task.value == number) }
    }

    @Test(.timeLimit(.minutes(1))) func closingLetsRunningWorkEndAndRefusesNewWork() async throws {
        let client = try await startClient(connections: 2)
        let gate = Gate()
        let holder = Task {
            try await client.transaction { transaction in
                let first = try await transaction.one("SELECT 1", as: Int.self)
                gate.open()
                await gate.closed()
                return try await first + transaction.one("SELECT 2", as: Int.self)
            }
        }
        await gate.opened()
        let closing = Task { await client.close() }
        while true {
            do throws(PostgresError) { try await client.execute("SELECT 1") } catch {
                #expect(error == .closed)
                break
            }
        }
        gate.close()
        #expect(try await holder.value == 3)
        await closing.value
        await client.close()
        await #expect(throws: PostgresError.closed) { try await client.execute("SELECT 1") }
        await #expect(throws: PostgresError.closed) { try await client.start() }
    }
}
