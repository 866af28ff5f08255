import Wire

/// Why a request to a peer had no usable answer, and how long that asks to wait: the one place with the classes of back-off.
package enum PeerFailure: Error, Sendable, Equatable {
    case discovery(DiscoveryProblem)
    /// No connection, or it broke; the text names the kind of error and nothing from the peer.
    case connection(String)
    case timeout
    case answerTooLarge
    /// An answer that would move the lane and is not signed by the peer for this request.
    case unsigned
    /// An answer that is signed and makes no sense.
    case malformed(String)
    /// The keys that would prove the peer's answers are not to be had, or contradict what is pinned.
    case keys(String)
    /// Nobody has proved to be the peer on the connection that there is: a hello comes first.
    case notGreeted
    /// The peer refused, in this protocol's words.
    case refused(FederationError)
    /// The peer has blocked us, and has proved that it says so; an unproved word of it is `refused`.
    case blocked
    /// The peer, or something before it, refused in other words.
    case status(Int, retryAfter: Duration?)
    /// The operator does not let us speak to this peer.
    case notAllowed
    /// Our own keys or database failed.
    case ours(String)

    package var backoff: Backoff.Class {
        switch self {
        case .connection, .timeout, .notGreeted, .ours: return .transient
        case .discovery(.noAddress): return .transient
        case .discovery: return .patient
        case .answerTooLarge, .unsigned, .malformed, .keys: return .patient
        case .notAllowed, .blocked: return .refused
        case .status(_, let delay?): return .after(delay)
        case .status(let status, nil): return status >= 500 ? .transient : .patient
        case .refused(let error):
            switch error {
            case .rateLimited(let delay), .unavailable(let delay): return .after(delay)
            case .keysUnavailable, .stale, .gap, .epochUnknown, .internal: return .transient
            case .blocked, .notAllowed, .version: return .refused
            case .invalid, .badSignature, .unknownKey, .clockSkew, .notFound, .fork, .lengthRequired, .tooLarge:
                return .patient
            }
        }
    }

    /// Whether the request was too large for the peer, or for a proxy before it, which says so in its own words.
    package var isTooLarge: Bool {
        switch self {
        case .refused(.tooLarge), .status(413, _): true
        default: false
        }
    }

    /// Whether nobody was there who could have answered.
    package var isAway: Bool {
        switch self {
        case .discovery, .connection, .timeout: true
        case .status(let status, _): status >= 500
        default: false
        }
    }

    /// A word for logs and for the link's state.
    package var reason: String {
        switch self {
        case .discovery(let problem): problem.description
        case .connection(let kind): "no connection: \(kind)"
        case .timeout: "no answer in time"
        case .answerTooLarge: "the answer is too large"
        case .unsigned: "the answer is not signed by the peer"
        case .notGreeted: "nobody has proved to be the peer"
        case .malformed(let what): "the answer is malformed: \(what)"
        case .keys(let what): "the peer's keys: \(what)"
        case .refused(let error): "refused: \(error.code)"
        case .blocked: "refused: blocked"
        case .status(let status, _): "refused with status \(status)"
        case .notAllowed: "the peer is not allowed"
        case .ours(let what): what
        }
    }
}
