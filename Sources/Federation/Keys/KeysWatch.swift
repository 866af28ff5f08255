import Logging
import Metrics
import ServiceLifecycle
import Wire

/// Says in the log, once at each step, that the keys in use come to their end, and keeps the gauges `keys_days_left` (of
/// the `keyset`, and of the `online` key) for whoever watches. The service group runs it beside the links.
struct KeysWatch: Service {
    private static let interval = Duration.seconds(600)

    let own: OwnKeys
    let time: any TimeSource
    private let logger = Logger(label: "federation.keys")

    init(own: OwnKeys, time: any TimeSource) {
        self.own = own
        self.time = time
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var notices = KeysNotices()
            repeat { look(&notices) } while (try? await Task.sleep(for: KeysWatch.interval)) != nil
        }
    }

    private func look(_ notices: inout KeysNotices) {
        let status = KeysStatus(of: own.shown.keyset.keyset, now: time.now())
        Gauge(label: "keys_days_left", dimensions: [("kind", "keyset")]).record(status.keyset.daysLeft)
        Gauge(label: "keys_days_left", dimensions: [("kind", "online")]).record(status.key?.daysLeft ?? -1)
        for notice in notices.due(status) {
            logger.log(
                level: notice.isOver ? .critical : .warning,
                notice.isOver
                    ? "a signing key is over: homeserver keys renew"
                    : "a signing key comes to its end: homeserver keys renew",
                metadata: ["what": "\(notice.name)", "days-left": "\(notice.daysLeft)"])
        }
    }
}

/// Which warnings are new since the last look: each step of each thing is told once, and anew after it was renewed.
struct KeysNotices {
    private var told: [String: Int] = [:]

    /// What is to be told now. A look after a long sleep tells the last step only.
    mutating func due(_ status: KeysStatus) -> [KeysStatus.Term] {
        let terms = [status.keyset, status.key].compactMap { $0 }
        let steps = Dictionary(terms.map { ($0.name, $0.step) }) { first, _ in first }
        let new = terms.filter { $0.step > told[$0.name] ?? 0 }
        told = steps
        return new
    }
}
