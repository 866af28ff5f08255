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

    @Test func oneThreadMoreThanEverWaits() async throws {
        let hasher = PasswordHasher(threads: 1, waiting: 3)
        let refused = await withTaskGroup(of: HomeError?.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    do throws(HomeError) {
                        _ = try await hasher.verify("12345678", against: nil)
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            return await group.reduce(into: [HomeError]()) { if let error = $1 { $0.append(error) } }
        }
        #expect(!refused.isEmpty)
        #expect(refused.allSatisfy { $0 == .unavailable("too many passwords are being checked") })
        #expect(hasher.work.verified == 40 - refused.count)
        // The thread has ended or ends; the next job gets one.
        #expect(try await !hasher.verify("12345678", against: nil))
    }

    @Test func aFullQueueDoesNotCountAsAnAttempt() async throws {
        try await AccountsFixture.run { (f) async throws in
            _ = try await f.register("alice")
            let hasher = f.home.accountState.hasher
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<120 { group.addTask { _ = try? await hasher.verify("12345678", against: nil) } }
                for _ in 0..<10 {
                    group.addTask { _ = try? await f.logIn("alice") }
                }
            }
            _ = try await f.logIn("alice")
        }
    }
}
