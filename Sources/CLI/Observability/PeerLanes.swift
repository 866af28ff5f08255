import Home
import Wire

/// The lanes to all peers as gauges, of a bounded number: used by `ServingMetrics`.
struct PeerLanes {
    /// One lane as a scrape shows it; durations in seconds.
    struct Lane: Equatable {
        var peer: String
        var waiting: Int64 = 0
        var oldest = 0.0
        var backoff = 0.0
        var attempts = 0
        var isStopped = false

        /// What waits is added up; of all else the worst counts.
        mutating func add(_ other: Lane) {
            waiting += other.waiting
            oldest = max(oldest, other.oldest)
            backoff = max(backoff, other.backoff)
            attempts = max(attempts, other.attempts)
            isStopped = isStopped || other.isStopped
        }
    }

    private let lanes: [Lane]

    /// The lanes with the most waiting come first; what is over `maximum` is one lane, `other`.
    init(_ lanes: [Lane], maximum: Int) {
        let all = lanes.sorted { ($1.waiting, $0.peer) < ($0.waiting, $1.peer) }
        guard all.count > maximum else {
            self.lanes = all
            return
        }
        var rest = Lane(peer: "other")
        for lane in all[maximum...] { rest.add(lane) }
        self.lanes = all[..<maximum] + [rest]
    }

    var samples: [MetricSamples] {
        [
            gauge("home_peer_waiting_events") { Double($0.waiting) }, gauge("home_peer_oldest_seconds") { $0.oldest },
            gauge("home_peer_backoff_seconds") { $0.backoff },
            gauge("home_peer_failed_attempts") { Double($0.attempts) },
            gauge("home_peer_stopped") { $0.isStopped ? 1 : 0 },
        ]
    }

    private func gauge(_ name: String, _ value: (Lane) -> Double) -> MetricSamples {
        let samples = lanes.map { lane in
            MetricSamples.Sample(labels: [.init(name: "peer", value: lane.peer)], value: value(lane))
        }
        return MetricSamples(name: name, kind: .gauge, samples: samples)
    }
}

extension PeerLanes.Lane {
    /// - Parameter oldest: When the oldest event was committed that waits for the peer, if there is one.
    init(_ link: OutboundLink, oldest: Instant?, now: Instant) {
        self.init(
            peer: link.server.text, waiting: link.waitingEvents,
            oldest: Self.seconds(from: oldest, to: now), backoff: Self.seconds(from: now, to: link.nextTryAt),
            attempts: link.attempts, isStopped: link.stopped != nil)
    }

    /// Never less than nothing, though a clock may have gone back.
    static func seconds(from start: Instant?, to end: Instant?) -> Double {
        guard let start, let end else { return 0 }
        return max(0, Double(end.microseconds - start.microseconds) / 1e6)
    }
}
