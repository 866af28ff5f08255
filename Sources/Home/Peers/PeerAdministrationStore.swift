import Postgres
import Wire

/// The SQL of what operators look at and say of peers (`PeerAdministration`).
struct PeerAdministrationStore: Sendable {
    let peers: PeerStore

    private var database: PostgresClient { peers.database }

    /// All of it or nothing.
    func run(_ statements: [PostgresQuery]) async throws(HomeError) {
        do throws(PostgresError) {
            try await database.batch(statements)
        } catch { throw HomeError(error) }
    }

    // MARK: - Statements of changes

    static func setPolicy(_ policy: PeerPolicy, of name: ServerName) -> PostgresQuery {
        "UPDATE peers SET policy = \(policy.rawValue) WHERE name = \(name.text)"
    }

    static func add(_ name: ServerName, fingerprint: String, invite: String?) -> PostgresQuery {
        """
        UPDATE peers SET root_fingerprint = \(fingerprint), policy = 'allowed', invite = \(invite)
        WHERE name = \(name.text)
        """
    }

    /// Ends the back-off and whatever keeps the lane still; the alarm is taken note of.
    ///
    /// Whoever locks a peer and its lane locks the peer first (`PeerStore.openEpoch`).
    static func tryAgain(_ name: ServerName) -> [PostgresQuery] {
        [
            "UPDATE peers SET alarm = NULL, alarm_at = NULL WHERE name = \(name.text)",
            """
            UPDATE outbound_links SET attempts = 0, next_try_at = NULL, first_failure_at = NULL, stopped = NULL
            WHERE peer = (SELECT key FROM peers WHERE name = \(name.text))
            """,
        ]
    }

    static func forgetKeys(of name: ServerName, fingerprint: String?) -> PostgresQuery {
        """
        UPDATE peers SET root_fingerprint = \(fingerprint), root_public = NULL, keyset_version = 0, keyset_sha256 = NULL,
            keys_document = NULL
        WHERE name = \(name.text)
        """
    }

    static func remove(_ name: ServerName, failing: Bool, at now: Instant) -> [PostgresQuery] {
        [
            """
            UPDATE peers SET policy = 'pending', invite = NULL, last_contact_at = NULL, removed_at = \(now)
            WHERE name = \(name.text)
            """,
            """
            UPDATE outbound_links SET fail_through = last
            WHERE \(failing) AND peer = (SELECT key FROM peers WHERE name = \(name.text))
            """,
        ]
    }

    /// False when there are too many that nobody has taken.
    func invite(
        _ hash: SecretToken.Hash, guest: ServerName?, until end: Instant, at now: Instant, unlessThereAre maximum: Int,
        _ change: AuditedChange
    ) async throws(HomeError) -> Bool {
        do {
            return try await database.transaction { transaction in
                let open = try await transaction.one(
                    "SELECT count(*) FROM peer_invites WHERE used_at IS NULL AND expires_at > \(now)", as: Int64.self)
                guard open < Int64(maximum) else { return false }
                _ = try await transaction.run([
                    """
                    INSERT INTO peer_invites (token_hash, guest, created_at, expires_at)
                    VALUES (\(hash.bytes), \(guest?.text), \(now), \(end))
                    """,
                    AuditLog.append(change, at: now),
                ])
                return true
            }
        } catch let error as PostgresError {
            throw HomeError(error)
        } catch { throw .internal }
    }

    // MARK: - Looking

    func overviews() async throws(HomeError) -> [PeerOverview] {
        let links = Dictionary(try await peers.outboundLinks().map { ($0.peer, $0) }) { first, _ in first }
        let oldest = try await peers.oldestWaiting()
        let letters = try await deadLetterCounts()
        return try await peers.all().filter { !$0.isRemoved }.map { peer in
            PeerOverview(
                peer: peer, link: links[peer.key], oldestWaiting: oldest[peer.key], deadLetters: letters[peer.key] ?? 0)
        }
    }

    private func deadLetterCounts() async throws(HomeError) -> [PeerKey: Int64] {
        let rows = try await HomeError.mapping { () async throws(PostgresError) in
            try await database.query("SELECT peer, count(*) FROM dead_letters GROUP BY peer", as: (Int64, Int64).self)
        }
        return Dictionary(rows.map { (PeerKey($0.0), $0.1) }) { first, _ in first }
    }

    func queue(of peer: Peer) async throws(HomeError) -> QueueOverview {
        let rows = try await HomeError.mapping { () async throws(PostgresError) in
            try await database.query(
                """
                SELECT o.type, count(*), sum(octet_length(o.json))::bigint, min(o.created_at)
                FROM outbound_links l JOIN outbox o ON o.peer = l.peer AND o.seq > l.acked
                WHERE l.peer = \(peer.key.value) AND o.type <> \(PeerEventType.expired) GROUP BY o.type ORDER BY o.type
                """, as: (String, Int64, Int64, Instant).self)
        }
        return QueueOverview(
            server: peer.name,
            kinds: rows.map { QueueOverview.Kind(type: $0.0, events: $0.1, bytes: $0.2, oldest: $0.3) })
    }

    func deadLetters(of peer: PeerKey?, limit: Int) async throws(HomeError) -> [DeadLetterEntry] {
        let rows = try await HomeError.mapping { () async throws(PostgresError) in
            try await database.query(
                """
                SELECT d.key, p.name, d.direction, d.epoch, d.seq, d.event, d.type, d.code, d.created_at
                FROM dead_letters d JOIN peers p ON p.key = d.peer
                WHERE \(peer?.value)::bigint IS NULL OR d.peer = \(peer?.value)
                ORDER BY d.key DESC LIMIT \(Int64(limit))
                """, as: (Int64, String, String, String, Int64, EventID, String, String, Instant).self)
        }
        return rows.compactMap { row in
            guard let server = ServerName(row.1) else { return nil }
            return DeadLetterEntry(
                key: row.0, server: server, isOutgoing: row.2 == DeadLetter.Direction.out.rawValue, epoch: row.3,
                seq: row.4, event: row.5, type: row.6, code: row.7, at: row.8)
        }
    }
}
