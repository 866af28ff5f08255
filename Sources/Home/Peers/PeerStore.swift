import Postgres
import Wire

/// The SQL of peers and their lanes, except what the Writer numbers.
struct PeerStore: Sendable {
    let database: PostgresClient

    private static let peerColumns = """
        key, name, policy, root_fingerprint, root_public, keyset_version, keyset_sha256, keys_document,
        last_contact_at, alarm, alarm_at, invite, removed_at IS NOT NULL
        """

    func peer(named name: ServerName) async throws(HomeError) -> Peer? {
        try await peers("SELECT \(unescaped: Self.peerColumns) FROM peers WHERE name = \(name.text)").first
    }

    func all() async throws(HomeError) -> [Peer] {
        try await peers("SELECT \(unescaped: Self.peerColumns) FROM peers ORDER BY name")
    }

    /// The peer with this name, noted with both its lanes when it is new or was removed.
    func meet(_ name: ServerName) async throws(HomeError) -> Peer {
        if let known = try await peer(named: name), !known.isRemoved { return known }
        do throws(PostgresError) {
            try await database.batch(Self.meeting(name))
        } catch { throw HomeError(error) }
        guard let peer = try await peer(named: name) else { throw .internal }
        return peer
    }

    /// The statements that note a peer, for the beginning of a batch that says something of it.
    static func meeting(_ name: ServerName) -> [PostgresQuery] {
        [
            "INSERT INTO peers (name) VALUES (\(name.text)) ON CONFLICT (name) DO UPDATE SET removed_at = NULL",
            """
            INSERT INTO outbound_links (peer) SELECT key FROM peers WHERE name = \(name.text)
            ON CONFLICT (peer) DO NOTHING
            """,
            """
            INSERT INTO inbound_links (peer) SELECT key FROM peers WHERE name = \(name.text)
            ON CONFLICT (peer) DO NOTHING
            """,
        ]
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
                        keysDocument: try rows.optionalBytes(row, 7),
                        lastContactAt: try rows.optionalInstant(row, 8), alarm: try rows.optionalText(row, 9),
                        alarmAt: try rows.optionalInstant(row, 10), invite: try rows.optionalText(row, 11),
                        isRemoved: try rows.bool(row, 12)))
            }
            return peers
        } catch { throw HomeError(error) }
    }

    /// Throws `conflict` when what was found is not kept any more: between the two lies a fetch over the network.
    func saveKeys(
        of peer: PeerKey, root: [UInt8], version: Int64, hash: [UInt8], document: [UInt8], inPlaceOf found: KeptPin
    ) async throws(HomeError) {
        let saved: Int
        do throws(PostgresError) {
            saved = try await database.execute(
                """
                UPDATE peers SET root_public = \(root), keyset_version = \(version), keyset_sha256 = \(hash),
                    keys_document = \(document)
                WHERE key = \(peer.value) AND keyset_version = \(found.version)
                    AND root_public IS NOT DISTINCT FROM \(found.root)
                    AND root_fingerprint IS NOT DISTINCT FROM \(found.rootFingerprint)
                """)
        } catch { throw HomeError(error) }
        guard saved > 0 else { throw .conflict("what is pinned of the peer has changed meanwhile") }
    }

    /// A signature of the peer has held.
    func noteContact(with peer: PeerKey, at now: Instant) async throws(HomeError) {
        try await execute("UPDATE peers SET last_contact_at = \(now), removed_at = NULL WHERE key = \(peer.value)")
    }

    /// What an operator should look at; a newer alarm takes the place of an older one, and the same one keeps its first instant.
    ///
    /// - Returns: Whether it is another one than before.
    func raiseAlarm(_ alarm: String, of name: ServerName, at now: Instant) async throws(HomeError) -> Bool {
        try await HomeError.mapping { () async throws(PostgresError) in
            try await database.execute(
                """
                UPDATE peers SET alarm = \(alarm), alarm_at = \(now)
                WHERE name = \(name.text) AND alarm IS DISTINCT FROM \(alarm)
                """) > 0
        }
    }

    /// The reason of this alarm is over by itself.
    func endAlarm(_ alarm: String, of name: ServerName) async throws(HomeError) {
        try await execute(
            "UPDATE peers SET alarm = NULL, alarm_at = NULL WHERE name = \(name.text) AND alarm = \(alarm)")
    }

    func forgetInvite(to peer: PeerKey) async throws(HomeError) {
        try await execute("UPDATE peers SET invite = NULL WHERE key = \(peer.value)")
    }

    // MARK: - The lane out

    private static let linkColumns = """
        l.peer, p.name, l.epoch, l.acked, l.last, l.attempts, l.next_try_at, l.first_failure_at, l.stopped,
        l.waiting_events, l.waiting_bytes
        FROM outbound_links l JOIN peers p ON p.key = l.peer
        """

    func outboundLinks() async throws(HomeError) -> [OutboundLink] {
        try await links("SELECT \(unescaped: Self.linkColumns) WHERE p.removed_at IS NULL ORDER BY p.name")
    }

    /// Without homeservers of which only the name is known, from a community on a third one: nobody here has to do with them.
    func linksToGreet() async throws(HomeError) -> [OutboundLink] {
        try await links(
            """
            SELECT \(unescaped: Self.linkColumns) LEFT JOIN inbound_links i ON i.peer = l.peer
            WHERE p.removed_at IS NULL
                AND (l.last > 0 OR i.epoch IS NOT NULL OR p.last_contact_at IS NOT NULL OR p.policy <> 'pending')
            ORDER BY p.name
            """)
    }

    func outboundLink(to peer: PeerKey) async throws(HomeError) -> OutboundLink? {
        try await links("SELECT \(unescaped: Self.linkColumns) WHERE l.peer = \(peer.value)").first
    }

    private func links(_ query: PostgresQuery) async throws(HomeError) -> [OutboundLink] {
        do throws(PostgresError) {
            let rows = try await database.query(query)
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
                        stopped: try rows.optionalText(row, 8), waitingEvents: try rows.int64(row, 9),
                        waitingBytes: try rows.int64(row, 10)))
            }
            return links
        } catch { throw HomeError(error) }
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

    // MARK: - The lane in

    /// Which events of a part of a peer's lane became dead letters here, and why; the first ones.
    func inboundRejections(
        from first: Int64, through last: Int64, atMost limit: Int, of peer: PeerKey, epoch: String
    ) async throws(HomeError) -> [RejectedEvent] {
        do throws(PostgresError) {
            let rows = try await database.query(
                """
                SELECT seq, code FROM dead_letters
                WHERE direction = 'in' AND peer = \(peer.value) AND epoch = \(epoch) AND seq >= \(first) AND seq <= \(last)
                ORDER BY seq LIMIT \(Int64(limit))
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

    func execute(_ query: PostgresQuery) async throws(HomeError) {
        do throws(PostgresError) {
            try await database.execute(query)
        } catch { throw HomeError(error) }
    }
}
