import Home
import Logging
import Postgres
import ServiceLifecycle

/// One serving process per database: holds the advisory lock, takes it anew when PostgreSQL was away, and ends the
/// process if another one has it by then.
struct ServingLock: Service {
    /// The session of a process that was killed may outlive it by a moment.
    private static let patience = Duration.seconds(5)
    private static let pause = Duration.milliseconds(250)

    private let first: PostgresAdvisoryLock
    private let client: PostgresClient
    private let logger: Logger

    /// Throws when another process serves this database.
    static func take(_ client: PostgresClient, logger: Logger) async throws -> ServingLock {
        ServingLock(first: try await lock(client, logger), client: client, logger: logger)
    }

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            var lock = first
            while await lock.waitUntilLost() {
                logger.error("the lock of the database is lost with its connection")
                guard let next = try await retake() else { return }
                lock = next
                logger.notice("the lock of the database is held again")
            }
            await lock.release()
        }
    }

    /// Nil when the process is to stop.
    private func retake() async throws -> PostgresAdvisoryLock? {
        while !Task.isCancelled {
            do {
                return try await Self.lock(client, logger)
            } catch is PostgresError {
                try? await Task.sleep(for: Self.pause)
            }
        }
        return nil
    }

    private static func lock(_ client: PostgresClient, _ logger: Logger) async throws -> PostgresAdvisoryLock {
        let clock = ContinuousClock()
        let deadline = clock.now + patience
        var hasSaid = false
        while true {
            if let lock = try await client.advisoryLock(Home.servingLock) { return lock }
            guard clock.now < deadline, !Task.isCancelled else {
                throw CommandFailure("another homeserver process serves this database; one at a time can")
            }
            if !hasSaid { logger.notice("another process holds the lock of the database; waiting up to 5 s") }
            hasSaid = true
            try? await Task.sleep(for: pause)
        }
    }
}
