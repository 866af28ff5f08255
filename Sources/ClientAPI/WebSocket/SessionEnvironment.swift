import Home
import Logging

/// What all sessions of a listener share; made once by `ClientAPI`.
final class SessionEnvironment: Sendable {
    let home: Home
    let hub: SessionHub
    let rates: RateLimits
    let settings: ClientAPISettings
    let logger: Logger
    let metrics = SocketMetrics()
    /// The same for everybody, so it is encoded once.
    let hello: [UInt8]

    init(home: Home, hub: SessionHub, rates: RateLimits, settings: ClientAPISettings, logger: Logger) {
        self.home = home
        self.hub = hub
        self.rates = rates
        self.settings = settings
        self.logger = logger
        hello = HelloFrame.bytes(server: home.server)
    }
}
