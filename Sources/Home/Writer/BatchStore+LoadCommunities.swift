import Postgres
import Wire

/// How whole communities come into memory: before the batch that decides over them.
extension BatchStore {
    /// The communities that the units decide over. What is not in memory is loaded before the batch: which homeservers have members says which
    /// lanes the batch locks.
    func communities(for needs: inout BatchNeeds) async throws(PostgresError) -> [CommunityKey: Community] {
        var unknown: [CommunityID] = []
        for id in needs.namedCommunities {
            if let key = board.key(of: id) { needs.communities.insert(key) } else { unknown.append(id) }
        }
        if !unknown.isEmpty {
            let rows = try await database.query(
                "SELECT key FROM communities WHERE id = ANY(\(unknown)::uuid[]) AND deleted_at IS NULL")
            for row in 0..<rows.count { needs.communities.insert(CommunityKey(try rows.int64(row, 0))) }
        }
        guard !needs.communities.isEmpty else { return [:] }
        var communities = board.communities(needs.communities)
        let missing = needs.communities.filter { communities[$0] == nil }
        if !missing.isEmpty {
            let loaded = try await load(missing)
            board.publish(loaded.values)
            communities.merge(loaded) { $1 }
        }
        for community in communities.values {
            if needs.invitesOfNamed.contains(community.id) { needs.invitesOf.insert(community.key) }
            if needs.channelsOfNamed.contains(community.id) { needs.channelsOf.insert(community.key) }
            if let host = community.host { needs.outbound.insert(host.key) }
            for home in community.homes { needs.outbound.insert(home.peer.key) }
        }
        return communities
    }

    private func load(_ missing: Set<CommunityKey>) async throws(PostgresError) -> [CommunityKey: Community] {
        let reads = loadCommunities(missing)
        do {
            return try await database.transaction(retries: 0) { transaction in
                var batch = Batch(
                    now: Instant(microseconds: 0), mayHaveRun: false, ids: ids, incarnation: incarnation.value)
                let rows = try await transaction.run(reads.map(\.query))
                for (read, rows) in zip(reads, rows) { try read.take(rows, &batch) }
                return batch.communities
            }
        } catch let error as PostgresError {
            throw error
        } catch {
            preconditionFailure("loading throws nothing but PostgresError: \(error)")
        }
    }

