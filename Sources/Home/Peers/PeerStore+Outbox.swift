import Postgres
import Wire

/// The rows of the outboxes: what waits, what is late, what is over its quota, what is old.
extension PeerStore {
    func outbox(
        of peer: PeerKey, server: ServerName, after seq: Int64, limit: Int
    ) async throws(HomeError) -> [OutboxEvent] {
        do throws(PostgresError) {
            let rows = try await database.query(
                """
                SELECT seq, json, created_at FROM outbox
                WHERE peer = \(peer.value) AND seq > \(seq) ORDER BY seq LIMIT \(Int64(limit))
                """)
            var events: [OutboxEvent] = []
            for row in 0..<rows.count {
                events.append(
                    OutboxEvent(
                        peer: peer, server: server, seq: try rows.int64(row, 0), json: try rows.bytes(row, 1),
                        createdAt: try rows.instant(row, 2)))
            }
            return events
        } catch { throw HomeError(error) }
    }

    /// The last `seq` that waits since before an instant and whose author has not been told; nil when there is none.
    func lastOverdue(of peer: PeerKey, olderThan instant: Instant) async throws(HomeError) -> Int64? {
        do throws(PostgresError) {
            let rows = try await database.query(
                """
                SELECT max(o.seq) FROM outbox o JOIN outbound_links l ON l.peer = o.peer
                WHERE o.peer = \(peer.value) AND o.seq > greatest(l.acked, l.delayed_through)
                  AND o.created_at <= \(instant)
                """)
            return rows.count > 0 ? try rows.optionalInt64(0, 0) : nil
        } catch { throw HomeError(error) }
    }

    /// Notes how far each lane is acknowledged now, and forgets what was noted before the last note through `instant`.
    func markOutbox(at now: Instant, forgettingThrough instant: Instant) async throws(HomeError) {
        do throws(PostgresError) {
            try await database.batch([
                """
                INSERT INTO outbox_marks (peer, at, acked)
                SELECT l.peer, \(now), l.acked FROM outbound_links l
                WHERE l.acked IS DISTINCT FROM coalesce(
                    (SELECT m.acked FROM outbox_marks m WHERE m.peer = l.peer ORDER BY m.at DESC LIMIT 1), 0)
                ON CONFLICT (peer, at) DO NOTHING
                """,
                """
                DELETE FROM outbox_marks m WHERE EXISTS (
                    SELECT FROM outbox_marks later
                    WHERE later.peer = m.peer AND later.at > m.at AND later.at <= \(instant))
                """,
            ])
        } catch { throw HomeError(error) }
    }

    /// A note that the lane goes back to this number.
    func markRewind(of peer: PeerKey, to seq: Int64, at now: Instant) async throws(HomeError) {
        try await execute(
            """
            INSERT INTO outbox_marks (peer, at, acked) VALUES (\(peer.value), \(now), \(seq))
            ON CONFLICT (peer, at) DO UPDATE SET acked = least(outbox_marks.acked, excluded.acked)
            """)
    }

    /// Deletes rows that have been acknowledged at every note since `instant`, at most `chunk` of all peers together; returns how many.
    ///
    /// A lane that went back for a peer that had restored a backup has a note of that (`markRewind`), so its rows are kept for as long again.
    func purgeOutbox(acknowledgedSince instant: Instant, chunk: Int) async throws(HomeError) -> Int {
        do throws(PostgresError) {
            return try await database.execute(
                """
                DELETE FROM outbox o USING (
                    SELECT o.peer, o.seq FROM (
                        SELECT l.peer, least(l.acked, m.acked) AS through FROM outbound_links l JOIN (
                            SELECT peer, min(acked) AS acked FROM outbox_marks
                            GROUP BY peer HAVING min(at) <= \(instant)
                        ) m ON m.peer = l.peer
                    ) l
                    JOIN LATERAL (
                        SELECT peer, seq FROM outbox
                        WHERE peer = l.peer AND seq <= l.through ORDER BY seq LIMIT \(Int64(chunk))
                    ) o ON true
                    LIMIT \(Int64(chunk))
                ) old
                WHERE o.peer = old.peer AND o.seq = old.seq
                """)
        } catch { throw HomeError(error) }
    }

    /// The id of the event that has this number; nil when there is none, or none any more.
    func outboxEvent(of peer: PeerKey, seq: Int64) async throws(HomeError) -> EventID? {
        do throws(PostgresError) {
            let rows = try await database.query(
                "SELECT event FROM outbox WHERE peer = \(peer.value) AND seq = \(seq)")
            return rows.count > 0 ? try rows.id(0, 0) : nil
        } catch { throw HomeError(error) }
    }

    /// The first number behind `seq` that the outbox holds.
    func firstOutboxSeq(of peer: PeerKey, after seq: Int64) async throws(HomeError) -> Int64? {
        do throws(PostgresError) {
            let rows = try await database.query(
                "SELECT min(seq) FROM outbox WHERE peer = \(peer.value) AND seq > \(seq)")
            return try rows.optionalInt64(0, 0)
        } catch { throw HomeError(error) }
    }

    /// The smallest number from which on the outbox has every row.
    func outboxHeldFrom(of peer: PeerKey) async throws(HomeError) -> Int64? {
        try await number(
            """
            SELECT greatest(l.whole_from, (SELECT min(seq) FROM outbox WHERE peer = l.peer))
            FROM outbound_links l WHERE l.peer = \(peer.value) AND EXISTS (SELECT FROM outbox WHERE peer = l.peer)
            """)
    }

    private static let rowColumns = "o.seq, o.event, o.type, o.sender, o.receiver, o.json, o.created_at"

