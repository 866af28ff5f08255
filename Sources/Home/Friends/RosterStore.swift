import Postgres
import Wire

/// The SQL of rosters that two homeservers compare.
///
/// A blocked entry counts as the request that it keeps, so that nobody learns of the block; without one as nothing.
struct RosterStore: Sendable {
    let database: PostgresClient

    private static let counted = "r.state <> 'none' AND (r.state <> 'blocked' OR r.request IS NOT NULL)"

    /// The hash of what users here have with a peer's, and where the lane to it stands, in one snapshot.
    func ownDigest(of peer: PeerKey) async throws(HomeError) -> RosterDigest? {
        let hash = Self.hash(
            first: "o.address", second: "u.address",
            open: "CASE r.state WHEN 'outgoing' THEN 'outgoing' ELSE 'incoming' END")
        let row = try await HomeError.mapping { () async throws(PostgresError) in
            try await database.first(
                """
                SELECT l.epoch, l.last, \(unescaped: hash)
                FROM outbound_links l WHERE l.peer = \(peer.value)
                """, as: (String, Int64, String).self)
        }
        return row.map { RosterDigest(mark: LaneMark(epoch: $0.0, seq: $0.1), hash: $0.2) }
    }

    /// The same as the peer has it if it has the same, and how far its lane is applied here.
    func mirroredDigest(of peer: PeerKey) async throws(HomeError) -> RosterDigest? {
        let hash = Self.hash(
            first: "u.address", second: "o.address",
            open: "CASE r.state WHEN 'outgoing' THEN 'incoming' ELSE 'outgoing' END")
        let row = try await HomeError.mapping { () async throws(PostgresError) in
            try await database.first(
                """
                SELECT coalesce(l.epoch, ''), l.last, \(unescaped: hash)
                FROM inbound_links l WHERE l.peer = \(peer.value)
                """, as: (String, Int64, String).self)
        }
        return row.map { RosterDigest(mark: LaneMark(epoch: $0.0, seq: $0.1), hash: $0.2) }
    }

    private static func hash(first: String, second: String, open: String) -> String {
        """
        (SELECT encode(sha256(convert_to(coalesce(string_agg(line, E'\\n' ORDER BY line), ''), 'UTF8')), 'hex')
        FROM (
            SELECT (\(first) || ' ' || \(second) || ' '
                || CASE r.state WHEN 'friends' THEN 'friends' ELSE \(open) || ' ' || r.request::text END
            ) COLLATE "C" AS line
            FROM users u JOIN roster r ON r.other = u.key JOIN users o ON o.key = r.owner
            WHERE u.peer = l.peer AND \(counted)
        ) lines)
        """
    }

    /// Claims behind a pair, in the order of their addresses, and where the lane to the peer stands, in one snapshot.
    func claims(
        to peer: PeerKey, after last: RosterClaim?, limit: Int
    ) async throws(HomeError) -> RosterPage? {
        do throws(PostgresError) {
            let rows = try await database.query(
                """
                SELECT l.epoch, l.last, c.owner, c.other, c.state, c.request, c.crossed
                FROM outbound_links l LEFT JOIN LATERAL (
                    SELECT o.address AS owner, u.address AS other, r.state, r.request, r.crossed
                    FROM users u JOIN roster r ON r.other = u.key JOIN users o ON o.key = r.owner
                    WHERE u.peer = l.peer AND r.request IS NOT NULL AND \(unescaped: Self.counted)
                        AND (o.address, u.address) > (\(last?.user.text ?? ""), \(last?.friend.text ?? ""))
                    ORDER BY o.address, u.address LIMIT \(Int64(limit))
                ) c ON true
                WHERE l.peer = \(peer.value)
                ORDER BY c.owner, c.other
                """)
            guard rows.count > 0 else { return nil }
            var claims: [RosterClaim] = []
            for row in 0..<rows.count where !rows.isNull(row, 2) {
                let state = RosterClaim.State(rawValue: try rows.text(row, 4)) ?? .incoming
                claims.append(
                    RosterClaim(
                        user: try rows.user(row, 2), friend: try rows.user(row, 3), state: state,
                        request: try rows.id(row, 5), crossed: try rows.optionalID(row, 6)))
            }
            return RosterPage(
                mark: LaneMark(epoch: try rows.text(0, 0), seq: try rows.int64(0, 1)), claims: claims)
        } catch { throw HomeError(error) }
    }
}