    /// The first of them waits for whoever may still be committing a change, an earlier try of ours; the second makes the communities, the
    /// others fill them. Nobody but the Writer writes these tables, so they fit together.
    private func loadCommunities(_ missing: Set<CommunityKey>) -> [BatchRead] {
        let keys = missing.map(\.value)
        return [
            BatchRead(
                query: """
                    SELECT key FROM communities WHERE key = ANY(\(keys)::bigint[]) ORDER BY key FOR NO KEY UPDATE
                    """
            ) { _, _ throws(PostgresError) in },
            BatchRead(
                query: """
                    SELECT c.key, c.id, c.name, c.description, c.version, c.created_at, h.key, h.name,
                        u.key, u.address, p.key, p.name, c.incarnation, c.member_count, c.is_behind
                    FROM communities c
                    LEFT JOIN peers h ON h.key = c.host
                    JOIN users u ON u.key = c.owner
                    LEFT JOIN peers p ON p.key = u.peer
                    WHERE c.key = ANY(\(keys)::bigint[]) AND c.deleted_at IS NULL
                    """
            ) { rows, batch throws(PostgresError) in
                for row in 0..<rows.count {
                    let key = CommunityKey(try rows.int64(row, 0))
                    var community = Community(
                        key: key, id: try rows.id(row, 1), host: try rows.peer(row, 6), name: try rows.text(row, 2),
                        description: try rows.optionalText(row, 3), owner: try rows.resolvedUser(row, 8),
                        version: try rows.int64(row, 4), createdAt: try rows.instant(row, 5))
                    community.incarnation = try rows.optionalText(row, 12)
                    community.copiedMemberCount = try rows.optionalInt(row, 13)
                    community.isBehind = try rows.bool(row, 14)
                    batch.communities[key] = community
                }
            },
            BatchRead(
                query: """
                    SELECT community, id, name, permissions, position, is_everyone, color
                    FROM community_roles WHERE community = ANY(\(keys)::bigint[])
                    """
            ) { rows, batch throws(PostgresError) in
                for row in 0..<rows.count {
                    let role = Role(
                        id: try rows.id(row, 1), name: try rows.text(row, 2),
                        permissions: Permissions(rawValue: try rows.int64(row, 3)), position: try rows.int(row, 4),
                        isEveryone: try rows.bool(row, 5), color: try rows.optionalInt(row, 6))
                    batch.communities[CommunityKey(try rows.int64(row, 0))]?.roles[role.id] = role
                }
            },
            BatchRead(
                query: """
                    SELECT h.community, h.conversation, c.id, h.kind, h.name, h.topic, h.position, h.slow_mode,
                        h.held_after, h.behind_through
                    FROM community_channels h JOIN conversations c ON c.key = h.conversation
                    WHERE h.community = ANY(\(keys)::bigint[]) AND h.deleted_at IS NULL
                    """
            ) { rows, batch throws(PostgresError) in
                for row in 0..<rows.count {
                    guard let kind = Channel.Kind(rawValue: try rows.text(row, 3)) else {
                        throw .decoding(column: "kind", problem: "is no kind of channel")
                    }
                    let channel = Channel(
                        key: ChannelKey(try rows.int64(row, 1)), id: try rows.id(row, 2), kind: kind,
                        name: try rows.text(row, 4), topic: try rows.optionalText(row, 5),
                        position: try rows.int(row, 6), slowMode: try rows.int(row, 7), overrides: [:],
                        heldAfter: try rows.int64(row, 8), behindThrough: try rows.optionalInt64(row, 9))
                    batch.communities[CommunityKey(try rows.int64(row, 0))]?.channels[channel.key] = channel
                }
            },
            BatchRead(
                query: """
                    SELECT h.community, o.conversation, o.kind, o.target, o.allow, o.deny
                    FROM community_channels h JOIN channel_overrides o ON o.conversation = h.conversation
                    WHERE h.community = ANY(\(keys)::bigint[]) AND h.deleted_at IS NULL
                    """
            ) { rows, batch throws(PostgresError) in
                for row in 0..<rows.count {
                    guard let target = OverrideTarget(kind: try rows.text(row, 2), target: try rows.text(row, 3)) else {
                        throw .decoding(column: "target", problem: "is nobody for whom a channel says something")
                    }
                    let channel = ChannelKey(try rows.int64(row, 1))
                    batch.communities[CommunityKey(try rows.int64(row, 0))]?.channels[channel]?.overrides[target] =
                        PermissionOverride(
                            allow: Permissions(rawValue: try rows.int64(row, 4)),
                            deny: Permissions(rawValue: try rows.int64(row, 5)))
                }
            },
            BatchRead(
                query: """
                    SELECT h.community, u.key, u.address
                    FROM community_channels h
                    JOIN communities c ON c.key = h.community AND c.host IS NOT NULL
                    JOIN channel_overrides o ON o.conversation = h.conversation AND o.kind = 'member'
                    JOIN users u ON u.key = o.target::bigint AND u.peer IS NOT NULL
                    WHERE h.community = ANY(\(keys)::bigint[]) AND h.deleted_at IS NULL
                    """
            ) { rows, batch throws(PostgresError) in
                for row in 0..<rows.count {
                    let user = UserKey(try rows.int64(row, 1))
                    batch.communities[CommunityKey(try rows.int64(row, 0))]?.namedElsewhere[user] =
                        try rows.user(row, 2)
                }
            },
            BatchRead(
                query: """
                    SELECT m.community, m.joined_at, array_to_string(m.roles, ' '), m.timed_out_until,
                        u.key, u.address, p.key, p.name
                    FROM community_members m
                    JOIN users u ON u.key = m.member
                    LEFT JOIN peers p ON p.key = u.peer
                    WHERE m.community = ANY(\(keys)::bigint[])
                    """
            ) { rows, batch throws(PostgresError) in
                for row in 0..<rows.count {
                    let roles = try rows.text(row, 2).split(separator: " ").compactMap { RoleID(String($0)) }
                    let member = Member(
                        user: try rows.resolvedUser(row, 4), joinedAt: try rows.instant(row, 1), roles: Set(roles),
                        timedOutUntil: try rows.optionalInstant(row, 3))
                    batch.communities[CommunityKey(try rows.int64(row, 0))]?.members[member.user.key] = member
                }
            },
            BatchRead(
                query: """
                    SELECT community, member, until FROM community_time_outs WHERE community = ANY(\(keys)::bigint[])
                    """
            ) { rows, batch throws(PostgresError) in
                for row in 0..<rows.count {
                    let member = UserKey(try rows.int64(row, 1))
                    batch.communities[CommunityKey(try rows.int64(row, 0))]?.timeOuts[member] = try rows.instant(row, 2)
                }
            },
            BatchRead(
                query: "SELECT community, banned FROM community_bans WHERE community = ANY(\(keys)::bigint[])"
            ) { rows, batch throws(PostgresError) in
                for row in 0..<rows.count {
                    let banned = UserKey(try rows.int64(row, 1))
                    batch.communities[CommunityKey(try rows.int64(row, 0))]?.bans.insert(banned)
                }
            },
        ]
    }
}
