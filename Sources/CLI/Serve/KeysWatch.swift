import Federation
import Logging
import ServiceLifecycle
import Wire

/// Says in the log, at the start and twice a day, when the keys that this process signs with come to their end.
struct KeysWatch: Service {
    private static let interval = Duration.seconds(12 * 3600)

    let keys: LocalKeys
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            repeat { look(at: SystemTime().now()) } while (try? await Task.sleep(for: Self.interval)) != nil
        }
    }

    private func look(at now: Instant) {
        let status = KeysStatus(of: keys.keyset.keyset, now: now)
        let level: Logger.Level =
            switch status.level {
            case .ok: .debug
            case .warning: .warning
            case .failure: .critical
            }
        var metadata: Logger.Metadata = ["keyset-days-left": "\(status.keyset.daysLeft)"]
        if let key = status.key { metadata["key-days-left"] = "\(key.daysLeft)" }
        logger.log(level: level, "how long the signing keys last; homeserver keys status says more", metadata: metadata)
    }
}
