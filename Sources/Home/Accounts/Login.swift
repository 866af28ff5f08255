package import Wire

/// Where a request comes from, as far as accounts care; made by the client API.
package struct ClientOrigin: Sendable {
    /// The client's IP address, behind a trusted proxy the one that it forwards; attempts at passwords are counted by it.
    package let address: String
    /// What the client calls itself (`User-Agent`), shown in the list of sessions; cut at `AccountLimits.labelCodePoints`.
    package let label: String?

    package init(address: String, label: String? = nil) {
        self.address = address
        self.label = label
    }

    var network: ClientNetwork { ClientNetwork(address: address) }

    /// The label without control characters, cut to its limit; nil when nothing is left.
    var cleanLabel: String? {
        guard let label else { return nil }
        let kept = label.unicodeScalars.lazy.filter { $0.properties.generalCategory != .control }
        let text = String(String.UnicodeScalarView(kept.prefix(AccountLimits.labelCodePoints)))
        return text.isEmpty ? nil : text
    }
}

/// A signed-in session (one of `/sessions`): who acts, by which token, until when. Every request and every socket holds one.
package struct Login: Sendable, Equatable {
    package let id: LoginID
    package let account: Account
    package let expiresAt: Instant

    package init(id: LoginID, account: Account, expiresAt: Instant) {
        self.id = id
        self.account = account
        self.expiresAt = expiresAt
    }
}

/// The answer to a successful registration or login: the only time that the token's text exists here.
package struct NewLogin: Sendable {
    package let login: Login
    package let token: String
}

/// A line of `GET /sessions`; which one is the caller's own he tells by `id`.
package struct LoginSummary: Sendable, Equatable {
    package let id: LoginID
    package let createdAt: Instant
    /// Exact to `AccountLimits.lastUsedStep`.
    package let lastUsedAt: Instant
    package let expiresAt: Instant
    package let label: String?
}
