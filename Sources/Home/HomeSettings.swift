package import Wire

/// Who may make an account on this homeserver.
package enum RegistrationMode: String, Sendable, CaseIterable {
    case closed, token, open
}

/// What the operator decides for the domain; read once by the command line from flags, environment and file.
package struct HomeSettings: Sendable {
    package let server: ServerName
    package let registration: RegistrationMode
    /// How long a login lasts.
    package let loginLifetime: Duration
    /// False for load tests: neither brute-force limits nor rate limits.
    package let limitsEnabled: Bool
    /// How much may wait for one peer.
    package let outboxQuota: OutboxQuota

    package init(
        server: ServerName, registration: RegistrationMode = .closed, loginLifetime: Duration = .seconds(30 * 86_400),
        limitsEnabled: Bool = true, outboxQuota: OutboxQuota = OutboxQuota()
    ) {
        self.server = server
        self.registration = registration
        self.loginLifetime = loginLifetime
        self.limitsEnabled = limitsEnabled
        self.outboxQuota = outboxQuota
    }
}
