import Postgres
import Support
import Testing

@Suite struct AdvisoryLockTests {
    @Test(.timeLimit(.minutes(1)))
    func oneHolderAtATime() async throws {
        let client = try await startClient()
        let other = try await startClient(conninfo: client.configuration.conninfo)
        let lock = try #require(try await client.advisoryLock(42))
        #expect(try await other.advisoryLock(42) == nil)
        #expect(try await other.advisoryLock(43) != nil)
        await lock.release()
        let second = try #require(try await other.advisoryLock(42))
        #expect(try await client.advisoryLock(42) == nil)
        #expect(await lock.waitUntilLost() == false)
        await second.release()
        await second.release()
    }

    @Test(.timeLimit(.minutes(1)))
    func aLostLockIsSaid() async throws {
        let client = try await startClient()
        let lock = try #require(try await client.advisoryLock(42))
        async let lost = lock.waitUntilLost()
        async let alsoLost = lock.waitUntilLost()
        #expect(try await terminateSessions(like: "SELECT pg_try_advisory_lock%", by: client) == 1)
        #expect(await lost)
        #expect(await alsoLost)
        #expect(await lock.waitUntilLost())
        await lock.release()
        // PostgreSQL frees it when the session has ended.
        while try await client.advisoryLock(42) == nil {}
    }

    @Test(.timeLimit(.minutes(1)))
    func waitingEndsWithTheReleaseOrTheTask() async throws {
        let client = try await startClient()
        let lock = try #require(try await client.advisoryLock(42))
        let cancelled = Task { await lock.waitUntilLost() }
        cancelled.cancel()
        #expect(await cancelled.value == false)
        async let waiting = lock.waitUntilLost()
        await lock.release()
        #expect(await waiting == false)
    }

    @Test(.timeLimit(.minutes(1)))
    func closingTheClientGivesTheLockUp() async throws {
        let client = try await startClient()
        let other = try await startClient(conninfo: client.configuration.conninfo)
        let lock = try #require(try await client.advisoryLock(42))
        await client.close()
        #expect(await lock.waitUntilLost())
        while try await other.advisoryLock(42) == nil {}
        await #expect(throws: PostgresError.closed) { try await client.advisoryLock(42) }
    }
}
