import Postgres
import Wire

/// The reads of communities that are not in memory with them: who is in which, invitations, links, bans, logs and reports.
struct CommunityStore: Sendable {
    let database: PostgresClient

    func key(of id: CommunityID) async throws(HomeError) -> CommunityKey? {
        try await read("SELECT key FROM communities WHERE id = \(id) AND deleted_at IS NULL") {
            rows, row throws(PostgresError) in CommunityKey(try rows.int64(row, 0))
        }.first
    }

    /// The communities of a user, in the order of their ids.
    func keys(of user: UserKey) async throws(HomeError) -> [CommunityKey] {
        try await read(
            """
            SELECT c.key FROM community_members m JOIN communities c ON c.key = m.community
            WHERE m.member = \(user.value) AND c.deleted_at IS NULL ORDER BY c.id
            """
        ) { rows, row throws(PostgresError) in CommunityKey(try rows.int64(row, 0)) }
    }

    /// Whether an address is somebody's: that of a peer's user, or of an account that is not deactivated.
    func isInService(_ user: UserKey) async throws(HomeError) -> Bool {
        try await read(
            "SELECT 1 FROM accounts WHERE key = \(user.value) AND deactivated_at IS NOT NULL"
        ) { _, _ throws(PostgresError) in () }.isEmpty
    }

    /// Deletes entries of logs that have grown too long, at most `chunk`.
    func purgeLogs(keeping count: Int64, chunk: Int) async throws(HomeError) -> Int {
        try await HomeError.mapping { () async throws(PostgresError) in
            try await database.execute(
                """
                DELETE FROM community_log WHERE (community, version) IN (
                    SELECT l.community, l.version FROM communities c
                    JOIN community_log l ON l.community = c.key AND l.version <= c.version - \(count)
                    LIMIT \(Int64(chunk))
                )
                """)
        }
    }

    // MARK: Copies

    /// Communities of other homeservers that have members here, of one homeserver or of all.
    func copies(hostedBy server: ServerName? = nil) async throws(HomeError) -> [CommunityKey] {
        try await read(
            """
            SELECT c.key FROM communities c JOIN peers p ON p.key = c.host
            WHERE c.host IS NOT NULL AND (\(server?.text)::text IS NULL OR p.name = \(server?.text)::text)
                AND EXISTS (SELECT FROM community_members m WHERE m.community = c.key)
            ORDER BY c.key
            """
        ) { rows, row throws(PostgresError) in CommunityKey(try rows.int64(row, 0)) }
    }

    /// Whether somebody here is in a community at its home, or has asked to come in.
    func isAwaitedOrIn(_ community: CommunityID, at host: PeerKey) async throws(HomeError) -> Bool {
        try await !read(
            """
            SELECT 1 FROM communities c WHERE c.id = \(community) AND c.host = \(host.value)
                AND EXISTS (SELECT FROM community_members m WHERE m.community = c.key)
            UNION ALL
            SELECT 1 FROM community_consents s WHERE s.community = \(community) AND s.host = \(host.value)
            LIMIT 1
            """
        ) { _, _ throws(PostgresError) in () }.isEmpty
    }

    /// Whether an invitation of a peer's would be taken, as far as that does not change from one moment to the next.
    func mayInvite(
        _ invitee: UserKey, to community: CommunityID, at host: PeerKey
    ) async throws(HomeError) -> Bool {
        try await !read(
            """
            SELECT 1 FROM peers p WHERE p.key = \(host.value) AND p.policy <> 'limited'
                AND NOT EXISTS (
                    SELECT FROM communities c WHERE c.id = \(community) AND c.host IS DISTINCT FROM p.key
                        AND (c.host IS NULL OR c.incarnation IS NOT NULL))
                AND (SELECT count(*) FROM community_invites v WHERE v.invitee = \(invitee.value) AND v.state = 'pending')
                    < \(Int64(Limits.openInvitesOfPerson))
            """
        ) { _, _ throws(PostgresError) in () }.isEmpty
    }

