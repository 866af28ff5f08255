package import Wire

/// Why a request or an answer of a peer is not believed; `refusal` is what the wire says of it.
package enum SignatureProblem: Error, Equatable, Sendable {
    /// This header or signature parameter is missing, doubled, or not exactly as the profile has it.
    case malformed(String)
    /// The request is meant for another homeserver.
    case wrongDestination
    /// Outside the time window; `now` is our clock.
    case clockSkew(now: Instant)
    /// Signed before we started, so its nonce may have been used already; sign again after a second.
    case stale(now: Instant)
    case unknownKey
    /// The sender's keys could not be fetched yet.
    case keysUnavailable
    case badSignature
    /// The nonce was used before with this key.
    case replay
    /// More requests than we can remember nonces of.
    case tooManyRequests
    /// The body is not the one whose digest was signed.
    case badDigest

    /// The refusal to answer with; its code and status are those of the wire.
    package var refusal: FederationError {
        switch self {
        case .malformed(let field):
            .invalid(problem: "\(field) is missing, repeated or not as the signature profile has it")
        case .wrongDestination: .invalid(problem: "fed-destination is another homeserver")
        case .clockSkew(let now): .clockSkew(now: now)
        case .stale(let now): .stale(now: now)
        case .unknownKey: .unknownKey
        case .keysUnavailable: .keysUnavailable
        case .badSignature, .replay, .badDigest: .badSignature
        case .tooManyRequests: .rateLimited(retryAfter: .seconds(5))
        }
    }

    /// What logs and tests call it: as the wire's code, but telling apart what the wire does not.
    package var name: String {
        switch self {
        case .malformed(let field): "malformed \(field)"
        case .wrongDestination: "wrong_destination"
        case .replay: "replay"
        case .badDigest: "bad_digest"
        default: refusal.code
        }
    }
}
