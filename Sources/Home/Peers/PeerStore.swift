import Postgres
import Wire

/// The SQL of peers and their lanes, except what the Writer numbers.
struct PeerStore: Sendable {
    let database: PostgresClient

    private static let peerColumns =
        "key, name, policy, root_fingerprint, root_public, keyset_version, keyset_sha256, keys_document, keys_alarm, keys_alarm_at"

    func peer(named name: ServerName) async throws(HomeError) -> Peer? {
        try await peers("SELECT \(unescaped: Self.peerColumns) FROM peers WHERE name = \(name.text)").first
    }

    func all() async throws(HomeError) -> [Peer] {
        try await peers("SELECT \(unescaped: Self.peerColumns) FROM peers ORDER BY name")
    }

    /// The peer with this name, noted with both its lanes when it is new.
    func meet(_ name: ServerName) async throws(HomeError) -> Peer {
        if let known = try await peer(named: name) { return known }
        do throws(PostgresError) {
            _ = try await database.batch([
                "INSERT INTO peers (name) VALUES (\(name.text)) ON CONFLICT (name) DO NOTHING",
                """
                INSERT INTO outbound_links (peer) SELECT key FROM peers WHERE name = \(name.text)
                ON CONFLICT (peer) DO NOTHING
                """,
                """
                INSERT INTO inbound_links (peer) SELECT key FROM peers WHERE name = \(name.text)
                ON CONFLICT (peer) DO NOTHING
                """,
            ])
        } catch { throw HomeError(error) }
        guard let peer = try await peer(named: name) else { throw .internal }
        return peer
    }

    private func peers(_ query: PostgresQuery) async throws(HomeError) -> [Peer] {
        do throws(PostgresError) {
            let rows = try await database.query(query)
            var peers: [Peer] = []
            for row in 0..<rows.count {
                guard let name = ServerName(try rows.text(row, 1)),
                    let policy = PeerPolicy(rawValue: try rows.text(row, 2))
                else { throw .decoding(column: "name", problem: "is no server name, or policy is none") }
                peers.append(
                    Peer(
                        key: PeerKey(try rows.int64(row, 0)), name: name, policy: policy,
                        rootFingerprint: try rows.optionalText(row, 3), rootPublicKey: try rows.optionalBytes(row, 4),
                        keysetVersion: try rows.int64(row, 5), keysetHash: try rows.optionalBytes(row, 6),
                        keysDocument: try rows.optionalBytes(row, 7), keysAlarm: try rows.optionalText(row, 8),
                        keysAlarmAt: try rows.optionalInstant(row, 9)))
            }
            return peers
        } catch { throw HomeError(error) }
    }

    /// Throws `conflict` when a newer keyset is kept already. Good keys end an alarm about bad ones.
    func saveKeys(
        of peer: PeerKey, root: [UInt8], version: Int64, hash: [UInt8], document: [UInt8]
    ) async throws(HomeError) {
        let saved: Int
        do throws(PostgresError) {
            saved = try await database.execute(
                """
                UPDATE peers SET root_public = \(root), keyset_version = \(version), keyset_sha256 = \(hash),
                    keys_document = \(document), keys_alarm = NULL, keys_alarm_at = NULL
                WHERE key = \(peer.value) AND keyset_version <= \(version)
                """)
        } catch { throw HomeError(error) }
        guard saved > 0 else { throw .conflict("a newer keyset of the peer is kept") }
    }

    /// The first instant of an alarm stays, for as long as it is the same one.
    func noteKeysAlarm(of name: ServerName, _ alarm: String, at instant: Instant) async throws(HomeError) {
        try await execute(
            """
            UPDATE peers SET keys_alarm = \(alarm), keys_alarm_at = \(instant)
            WHERE name = \(name.text) AND keys_alarm IS DISTINCT FROM \(alarm)
            """)
    }

    func pin(fingerprint: String, of peer: PeerKey) async throws(HomeError) {
        try await execute("UPDATE peers SET root_fingerprint = \(fingerprint) WHERE key = \(peer.value)")
    }

    // MARK: - The lane out

    func outboundLinks() async throws(HomeError) -> [OutboundLink] {
        do throws(PostgresError) {
            let rows = try await database.query(
                """
                SELECT l.peer, p.name, l.epoch, l.acked, l.last, l.attempts, l.next_try_at, l.first_failure_at, l.stopped
                FROM outbound_links l JOIN peers p ON p.key = l.peer ORDER BY p.name
                """)
            var links: [OutboundLink] = []
            for row in 0..<rows.count {
                guard let name = ServerName(try rows.text(row, 1)) else {
                    throw .decoding(column: "name", problem: "is no server name")
                }
                links.append(
                    OutboundLink(
                        peer: PeerKey(try rows.int64(row, 0)), server: name, epoch: try rows.text(row, 2),
                        acked: try rows.int64(row, 3), last: try rows.int64(row, 4), attempts: try rows.int(row, 5),
                        nextTryAt: try rows.optionalInstant(row, 6), firstFailureAt: try rows.optionalInstant(row, 7),
                        stopped: try rows.optionalText(row, 8)))
            }
            return links
        } catch { throw HomeError(error) }
    }

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