    func copiesBehind(limit: Int) async throws(HomeError) -> Set<CommunityKey> {
        Set(
            try await read("SELECT key FROM communities WHERE is_behind LIMIT \(Int64(limit))") {
                rows, row throws(PostgresError) in CommunityKey(try rows.int64(row, 0))
            })
    }

    /// Communities hosted here of which users of a peer are members, or to which they are invited.
    func communities(withMembersOf peer: PeerKey) async throws(HomeError) -> [CommunityKey] {
        try await read(
            """
            SELECT c.key FROM communities c
            WHERE c.host IS NULL AND c.deleted_at IS NULL AND (
                EXISTS (
                    SELECT FROM community_members m JOIN users u ON u.key = m.member
                    WHERE m.community = c.key AND u.peer = \(peer.value))
                OR EXISTS (
                    SELECT FROM community_invites v JOIN users u ON u.key = v.invitee
                    WHERE v.community = c.key AND v.state = 'pending' AND u.peer = \(peer.value)))
            ORDER BY c.key
            """
        ) { rows, row throws(PostgresError) in CommunityKey(try rows.int64(row, 0)) }
    }

    /// Blocked peers that share a community with us all the same.
    func blockedWithMemberships() async throws(HomeError) -> [ServerName] {
        try await read(
            """
            SELECT p.name FROM peers p WHERE p.policy = 'blocked' AND (
                EXISTS (
                    SELECT FROM users u JOIN community_members m ON m.member = u.key WHERE u.peer = p.key)
                OR EXISTS (
                    SELECT FROM communities c JOIN community_members m ON m.community = c.key WHERE c.host = p.key))
            """
        ) { rows, row throws(PostgresError) in
            guard let name = ServerName(try rows.text(row, 0)) else {
                throw .decoding(column: "name", problem: "is no server name")
            }
            return name
        }
    }

    /// Deletes what nobody waits for any more, at most `chunk` of each kind: who asked to come in long ago, what was written so long ago that
    /// its failure was told, and the names of communities to which nobody is invited any more.
    func purgeCopies(askedBefore instant: Instant, chunk: Int) async throws(HomeError) -> Int {
        let limit = Int64(chunk)
        let nobodys = """
            c.host IS NOT NULL AND c.incarnation IS NULL
            AND NOT EXISTS (SELECT FROM community_members m WHERE m.community = c.key)
            AND NOT EXISTS (SELECT FROM community_channels h WHERE h.community = c.key)
            AND NOT EXISTS (SELECT FROM community_consents s WHERE s.community = c.id)
            AND NOT EXISTS (SELECT FROM community_invites v WHERE v.community = c.key AND v.state = 'pending')
            """
        var count = 0
        for statement: PostgresQuery in [
            """
            DELETE FROM community_consents WHERE (member, community) IN (
                SELECT member, community FROM community_consents WHERE at < \(instant) LIMIT \(limit))
            """,
            """
            DELETE FROM channel_submissions WHERE message IN (
                SELECT message FROM channel_submissions WHERE sent_at < \(instant) - interval '1 day' LIMIT \(limit))
            """,
            """
            DELETE FROM community_invites v USING communities c
            WHERE v.community = c.key AND \(unescaped: nobodys)
            """,
            """
            DELETE FROM communities WHERE key IN (
                SELECT c.key FROM communities c WHERE \(unescaped: nobodys)
                AND NOT EXISTS (SELECT FROM community_invites v WHERE v.community = c.key) LIMIT \(limit))
            """,
        ] {
            count += try await HomeError.mapping { () async throws(PostgresError) in
                try await database.execute(statement)
            }
        }
        return count
    }

    // MARK: Invitations

    func invite(_ id: ServerInviteID) async throws(HomeError) -> StoredInvite? {
        try await read(
            """
            SELECT \(unescaped: StoredInvite.columns) WHERE v.id = \(id)
            """
        ) { rows, row throws(PostgresError) in try StoredInvite(rows, row) }.first
    }

