package import Wire

/// Why a peer's server could not be found; said to the operator by `peer test` and in logs, never to a stranger.
package enum DiscoveryProblem: Error, Sendable, Equatable, CustomStringConvertible {
    case noAddress(host: String)
    case tooManyAddresses(host: String)
    case forbiddenAddress(host: String, address: IPAddress, kind: SpecialRange.Kind)
    case forbiddenPort(Int)
    /// The answer of `/.well-known/home-server`, or a redirect of it, is not what it must be.
    case wellKnownInvalid(ServerName, problem: String)
    case tooManyRedirects(ServerName)

    package var description: String {
        switch self {
        case .noAddress(let host): "\(host) has no address"
        case .tooManyAddresses(let host): "\(host) has more than \(Limits.addressesPerHost) addresses"
        case .forbiddenAddress(let host, let address, let kind):
            "\(host) leads to \(address), which is \(kind.rawValue); list it in the allowed ranges if that is meant"
        case .forbiddenPort(let port): "port \(port) is neither 443 nor above 1023"
        case .wellKnownInvalid(let name, let problem): "the delegation of \(name) \(problem)"
        case .tooManyRedirects(let name): "the delegation of \(name) is redirected too often"
        }
    }
}
