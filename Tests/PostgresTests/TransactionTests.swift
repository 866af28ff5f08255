import Postgres
import Testing

@Suite(.timeLimit(.minutes(2))) struct TransactionTests {
    private struct Refusal: Error, Equatable {}

    private func startWithCounter(connections: Int = 3) async throws -> PostgresClient {
        let client = try await startClient(connections: connections)
        try await client.execute("CREATE TABLE counters (id int8 PRIMARY KEY, value int8 NOT NULL)")
        try await client.execute("INSERT INTO counters VALUES (1, 10), (2, 20)")
        return client
    }

    private func value(_ id: Int, _ client: PostgresClient) async throws -> Int64 {
        try await client.one("SELECT value FROM counters WHERE id = \(id)", as: Int64.self)
    }

    @Test func readingThenWritingTakesTwoFlights() async throws {
        let client = try await startWithCounter()
        let written = try await client.transaction { transaction in
            let read = try await transaction.run([
                "SELECT value FROM counters WHERE id = \(1) FOR NO KEY UPDATE", "SELECT 'second'",
            ])
            #expect(read.count == 2)
            let next = try read[0].int64(0, 0) + 1
            let results = try await transaction.finish([
                "UPDATE counters SET value = \(next) WHERE id = \(1)", "SELECT value FROM counters WHERE id = \(1)",
            ])
            #expect(results.map(\.affected) == [1, 1])
            return try results[1].int64(0, 0)
        }
        #expect(written == 11)
        #expect(try await value(1, client) == 11)
    }

    @Test func aTaskOnTheThreadOfTheConnectionsRunsTransactions() async throws {
        let client = try await startClient(connections: 1)
        let sum = try await Task(executorPreference: client.executor) {
            var sum = 0
            for number in 1...3 {
                sum += try await client.transaction { transaction in
                    try await transaction.one("SELECT \(number)", as: Int.self)
                }
            }
            return sum
        }.value
        #expect(sum == 6)
    }

    @Test func aTaskThatOutlivesTheThreadGoesOnElsewhere() async throws {
        let client = try await startClient(connections: 1)
        let gate = Gate()
        let task = Task(executorPreference: client.executor) { () async -> PostgresError? in
            gate.open()
            await gate.closed()
            do throws(PostgresError) { try await client.execute("SELECT 1") } catch { return error }
            return nil
        }
        await gate.opened()
        await client.close()
        gate.close()
        #expect(await task.value == .closed)
    }

    @Test func aTransactionWithoutFinishIsCommittedAtItsEnd() async throws {
        let client = try await startWithCounter()
        try await client.transaction { try await $0.execute("UPDATE counters SET value = 5 WHERE id = 1") }
        #expect(try await value(1, client) == 5)
        // And one that asked for nothing costs nothing.
        #expect(try await client.transaction { _ in 7 } == 7)
    }

    @Test func finishAloneIsATransactionOfOneRoundTrip() async throws {
        let client = try await startWithCounter()
        try await client.transaction { transaction in
            _ = try await transaction.finish(["UPDATE counters SET value = 6", "SELECT 1"])
        }
        #expect(try await value(2, client) == 6)
    }

    @Test func whatTheBodyThrowsRollsBack() async throws {
        let client = try await startWithCounter(connections: 1)
        await #expect(throws: Refusal.self) {
            try await client.transaction { transaction in
                try await transaction.execute("UPDATE counters SET value = 99")
                throw Refusal()
            }
        }
        #expect(try await value(1, client) == 10)
        #expect(try await value(2, client) == 20)
    }

    @Test func aRefusedFinishRollsBack() async throws {
        let client = try await startWithCounter(connections: 1)
        let error = await #expect(throws: PostgresError.self) {
            try await client.transaction { transaction in
                try await transaction.execute("UPDATE counters SET value = 99 WHERE id = 1")
                _ = try await transaction.finish(["SELECT 1", "INSERT INTO counters VALUES (2, 0)"])
            }
        }
        guard case .server(let refusal) = error else {
            Issue.record("not refused: \(String(describing: error))")
            return
        }
        #expect(refusal.code == .uniqueViolation)
        #expect(refusal.statement == 1)
        #expect(try await value(1, client) == 10)
    }

    @Test func aFailureThatTheBodySwallowsIsNoSuccess() async throws {
        let client = try await startWithCounter(connections: 1)
        let error = await #expect(throws: PostgresError.self) {
            try await client.transaction { transaction in
                try await transaction.execute("UPDATE counters SET value = 99")
                _ = try? await transaction.execute("SELECT 1 / 0")
            }
        }
        #expect(error?.sqlState == "22012")
        let swallowed = await #expect(throws: PostgresError.self) {
            try await client.transaction { transaction in
                _ = try? await transaction.finish(["UPDATE counters SET value = 99", "SELECT 1 / 0"])
            }
        }
        #expect(swallowed?.sqlState == "22012")
        #expect(try await value(1, client) == 10)
    }

    @Test func nothingIsPossibleAfterItsEnd() async throws {
        let client = try await startWithCounter()
        try await client.transaction { transaction in
            _ = try await transaction.finish(["SELECT 1"])
            await #expect(throws: PostgresError.invalidQuery("the transaction is over")) {
                try await transaction.run(["UPDATE counters SET value = 99"])
            }
            await #expect(throws: PostgresError.invalidQuery("the transaction is over")) {
                try await transaction.finish(["UPDATE counters SET value = 99"])
            }
        }
        #expect(try await value(1, client) == 10)
    }

    @Test func serializationFailuresAreTriedAgain() async throws {
        let client = try await startWithCounter(connections: 9)
        try await withThrowingTaskGroup { group in
            for _ in 0..<6 {
                group.addTask {
                    try await client.transaction(isolation: .serializable, retries: 100) { transaction in
                        let value = try await transaction.one("SELECT value FROM counters WHERE id = 1", as: Int64.self)
                        try await transaction.execute("UPDATE counters SET value = \(value + 1) WHERE id = 1")
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await value(1, client) == 16)
    }

    @Test func theFirstTryIsRepeatedAsOftenAsAskedAndNotMore() async throws {
        let client = try await startWithCounter()
        let tries = Counter()
        let error = await #expect(throws: PostgresError.self) {
            try await client.transaction(retries: 2) { transaction in
                tries.add()
                try await transaction.execute("DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$")
            }
        }
        #expect(error?.sqlState == .serializationFailure)
        #expect(tries.value == 3)
    }

    @Test func twoThatLockEachOtherBothSucceed() async throws {
        let client = try await startWithCounter(connections: 4)
        let (first, second) = (Gate(), Gate())
        @Sendable func run(_ ids: (Int, Int), mine: Gate, other: Gate) async throws {
            try await client.transaction { transaction in
                try await transaction.execute("UPDATE counters SET value = value + 1 WHERE id = \(ids.0)")
                mine.open()
                await other.opened()
                try await transaction.execute("UPDATE counters SET value = value + 1 WHERE id = \(ids.1)")
            }
        }
        async let one: Void = run((1, 2), mine: first, other: second)
        async let two: Void = run((2, 1), mine: second, other: first)
        _ = try await (one, two)
        #expect(try await value(1, client) == 12)
        #expect(try await value(2, client) == 22)
    }

    @Test func aCancelledTransactionGivesItsConnectionBackRolledBack() async throws {
        let client = try await startWithCounter(connections: 1)
        let gate = Gate()
        let task = Task {
            try await client.transaction { transaction in
                try await transaction.execute("UPDATE counters SET value = 99")
                gate.open()
                // Longer than a busy machine takes to come back to who cancels.
                try await transaction.execute("SELECT pg_sleep(1)")
            }
        }
        await gate.opened()
        task.cancel()
        await #expect(throws: PostgresError.cancelled) { try await task.value }
        #expect(try await value(1, client) == 10)
    }

    @Test func transactionsThatWaitForAConnectionGetItInTurn() async throws {
        let client = try await startWithCounter(connections: 2)
        try await withThrowingTaskGroup { group in
            for _ in 0..<40 {
                group.addTask {
                    try await client.transaction { transaction in
                        let value = try await transaction.one(
                            "SELECT value FROM counters WHERE id = 1 FOR UPDATE", as: Int64.self)
                        _ = try await transaction.finish(["UPDATE counters SET value = \(value + 1) WHERE id = 1"])
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await value(1, client) == 50)
    }
}
