import Wire

/// The routes of the federation listener, as both sides spell them: a request line in, a path out.
package enum FederationRoute: Sendable, Equatable {
    case keys
    /// A peer's new keyset, which it sends by itself.
    case pushedKeys
    case wellKnown
    case transaction(epoch: String, firstSeq: Int64)
    case hello
    case echo
    case ephemeral
    case rosters
    case calls
    case statuses

    package static let wellKnownPath = "/.well-known/home-server"
    package static let keysPath = "/federation/v1/keys"
    package static let helloPath = "/federation/v1/hello"
    package static let echoPath = "/federation/v1/echo"
    package static let ephemeralPath = "/federation/v1/ephemeral"
    package static let rostersPath = "/federation/v1/rosters"
    package static let callsPath = "/federation/v1/calls"
    package static let statusesPath = "/federation/v1/statuses"
    private static let transactionsPath = "/federation/v1/transactions/"

    package static func transactionPath(epoch: String, firstSeq: Int64) -> String {
        "\(transactionsPath)\(epoch)/\(firstSeq)"
    }

    /// Nil for whatever is none of ours. The path is compared as it came: percent-encoding has no place in these.
    package init?(method: String, path: String) {
        switch (method, path) {
        case ("GET", FederationRoute.keysPath): self = .keys
        case ("POST", FederationRoute.keysPath): self = .pushedKeys
        case ("GET", FederationRoute.wellKnownPath): self = .wellKnown
        case ("POST", FederationRoute.helloPath): self = .hello
        case ("POST", FederationRoute.echoPath): self = .echo
        case ("POST", FederationRoute.ephemeralPath): self = .ephemeral
        case ("POST", FederationRoute.rostersPath): self = .rosters
        case ("POST", FederationRoute.callsPath): self = .calls
        case ("POST", FederationRoute.statusesPath): self = .statuses
        case ("PUT", _):
            guard path.utf8.starts(with: FederationRoute.transactionsPath.utf8) else { return nil }
            let rest = path.dropFirst(FederationRoute.transactionsPath.count)
            let parts = rest.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 2, LanePosition.isEpoch(parts[0]), let first = FederationRoute.number(parts[1]) else {
                return nil
            }
            self = .transaction(epoch: String(parts[0]), firstSeq: first)
        default: return nil
        }
    }

    /// Digits without sign and leading zeros, from 1.
    private static func number(_ text: Substring) -> Int64? {
        guard let first = text.utf8.first, first != UInt8(ascii: "0"), text.utf8.count <= 19,
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Int64(text).flatMap { $0 <= Limits.largestNumber ? $0 : nil }
    }
}
