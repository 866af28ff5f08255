import Home
import Logging
import Wire

/// What all sessions of a listener share; made once by `ClientAPI`.
final class SessionEnvironment: Sendable {
    let home: Home
    let hub: SessionHub
    let rates: RateLimits
    let settings: ClientAPISettings
    let logger: Logger
    let metrics = SocketMetrics()
    /// Sessions begin a few at a time: when everybody comes back at once, the others wait here and not before the database.
    let openings = Turnstile(Limits.openingsAtOnce)
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
