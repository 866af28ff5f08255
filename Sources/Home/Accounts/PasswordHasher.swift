import Sodium
import Synchronization
import Wire

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Argon2id off the event loops and off Swift's cooperative pool; every use case that makes or checks a password goes through it.
///
/// State: a queue behind a `Mutex`. At most `threads` threads of its own work at a time; they start with the first job and end when the
/// queue is empty. At most `waiting` jobs wait, one more is refused with `unavailable`.
package final class PasswordHasher: Sendable {
    /// How much was done since the start, for tests and metrics.
    package struct Work: Sendable, Equatable {
        package var made = 0
        package var verified = 0
    }

    private struct State {
        var jobs: [@Sendable () -> Void] = []
        var running = 0
        /// Jobs that wait or are being done.
        var unfinished = 0
        var work = Work()
    }

    private let threads: Int
    private let waiting: Int
    private let state = Mutex(State())
    /// What an attempt at a name without a password is checked against: today's parameters and bytes that no password has.
    let nobodysHash: String

    package init(threads: Int = AccountLimits.hashThreads, waiting: Int = AccountLimits.hashesWaiting) {
        self.threads = threads
        self.waiting = waiting
        nobodysHash = PasswordHasher.hashOfNobody()
    }

    package var work: Work { state.withLock { $0.work } }

    /// The string to store; it holds the parameters and the salt.
    package func hash(_ password: String) async throws(HomeError) -> String {
        let hash: String? = try await run { [self] in
            state.withLock { $0.work.made += 1 }
            return Argon2id.hash(password: password.utf8)
        }
        // libsodium fails only when it cannot get its 19 MiB.
        guard let hash else { throw .unavailable("there is no memory to hash a password") }
        return hash
    }

    /// Whether `password` made `hash`. Without a hash the same work is done and the answer is false.
    package func verify(_ password: String, against hash: String?) async throws(HomeError) -> Bool {
        let subject = hash ?? nobodysHash
        let isRight = try await run { [self] in
            state.withLock { $0.work.verified += 1 }
            return Argon2id.verify(subject, password: password.utf8)
        }
        return isRight && hash != nil
    }

    /// Whether a stored hash was made with lower parameters than today's.
    package func isOutdated(_ hash: String) -> Bool { Argon2id.needsRehash(hash) }

    /// A hash in PHC form that costs what a real one costs to verify, without making one.
    private static func hashOfNobody() -> String {
        let cost = Argon2id.Cost.password
        func base64(_ count: Int) -> String {
            String(Base64.encode(RandomBytes.array(count: count)).prefix { $0 != "=" })
        }
        return "$argon2id$v=19$m=\(cost.memoryBytes / 1024),t=\(cost.operations),p=1$\(base64(16))$\(base64(32))"
    }

    private func run<Result: Sendable>(_ job: @escaping @Sendable () -> Result) async throws(HomeError) -> Result {
        let result: Result? = await withCheckedContinuation { continuation in
            if !enqueue({ continuation.resume(returning: job()) }) { continuation.resume(returning: nil) }
        }
        guard let result else { throw .unavailable("too many passwords are being checked") }
        return result
    }

    /// False when the queue is full.
    func enqueue(_ job: @escaping @Sendable () -> Void) -> Bool {
        let (isQueued, needsThread) = state.withLock { state in
            guard state.unfinished < threads + waiting else { return (false, false) }
            state.unfinished += 1
            let needsThread = state.running < threads
            if needsThread { state.running += 1 }
            state.jobs.append(job)
            return (true, needsThread)
        }
        if needsThread { startThread() }
        return isQueued
    }

    private func startThread() {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        pthread_attr_setstacksize(&attributes, 512 * 1024)
        let context = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let status = pthread_create(
            &thread, &attributes,
            { context in
                guard let context else { return nil }
                Unmanaged<PasswordHasher>.fromOpaque(context).takeRetainedValue().workOffJobs()
                return nil
            }, context.toOpaque())
        guard status != 0 else { return }
        // The system has no thread left: better to hold up the caller's than to lose the jobs.
        context.release()
        workOffJobs()
    }

    /// A thread's life: job after job until none waits.
    private func workOffJobs() {
        while true {
            let job: (@Sendable () -> Void)? = state.withLock { state in
                guard !state.jobs.isEmpty else {
                    state.running -= 1
                    return nil
                }
                return state.jobs.removeFirst()
            }
            guard let job else { return }
            job()
            state.withLock { $0.unfinished -= 1 }
        }
    }
}
