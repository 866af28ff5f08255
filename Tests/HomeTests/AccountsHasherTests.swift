import Dispatch
import Testing

@testable import Home

/// Hashing has threads of its own, and a bound on what waits for them.
struct AccountsHasherTests {
    @Test func hashesAndVerifies() async throws {
        let hasher = PasswordHasher()
        let hash = try await hasher.hash("12345678")
        #expect(hash.hasPrefix("$argon2id$v=19$m=19456,t=2,p=1$"))
        #expect(try await hasher.hash("12345678") != hash)
        #expect(try await hasher.verify("12345678", against: hash))
        #expect(try await !hasher.verify("12345679", against: hash))
        #expect(try await !hasher.verify("12345678", against: nil))
        #expect(try await !hasher.verify("12345678", against: "no hash"))
        #expect(hasher.work == PasswordHasher.Work(made: 2, verified: 4))
    }

    @Test func theQueueIsBounded() async throws {
        let hasher = PasswordHasher(threads: 2, waiting: 3)
        let gate = Gate(jobs: 5, in: hasher)
        await #expect(throws: Self.full) { try await hasher.hash("12345678") }
        await #expect(throws: Self.full) { try await hasher.verify("12345678", against: nil) }
        #expect(hasher.work == PasswordHasher.Work())
        gate.open()
        await gate.passed()
        // The threads have ended or are ending; the next job gets one.
        #expect(try await !hasher.verify("12345678", against: nil))
    }

    @Test func aFullQueueDoesNotCountAsAnAttempt() async throws {
        try await AccountsFixture.run { (f) async throws in
            _ = try await f.register("alice")
            let hasher = f.home.accountState.hasher
            let gate = Gate(jobs: AccountLimits.hashThreads + AccountLimits.hashesWaiting, in: hasher)
            for _ in 0..<30 { await #expect(throws: Self.full) { try await f.logIn("alice") } }
            gate.open()
            await gate.passed()
            _ = try await f.logIn("alice")
        }
    }

    private static let full = HomeError.unavailable("too many passwords are being checked")

    /// Jobs that hold the hasher's own threads until the gate opens.
    private struct Gate {
        private let semaphore = DispatchSemaphore(value: 0)
        private let jobs: Int
        private let done: AsyncStream<Void>

        init(jobs: Int, in hasher: PasswordHasher) {
            let (semaphore, (done, finish)) = (self.semaphore, AsyncStream.makeStream(of: Void.self))
            self.done = done
            var accepted = 0
            for _ in 0..<jobs {
                let isQueued = hasher.enqueue {
                    semaphore.wait()
                    finish.yield()
                }
                if isQueued { accepted += 1 }
            }
            #expect(accepted == jobs)
            self.jobs = accepted
        }

        func open() {
            for _ in 0..<jobs { semaphore.signal() }
        }

        func passed() async {
            for await _ in done.prefix(jobs) {}
        }
    }
}
