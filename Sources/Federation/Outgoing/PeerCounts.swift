import Home
import Metrics
import Wire

/// What a `PeerWorker` counts of its peer. How much waits, and since when, is asked of the database at each scrape.
struct PeerCounts: Sendable {
    private let transactions: Counter
    private let acknowledged: Counter
    private let rejected: CountersByValue
    private let failures: CountersByValue
    private let peer: String

    init(of server: ServerName) {
        peer = server.text
        transactions = Counter(label: "peer_transactions", dimensions: [("peer", peer)])
        acknowledged = Counter(label: "peer_acknowledged_events", dimensions: [("peer", peer)])
        rejected = CountersByValue("peer_rejected_events", by: "peer", "code")
        failures = CountersByValue("peer_failures", by: "peer", "reason")
    }

    func answered(acknowledged count: Int64, rejected events: [RejectedEvent]) {
        transactions.increment()
        acknowledged.increment(by: count)
        // The word is the peer's own: only those that there are become a series.
        for event in events { rejected.increment(peer, RejectionCode(rawValue: event.code)?.rawValue ?? "unknown") }
    }

    func failed(_ failure: PeerFailure) {
        failures.increment(peer, failure.kind)
    }
}

extension PeerFailure {
    /// One word of a few for what `reason` says in full.
    fileprivate var kind: String {
        switch self {
        case .discovery: "discovery"
        case .connection: "connection"
        case .timeout: "timeout"
        case .answerTooLarge: "answer_too_large"
        case .unsigned: "unsigned"
        case .notGreeted: "not_greeted"
        case .malformed: "malformed"
        case .keys: "keys"
        case .refused(let error): error.code
        case .blocked: FederationError.blocked.code
        case .status: "status"
        case .notAllowed: "peer_not_allowed"
        case .ours: "ours"
        }
    }
}
