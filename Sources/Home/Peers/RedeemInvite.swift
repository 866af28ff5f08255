package import Wire

extension Home {
    /// Whether an invitation is open that this homeserver could use: then its hello is listened to in mode `allowlist`.
    package func mayBeInvited(_ name: ServerName) async throws(HomeError) -> Bool {
        try await peerStore.hasInvite(for: name, at: time.now())
    }

    /// A peer, whose signature has held, shows the token of an invitation. The first time it is allowed for it; later, with a token that
    /// is none, or when the operator has said something of the peer already, nothing happens.
    ///
    /// - Returns: Whether it was allowed now.
    package func redeemInvite(_ token: String, by peer: Peer) async throws(HomeError) -> Bool {
        guard peer.policy == .pending, let token = SecretToken(token, .peer) else { return false }
        return try await peerStore.redeemInvite(
            token.hash, by: peer, at: time.now(),
            AuditedChange(actor: "homeserver", action: "peer allow", subject: peer.name.text, detail: "by invitation"))
    }
}
