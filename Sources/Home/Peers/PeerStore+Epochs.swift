import Postgres
import Wire

/// Begins the lane to a peer anew (`OpenOutboundEpoch`).
extension PeerStore {
    /// False when the lane is in another epoch already.
    func openEpoch(
        to peer: PeerKey, replacing epoch: String, from first: Int64?, reason: String, change: AuditedChange,
        at now: Instant
    ) async throws(HomeError) -> Bool {
        do {
            return try await database.transaction { transaction in
                // The peer before its lane, as an operator's commands do: he may react to the alarm while this runs.
                let rows = try await transaction.run([
                    "SELECT FROM peers WHERE key = \(peer.value) FOR NO KEY UPDATE",
                    """
                    SELECT coalesce(\(first), acked + 1) FROM outbound_links
                    WHERE peer = \(peer.value) AND epoch = \(epoch) FOR NO KEY UPDATE
                    """,
                ])[1]
                guard rows.count > 0 else { return false }
                let first = try rows.int64(0, 0)
                _ = try await transaction.run([
                    // What failed, here or there, was told to its author: it must not have an effect in a second life.
                    """
                    UPDATE outbox o SET type = \(PeerEventType.expired),
                        json = convert_to(json_build_object('seq', o.seq, 'type', \(PeerEventType.expired))::text, 'UTF8')
                    WHERE o.peer = \(peer.value) AND o.seq >= \(first) AND o.type <> \(PeerEventType.expired)
                      AND EXISTS (
                        SELECT FROM dead_letters d
                        WHERE d.direction = 'out' AND d.event = o.event AND d.peer = o.peer)
                    """,
                    """
                    UPDATE outbound_links l
                    SET epoch = gen_random_uuid()::text, acked = \(first) - 1, last = greatest(l.last, \(first) - 1),
                        failed_through = least(l.failed_through, \(first) - 1), waiting_events = w.events,
                        whole_from = CASE WHEN \(reason) = 'gap' THEN \(first) ELSE l.whole_from END,
                        waiting_bytes = w.bytes
                    FROM (
                        SELECT count(*) AS events, coalesce(sum(octet_length(json)), 0) AS bytes FROM outbox
                        WHERE peer = \(peer.value) AND seq >= \(first) AND type <> \(PeerEventType.expired)
                    ) w
                    WHERE l.peer = \(peer.value)
                    """,
                    "UPDATE peers SET alarm = \(reason), alarm_at = \(now) WHERE key = \(peer.value)",
                    AuditLog.append(change, at: now),
                ])
                return true
            }
        } catch let error as PostgresError {
            throw HomeError(error)
        } catch { throw .internal }
    }
}
