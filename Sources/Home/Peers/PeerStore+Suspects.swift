import Postgres
import Wire

/// What an unclean stop leaves behind: that there was one, and which event of each peer was being applied.
extension PeerStore {
    /// Notes that a process serves; true when the one before it did not end in order.
    func noteStart() async throws(HomeError) -> Bool {
        do {
            return try await database.transaction { transaction in
                let wasRunning = try await transaction.one(
                    "SELECT is_running FROM homeserver FOR UPDATE", as: Bool.self)
                let suspects: PostgresQuery =
                    wasRunning
                    ? "UPDATE inbound_links SET suspect_stops = suspect_stops + 1 WHERE suspect IS NOT NULL"
                    : "UPDATE inbound_links SET suspect = NULL, suspect_stops = 0 WHERE suspect IS NOT NULL"
                _ = try await transaction.run(["UPDATE homeserver SET is_running = true", suspects])
                return wasRunning
            }
        } catch let error as PostgresError {
            throw HomeError(error)
        } catch { throw .internal }
    }

    func noteCleanStop() async throws(HomeError) {
        try await execute("UPDATE homeserver SET is_running = false")
    }

    /// Notes the event that is about to be applied; returns at how many unclean stops it was noted before.
    ///
    /// What was applied before is not noted: the position has passed it.
    func noteSuspect(_ seq: Int64, epoch: String, of peer: PeerKey) async throws(HomeError) -> Int {
        do throws(PostgresError) {
            let rows = try await database.query(
                """
                UPDATE inbound_links SET suspect = \(seq), suspect_epoch = \(epoch),
                    suspect_stops = CASE WHEN suspect = \(seq) AND suspect_epoch = \(epoch) THEN suspect_stops ELSE 0 END
                WHERE peer = \(peer.value) AND (epoch IS DISTINCT FROM \(epoch) OR last < \(seq))
                RETURNING suspect_stops
                """)
            return rows.count > 0 ? try rows.int(0, 0) : 0
        } catch { throw HomeError(error) }
    }

    func clearSuspect(of peer: PeerKey) async throws(HomeError) {
        try await execute(
            """
            UPDATE inbound_links SET suspect = NULL, suspect_epoch = NULL, suspect_stops = 0 WHERE peer = \(peer.value)
            """)
    }
}