    /// These rows, whole.
    func outboxRows(of peer: PeerKey, seqs: [Int64]) async throws(HomeError) -> [OutboxRow] {
        do throws(PostgresError) {
            return try Self.outboxRows(
                try await database.query(
                    """
                    SELECT \(unescaped: Self.rowColumns) FROM outbox o
                    WHERE o.peer = \(peer.value) AND o.seq = ANY(\(seqs)::bigint[]) ORDER BY o.seq
                    """), of: peer)
        } catch { throw HomeError(error) }
    }

    /// The oldest rows through `seq` that wait, at most `limit`, and the epoch in which they do.
    func waitingRows(
        of peer: PeerKey, through seq: Int64, limit: Int
    ) async throws(HomeError) -> (epoch: String, rows: [OutboxRow]) {
        do throws(PostgresError) {
            let rows = try await database.query(
                """
                SELECT \(unescaped: Self.rowColumns), l.epoch
                FROM outbound_links l JOIN outbox o ON o.peer = l.peer
                WHERE l.peer = \(peer.value) AND o.seq > greatest(l.acked, l.failed_through) AND o.seq <= \(seq)
                  AND o.type <> \(PeerEventType.expired)
                ORDER BY o.seq LIMIT \(Int64(limit))
                """)
            return (rows.count > 0 ? try rows.text(0, 7) : "", try Self.outboxRows(rows, of: peer))
        } catch { throw HomeError(error) }
    }

    private static func outboxRows(_ rows: PostgresRows, of peer: PeerKey) throws(PostgresError) -> [OutboxRow] {
        var outbox: [OutboxRow] = []
        outbox.reserveCapacity(rows.count)
        for row in 0..<rows.count {
            outbox.append(
                OutboxRow(
                    peer: peer, seq: try rows.int64(row, 0), event: try rows.id(row, 1), type: try rows.text(row, 2),
                    sender: UserKey(try rows.int64(row, 3)),
                    receiver: try rows.optionalInt64(row, 4).map { UserKey($0) },
                    json: try rows.bytes(row, 5), createdAt: try rows.instant(row, 6)))
        }
        return outbox
    }

    static func requestID(in json: [UInt8]) -> FriendRequestID? {
        guard case .object(let event)? = try? JSON.parse(json), let data = try? event.object("data") else { return nil }
        return try? data.id("request_id")
    }

    static func communityID(in json: [UInt8]) -> CommunityID? {
        guard case .object(let event)? = try? JSON.parse(json), let data = try? event.object("data") else { return nil }
        return try? data.id("community_id")
    }

    static func inviteIDs(in json: [UInt8]) -> (id: ServerInviteID, community: CommunityID)? {
        guard case .object(let event)? = try? JSON.parse(json), let data = try? event.object("data"),
            let id: ServerInviteID = try? data.id("invite_id"),
            let community: CommunityID = try? data.id("community_id")
        else { return nil }
        return (id, community)
    }

    // MARK: - Quotas

    /// Every lane for which something waits.
    func waitingLanes() async throws(HomeError) -> [WaitingLane] {
        do throws(PostgresError) {
            let rows = try await database.query(
                """
                SELECT l.peer, p.name, p.policy, greatest(l.acked, l.failed_through), l.last, l.fail_through,
                    l.waiting_events, l.waiting_bytes,
                    (SELECT o.created_at FROM outbox o
                     WHERE o.peer = l.peer AND o.seq > greatest(l.acked, l.failed_through) ORDER BY o.seq LIMIT 1)
                FROM outbound_links l JOIN peers p ON p.key = l.peer WHERE l.waiting_events > 0 ORDER BY l.peer
                """)
            var lanes: [WaitingLane] = []
            for row in 0..<rows.count {
                guard let name = ServerName(try rows.text(row, 1)),
                    let policy = PeerPolicy(rawValue: try rows.text(row, 2))
                else { throw .decoding(column: "name", problem: "is no server name, or policy is none") }
                lanes.append(
                    WaitingLane(
                        peer: PeerKey(try rows.int64(row, 0)), server: name, policy: policy,
                        settled: try rows.int64(row, 3), last: try rows.int64(row, 4),
                        failThrough: try rows.int64(row, 5), events: try rows.int64(row, 6),
                        bytes: try rows.int64(row, 7), oldest: try rows.optionalInstant(row, 8)))
            }
            return lanes
        } catch { throw HomeError(error) }
    }

    /// When the oldest event was committed that waits for a peer, for each lane for which something does.
    func oldestWaiting() async throws(HomeError) -> [PeerKey: Instant] {
        Dictionary(try await waitingLanes().compactMap { lane in lane.oldest.map { (lane.peer, $0) } }) { $1 }
    }

    /// The last number that must go so that no more than `bytes` wait.
    func lastBehind(_ bytes: Int64, of lane: WaitingLane) async throws(HomeError) -> Int64? {
        try await number(
            """
            SELECT max(seq) FROM (
                SELECT seq, sum(octet_length(json)) OVER (ORDER BY seq DESC) AS bytes FROM outbox
                WHERE peer = \(lane.peer.value) AND seq > \(lane.settled) AND type <> \(PeerEventType.expired)
            ) w WHERE bytes > \(bytes)
            """)
    }

    /// The last number that waits since before an instant.
    func lastOlder(than instant: Instant, of lane: WaitingLane) async throws(HomeError) -> Int64? {
        try await number(
            """
            SELECT max(seq) FROM outbox
            WHERE peer = \(lane.peer.value) AND seq > \(lane.settled) AND created_at <= \(instant)
            """)
    }

    private func number(_ query: PostgresQuery) async throws(HomeError) -> Int64? {
        do throws(PostgresError) {
            let rows = try await database.query(query)
            return rows.count > 0 ? try rows.optionalInt64(0, 0) : nil
        } catch { throw HomeError(error) }
    }
}