    func overdueInvites(at now: Instant, limit: Int64) async throws(HomeError) -> [StoredInvite] {
        try await read(
            """
            SELECT \(unescaped: StoredInvite.columns)
            WHERE v.state = 'pending' AND v.expires_at <= \(now) ORDER BY v.expires_at LIMIT \(limit)
            """
        ) { rows, row throws(PostgresError) in try StoredInvite(rows, row) }
    }

    /// What is open for a person; of somebody whom he has blocked he sees nothing.
    func invites(for user: UserKey, at now: Instant) async throws(HomeError) -> [ServerInvite] {
        try await invites(
            """
            SELECT \(unescaped: Self.inviteColumns)
            WHERE v.invitee = \(user.value) AND v.state = 'pending' AND v.expires_at > \(now)
                AND NOT EXISTS (
                    SELECT 1 FROM roster r
                    WHERE r.owner = v.invitee AND r.other = v.inviter AND r.state = 'blocked')
            ORDER BY v.id LIMIT \(Int64(Limits.openInvitesOfPerson))
            """)
    }

    func invites(of community: CommunityKey, at now: Instant) async throws(HomeError) -> [ServerInvite] {
        try await invites(
            """
            SELECT \(unescaped: Self.inviteColumns)
            WHERE v.community = \(community.value) AND v.state = 'pending' AND v.expires_at > \(now) ORDER BY v.id
            """)
    }

    private static let inviteColumns = """
        v.id, c.id, c.name, a.address, b.address, v.created_at, v.expires_at
        FROM community_invites v
        JOIN communities c ON c.key = v.community
        JOIN users a ON a.key = v.inviter
        JOIN users b ON b.key = v.invitee
        """

    private func invites(_ query: PostgresQuery) async throws(HomeError) -> [ServerInvite] {
        try await read(query) { rows, row throws(PostgresError) in
            ServerInvite(
                id: try rows.id(row, 0), community: try rows.id(row, 1), name: try rows.text(row, 2),
                inviter: try rows.user(row, 3), invitee: try rows.user(row, 4), createdAt: try rows.instant(row, 5),
                expiresAt: try rows.instant(row, 6))
        }
    }

    // MARK: Links

    func link(_ code: String) async throws(HomeError) -> StoredLink? {
        try await read(
            """
            SELECT \(unescaped: StoredLink.columns) WHERE code = \(code)
            """
        ) { rows, row throws(PostgresError) in try StoredLink(rows, row) }.first
    }

    func links(of community: CommunityKey) async throws(HomeError) -> [InviteLink] {
        try await links(
            """
            SELECT \(unescaped: Self.linkColumns) WHERE l.community = \(community.value)
            ORDER BY l.revoked_at IS NOT NULL, l.created_at DESC LIMIT \(Int64(2 * Limits.inviteLinks))
            """)
    }

    func links(code: String) async throws(HomeError) -> [InviteLink] {
        try await links("SELECT \(unescaped: Self.linkColumns) WHERE l.code = \(code)")
    }

    private static let linkColumns = """
        l.code, u.address, l.created_at, l.expires_at, l.max_uses, l.uses, l.revoked_at IS NOT NULL
        FROM community_links l JOIN users u ON u.key = l.creator
        """

    private func links(_ query: PostgresQuery) async throws(HomeError) -> [InviteLink] {
        try await read(query) { rows, row throws(PostgresError) in
            InviteLink(
                code: try rows.text(row, 0), creator: try rows.user(row, 1), createdAt: try rows.instant(row, 2),
                expiresAt: try rows.optionalInstant(row, 3), maxUses: try rows.optionalInt64(row, 4),
                uses: try rows.int64(row, 5), isRevoked: try rows.bool(row, 6))
        }
    }