    func oldestWaiting() async throws(HomeError) -> [PeerKey: Instant] {
        let rows = try await HomeError.mapping { () async throws(PostgresError) in
            try await database.query(
                """
                SELECT l.peer, o.created_at FROM outbound_links l
                CROSS JOIN LATERAL (
                    SELECT created_at FROM outbox WHERE peer = l.peer AND seq > l.acked ORDER BY seq LIMIT 1
                ) o
                WHERE l.last > l.acked
                """, as: (Int64, Instant).self)
        }
        return Dictionary(rows.map { (PeerKey($0.0), $0.1) }) { first, _ in first }
    }

    func saveBackoff(
        of peer: PeerKey, attempts: Int, nextTryAt: Instant?, firstFailureAt: Instant?
    ) async throws(HomeError) {
        try await execute(
            """
            UPDATE outbound_links SET attempts = \(Int32(clamping: attempts)), next_try_at = \(nextTryAt),
                first_failure_at = \(firstFailureAt)
            WHERE peer = \(peer.value)
            """)
    }

    func stopLink(to peer: PeerKey, reason: String) async throws(HomeError) {
        try await execute("UPDATE outbound_links SET stopped = \(reason) WHERE peer = \(peer.value)")
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

    /// Rows of the outbox that a peer refused, with the friend request that they named.
    func outboxRows(of peer: PeerKey, seqs: [Int64]) async throws(HomeError) -> [RefusedRow] {
        do throws(PostgresError) {
            let rows = try await database.query(
                """
                SELECT seq, sender, receiver, json FROM outbox
                WHERE peer = \(peer.value) AND seq = ANY(\(seqs)::bigint[]) ORDER BY seq
                """)
            var refused: [RefusedRow] = []
            for row in 0..<rows.count {
                let json = try rows.bytes(row, 3)
                refused.append(
                    RefusedRow(
                        seq: try rows.int64(row, 0), sender: UserKey(try rows.int64(row, 1)),
                        receiver: UserKey(try rows.int64(row, 2)), requestID: Self.requestID(in: json), json: json))
            }
            return refused
        } catch { throw HomeError(error) }
    }

    private static func requestID(in json: [UInt8]) -> FriendRequestID? {
        guard case .object(let event)? = try? JSON.parse(json), let data = try? event.object("data") else { return nil }
        return try? data.id("request_id")
    }

    /// Deletes rows that were acknowledged long ago, a chunk at a time; returns how many.
    func purgeOutbox(before instant: Instant, chunk: Int) async throws(HomeError) -> Int {
        do throws(PostgresError) {
            return try await database.execute(
                """
                DELETE FROM outbox o USING (
                    SELECT o.peer, o.seq FROM outbound_links l
                    JOIN LATERAL (
                        SELECT peer, seq, created_at FROM outbox
                        WHERE peer = l.peer AND seq <= l.acked ORDER BY seq LIMIT \(Int64(chunk))
                    ) o ON o.created_at < \(instant)
                ) old
                WHERE o.peer = old.peer AND o.seq = old.seq
                """)
        } catch { throw HomeError(error) }
    }

    // MARK: - The lane in

    /// Deletes the oldest dead letters of peers that have sent more than `count`, a chunk at a time; returns how many.
    func purgeDeadLetters(keeping count: Int, chunk: Int) async throws(HomeError) -> Int {
        do throws(PostgresError) {
            return try await database.execute(
                """
                DELETE FROM dead_letters WHERE key IN (
                    SELECT key FROM (
                        SELECT key, row_number() OVER (PARTITION BY peer ORDER BY key DESC) AS place
                        FROM dead_letters WHERE direction = 'in'
                    ) ranked
                    WHERE place > \(Int64(count)) LIMIT \(Int64(chunk))
                )
                """)
        } catch { throw HomeError(error) }
    }

    /// Which of these events of a peer's lane became dead letters here, and why.
    func inboundRejections(
        of seqs: [Int64], from peer: PeerKey, epoch: String
    ) async throws(HomeError) -> [RejectedEvent] {
        do throws(PostgresError) {
            let rows = try await database.query(
                """
                SELECT seq, code FROM dead_letters
                WHERE direction = 'in' AND peer = \(peer.value) AND epoch = \(epoch) AND seq = ANY(\(seqs)::bigint[])
                ORDER BY seq
                """)
            var rejected: [RejectedEvent] = []
            for row in 0..<rows.count {
                rejected.append(RejectedEvent(seq: try rows.int64(row, 0), code: try rows.text(row, 1)))
            }
            return rejected
        } catch { throw HomeError(error) }
    }

    func inboundPosition(of peer: PeerKey) async throws(HomeError) -> InboundPosition {
        do throws(PostgresError) {
            let rows = try await database.query(
                "SELECT epoch, last, last_event FROM inbound_links WHERE peer = \(peer.value)")
            guard rows.count > 0 else { return InboundPosition(epoch: nil, last: 0, lastEvent: nil) }
            return InboundPosition(
                epoch: try rows.optionalText(0, 0), last: try rows.int64(0, 1), lastEvent: try rows.optionalID(0, 2))
        } catch { throw HomeError(error) }
    }

    private func execute(_ query: PostgresQuery) async throws(HomeError) {
        do throws(PostgresError) {
            try await database.execute(query)
        } catch { throw HomeError(error) }
    }
}

/// An outbox row that the peer refused.
struct RefusedRow: Sendable {
    let seq: Int64
    let sender: UserKey
    let receiver: UserKey
    let requestID: FriendRequestID?
    let json: [UInt8]
}
