import Postgres
import Wire

/// Invitations, as the side that has made them sees them.
extension PeerStore {
    func hasInvite(for name: ServerName, at now: Instant) async throws(HomeError) -> Bool {
        try await HomeError.mapping { () async throws(PostgresError) in
            try await database.one(
                """
                SELECT EXISTS (
                    SELECT FROM peer_invites
                    WHERE used_at IS NULL AND expires_at > \(now) AND (guest IS NULL OR guest = \(name.text)))
                """, as: Bool.self)
        }
    }

    func redeemInvite(
        _ hash: SecretToken.Hash, by peer: Peer, at now: Instant, _ change: AuditedChange
    ) async throws(HomeError) -> Bool {
        do {
            return try await database.transaction { transaction in
                let used = try await transaction.execute(
                    """
                    UPDATE peer_invites SET used_at = \(now), used_by = \(peer.name.text)
                    WHERE token_hash = \(hash.bytes) AND used_at IS NULL AND expires_at > \(now)
                      AND (guest IS NULL OR guest = \(peer.name.text))
                    """)
                guard used == 1 else { return false }
                _ = try await transaction.run([
                    "UPDATE peers SET policy = 'allowed' WHERE key = \(peer.key.value) AND policy = 'pending'",
                    AuditLog.append(change, at: now),
                ])
                return true
            }
        } catch let error as PostgresError {
            throw HomeError(error)
        } catch { throw .internal }
    }
}
