import NIOPosix

extension Dialer {
    /// For a command, which has no serving process around it: a dialer with its own resolver, until `body` returns.
    static func ofCommand<Value: Sendable>(_ rules: LinkRules, _ body: (Dialer) async -> Value) async -> Value {
        let resolver = HostResolver()
        resolver.start()
        let value = await body(
            Dialer(
                loops: MultiThreadedEventLoopGroup.singleton, lookUp: { await resolver.addresses(of: $0) },
                outboundGuard: OutboundGuard(exceptions: rules.allowedRanges)))
        await resolver.shutDown()
        return value
    }
}
