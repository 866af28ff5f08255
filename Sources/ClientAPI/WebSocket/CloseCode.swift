/// Why a WebSocket is closed by us: RFC 6455 §7.4.1 below 4000, our own codes from there; sent by `WebSocketSession`.
enum CloseCode: UInt16, Sendable, CaseIterable {
    case normal = 1000
    case protocolError = 1002
    case notText = 1003
    case invalidUTF8 = 1007
    case policyViolation = 1008
    case tooLarge = 1009
    case internalError = 1011
    case unknown = 4000
    case undecodable = 4002
    case notAuthenticated = 4003
    case badToken = 4004
    case rateAbuse = 4008
    case heartbeatLost = 4009
    case restarting = 4010
    case slowConsumer = 4011
    case revoked = 4013
    case tooManySockets = 4014

    /// For people who look at the browser's network panel; at most 123 bytes (RFC 6455 §5.5).
    var reason: StaticString {
        switch self {
        case .normal: "bye"
        case .protocolError: "not as RFC 6455 has it"
        case .notText: "only text frames are taken"
        case .invalidUTF8: "a text that is not UTF-8"
        case .policyViolation: "too many fragments"
        case .tooLarge: "a message over 64 KiB"
        case .internalError: "the homeserver failed"
        case .unknown: "please connect again"
        case .undecodable: "too many frames that are not JSON objects with a type"
        case .notAuthenticated: "no token"
        case .badToken: "the token is not valid"
        case .rateAbuse: "far too many frames"
        case .heartbeatLost: "nothing heard for too long"
        case .restarting: "the homeserver restarts"
        case .slowConsumer: "frames are not read fast enough"
        case .revoked: "the session was revoked or has expired"
        case .tooManySockets: "too many connections of this user"
        }
    }
}