    /// The latest, at most 200.
    func uses(ofLink code: String) async throws(HomeError) -> [InviteLinkUse] {
        try await read(
            """
            SELECT u.address, l.at FROM community_link_uses l JOIN users u ON u.key = l.joiner
            WHERE l.code = \(code) ORDER BY l.at DESC LIMIT 200
            """
        ) { rows, row throws(PostgresError) in
            InviteLinkUse(user: try rows.user(row, 0), at: try rows.instant(row, 1))
        }
    }

    // MARK: Moderation

    func bans(of community: CommunityKey) async throws(HomeError) -> [Ban] {
        try await read(
            """
            SELECT u.address, a.address, b.reason, b.created_at
            FROM community_bans b JOIN users u ON u.key = b.banned JOIN users a ON a.key = b.by_user
            WHERE b.community = \(community.value) ORDER BY u.address
            """
        ) { rows, row throws(PostgresError) in
            Ban(
                user: try rows.user(row, 0), by: try rows.user(row, 1), reason: try rows.optionalText(row, 2),
                createdAt: try rows.instant(row, 3))
        }
    }

    /// Newest first.
    func log(
        of community: CommunityKey, before version: Int64, limit: Int
    ) async throws(HomeError) -> [LoggedChange] {
        try await read(
            """
            SELECT l.version, l.at, u.address, l.action, l.target, l.target_name, l.reason, l.detail::text
            FROM community_log l JOIN users u ON u.key = l.actor
            WHERE l.community = \(community.value) AND l.version < \(version)
            ORDER BY l.version DESC LIMIT \(Int64(limit))
            """
        ) { rows, row throws(PostgresError) in
            LoggedChange(
                version: try rows.int64(row, 0), at: try rows.instant(row, 1), actor: try rows.user(row, 2),
                action: try rows.text(row, 3), target: try rows.optionalText(row, 4),
                targetName: try rows.optionalText(row, 5), reason: try rows.optionalText(row, 6),
                detail: try rows.optionalText(row, 7))
        }
    }

    /// All that are open, and the latest 1,000 that are closed.
    func reports(of community: CommunityKey, isOpen: Bool?) async throws(HomeError) -> [Report] {
        try await read(
            """
            SELECT r.id, c.id, r.message, a.address, coalesce(m.body, ''), p.address, r.reason, r.created_at, q.address, r.closed_at,
                r.note, c.key
            FROM community_reports r
            JOIN conversations c ON c.key = r.conversation
            JOIN users a ON a.key = r.author
            LEFT JOIN messages m ON m.id = r.message
            JOIN users p ON p.key = r.reporter
            LEFT JOIN users q ON q.key = r.closed_by
            WHERE r.community = \(community.value)
                AND (\(isOpen)::boolean IS NULL OR (r.closed_at IS NULL) = \(isOpen)::boolean)
            ORDER BY r.closed_at IS NOT NULL, r.id DESC LIMIT \(Int64(2 * Limits.openReports))
            """
        ) { rows, row throws(PostgresError) in
            var closedBy: UserID?
            if !rows.isNull(row, 8) { closedBy = try rows.user(row, 8) }
            return Report(
                id: try rows.id(row, 0), channel: try rows.id(row, 1), channelKey: ChannelKey(try rows.int64(row, 11)),
                message: try rows.id(row, 2), author: try rows.user(row, 3), text: try rows.text(row, 4),
                reporter: try rows.user(row, 5),
                reason: try rows.text(row, 6), createdAt: try rows.instant(row, 7), closedBy: closedBy,
                closedAt: try rows.optionalInstant(row, 9), note: try rows.optionalText(row, 10))
        }
    }

    private func read<Row>(
        _ query: PostgresQuery, _ decode: (PostgresRows, Int) throws(PostgresError) -> Row
    ) async throws(HomeError) -> [Row] {
        do throws(PostgresError) {
            let rows = try await database.query(query)
            var found: [Row] = []
            found.reserveCapacity(rows.count)
            for row in 0..<rows.count { found.append(try decode(rows, row)) }
            return found
        } catch { throw HomeError(error) }
    }
}
