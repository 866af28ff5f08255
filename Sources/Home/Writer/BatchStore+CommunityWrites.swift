import Postgres
import Wire

/// What batches write of communities: the rows that were touched, as they stand in the batch now; what is not there any more is deleted.
extension BatchStore {
    func communityWrites(of batch: Batch) -> [PostgresQuery] {
        let rows = batch.rows
        var writes: [PostgresQuery] = []
        let communities = rows.communities.sorted().compactMap { rows.deleted[$0] ?? batch.communities[$0] }
        if !rows.emptiedChannels.isEmpty { writes += emptyChannels(rows.emptiedChannels.sorted()) }
        if !communities.isEmpty { writes.append(upsertCommunities(communities)) }
        if !rows.roles.isEmpty { writes += writeRoles(rows.roles, batch) }
        if !rows.channels.isEmpty { writes += writeChannels(rows.channels, batch) }
        if !rows.overrides.isEmpty { writes += writeOverrides(rows.overrides, batch) }
        if !rows.members.isEmpty { writes += writeMembers(rows.members.sorted(), batch) }
        if !rows.bans.isEmpty { writes.append(insertBans(rows.bans)) }
        if !rows.endedBans.isEmpty { writes.append(deleteBans(Array(rows.endedBans))) }
        if !rows.timeOuts.isEmpty { writes += writeTimeOuts(rows.timeOuts.sorted(), batch) }
        if !rows.log.isEmpty { writes.append(insertLog(rows.log)) }
        if !rows.invites.isEmpty { writes.append(upsertInvites(rows.invites.compactMap { batch.invites[$0] })) }
        if !rows.links.isEmpty { writes.append(upsertLinks(rows.links.compactMap { batch.links[$0] })) }
        if !rows.uses.isEmpty { writes.append(insertUses(Array(rows.uses), at: batch.now)) }
        if !rows.reports.isEmpty { writes.append(upsertReports(rows.reports.compactMap { batch.reports[$0] })) }
        if !rows.markers.isEmpty { writes.append(upsertMarkers(rows.markers)) }
        if !rows.submissions.isEmpty { writes.append(insertSubmissions(rows.submissions)) }
        if !rows.endedSubmissions.isEmpty { writes.append(deleteSubmissions(Array(rows.endedSubmissions))) }
        if !rows.consents.isEmpty { writes.append(insertConsents(Array(rows.consents), at: batch.now)) }
        if !rows.endedConsents.isEmpty { writes.append(deleteConsents(Array(rows.endedConsents))) }
        if !rows.behindHosts.isEmpty { writes.append(markBehind(rows.behindHosts.sorted())) }
        if !rows.deleted.isEmpty { writes += deleteCommunities(rows.deleted.keys.sorted(), at: batch.now) }
        return writes
    }

    // MARK: The community

    private func upsertCommunities(_ communities: [Community]) -> PostgresQuery {
        """
        INSERT INTO communities
            (key, id, host, name, description, owner, version, created_at, incarnation, member_count, is_behind)
        SELECT * FROM unnest(
            \(communities.map(\.key.value))::bigint[], \(communities.map(\.id))::uuid[],
            \(communities.map { $0.host?.key.value })::bigint[], \(communities.map(\.name))::text[],
            \(communities.map(\.description))::text[], \(communities.map(\.owner.key.value))::bigint[],
            \(communities.map(\.version))::bigint[], \(communities.map(\.createdAt))::timestamptz[],
            \(communities.map(\.incarnation))::text[],
            \(communities.map { $0.copiedMemberCount.map(Int64.init) })::bigint[],
            \(communities.map(\.isBehind))::boolean[])
        ON CONFLICT (key) DO UPDATE SET host = EXCLUDED.host, name = EXCLUDED.name, description = EXCLUDED.description,
            owner = EXCLUDED.owner, version = EXCLUDED.version, created_at = EXCLUDED.created_at,
            incarnation = EXCLUDED.incarnation, member_count = EXCLUDED.member_count, is_behind = EXCLUDED.is_behind
        """
    }

    /// Its messages, log and reports stay, and nobody gets at them; the people are gone from it.
    private func deleteCommunities(_ keys: [CommunityKey], at now: Instant) -> [PostgresQuery] {
        let keys = keys.map(\.value)
        return [
            "UPDATE communities SET deleted_at = \(now) WHERE key = ANY(\(keys)::bigint[])",
            "DELETE FROM community_members WHERE community = ANY(\(keys)::bigint[])",
            """
            UPDATE community_links SET revoked_at = \(now)
            WHERE community = ANY(\(keys)::bigint[]) AND revoked_at IS NULL
            """,
        ]
    }

    private func writeRoles(_ places: Set<RolePlace>, _ batch: Batch) -> [PostgresQuery] {
        let kept = places.compactMap { place in
            batch.communities[place.community]?.roles[place.role].map { (place.community, $0) }
        }
        let gone = places.filter { batch.communities[$0.community]?.roles[$0.role] == nil }
        var writes: [PostgresQuery] = []
        if !gone.isEmpty {
            writes.append(
                """
                DELETE FROM community_roles r
                USING unnest(\(gone.map(\.community.value))::bigint[], \(gone.map(\.role))::uuid[]) AS i(community, id)
                WHERE r.community = i.community AND r.id = i.id
                """)
        }
        guard !kept.isEmpty else { return writes }
        let roles = kept.map(\.1)
        writes.append(
            """
            INSERT INTO community_roles (community, id, name, permissions, position, is_everyone, color)
            SELECT * FROM unnest(
                \(kept.map(\.0.value))::bigint[], \(roles.map(\.id))::uuid[], \(roles.map(\.name))::text[],
                \(roles.map(\.permissions.rawValue))::bigint[], \(roles.map { Int64($0.position) })::bigint[],
                \(roles.map(\.isEveryone))::boolean[], \(roles.map { $0.color.map(Int64.init) })::bigint[])
            ON CONFLICT (community, id) DO UPDATE SET name = EXCLUDED.name, permissions = EXCLUDED.permissions,
                position = EXCLUDED.position, is_everyone = EXCLUDED.is_everyone, color = EXCLUDED.color
            """)
        return writes
    }

    private func writeChannels(_ places: [ChannelKey: CommunityKey], _ batch: Batch) -> [PostgresQuery] {
        let kept = places.compactMap { channel, community in
            batch.communities[community]?.channels[channel].map { (community, $0) }
        }
        let gone = places.filter { batch.communities[$0.value]?.channels[$0.key] == nil }.map(\.key.value)
        var writes: [PostgresQuery] = []
        if !gone.isEmpty {
            writes.append(
                """
                UPDATE community_channels SET deleted_at = \(batch.now) WHERE conversation = ANY(\(gone)::bigint[])
                """)
        }
        guard !kept.isEmpty else { return writes }
        let channels = kept.map(\.1)
        writes.append(
            """
            INSERT INTO community_channels
                (conversation, community, kind, name, topic, position, slow_mode, held_after, behind_through)
            SELECT * FROM unnest(
                \(channels.map(\.key.value))::bigint[], \(kept.map(\.0.value))::bigint[],
                \(channels.map(\.kind.rawValue))::text[], \(channels.map(\.name))::text[],
                \(channels.map(\.topic))::text[], \(channels.map { Int64($0.position) })::bigint[],
                \(channels.map { Int64($0.slowMode) })::bigint[], \(channels.map(\.heldAfter))::bigint[],
                \(channels.map(\.behindThrough))::bigint[])
            ON CONFLICT (conversation) DO UPDATE SET kind = EXCLUDED.kind, name = EXCLUDED.name, topic = EXCLUDED.topic,
                position = EXCLUDED.position, slow_mode = EXCLUDED.slow_mode, held_after = EXCLUDED.held_after,
                behind_through = EXCLUDED.behind_through, deleted_at = NULL
            """)
        return writes
    }

    private func writeOverrides(_ places: [ChannelKey: CommunityKey], _ batch: Batch) -> [PostgresQuery] {
        let keys = places.keys.map(\.value)
        var channels: [Int64] = []
        var targets: [(kind: String, target: String)] = []
        var overrides: [PermissionOverride] = []
        for (channel, community) in places {
            for (target, override) in batch.communities[community]?.channels[channel]?.overrides ?? [:] {
                channels.append(channel.value)
                targets.append(target.stored)
                overrides.append(override)
            }
        }
        return [
            "DELETE FROM channel_overrides WHERE conversation = ANY(\(keys)::bigint[])",
            """
            INSERT INTO channel_overrides (conversation, kind, target, allow, deny)
            SELECT * FROM unnest(
                \(channels)::bigint[], \(targets.map(\.kind))::text[], \(targets.map(\.target))::text[],
                \(overrides.map(\.allow.rawValue))::bigint[], \(overrides.map(\.deny.rawValue))::bigint[])
            """,
        ]
    }

    // MARK: People

    private func writeMembers(_ places: [MemberPlace], _ batch: Batch) -> [PostgresQuery] {
        let kept = places.compactMap { place in
            batch.communities[place.community]?.members[place.user].map { (place.community, $0) }
        }
        let gone = places.filter { batch.communities[$0.community]?.members[$0.user] == nil }
        var writes: [PostgresQuery] = []
        if !gone.isEmpty {
            writes.append(
                """
                DELETE FROM community_members m
                USING unnest(\(gone.map(\.community.value))::bigint[], \(gone.map(\.user.value))::bigint[])
                    AS i(community, member)
                WHERE m.community = i.community AND m.member = i.member
                """)
        }
        guard !kept.isEmpty else { return writes }
        let members = kept.map(\.1)
        let roles = members.map { $0.roles.sorted().map(\.description).joined(separator: " ") }
        writes.append(
            """
            INSERT INTO community_members (community, member, joined_at, roles, timed_out_until)
            SELECT i.community, i.member, i.joined_at, string_to_array(i.roles, ' ')::uuid[], i.timed_out_until
            FROM unnest(
                \(kept.map(\.0.value))::bigint[], \(members.map(\.user.key.value))::bigint[],
                \(members.map(\.joinedAt))::timestamptz[], \(roles)::text[],
                \(members.map(\.timedOutUntil))::timestamptz[]) AS i(community, member, joined_at, roles, timed_out_until)
            ON CONFLICT (community, member) DO UPDATE SET joined_at = EXCLUDED.joined_at, roles = EXCLUDED.roles,
                timed_out_until = EXCLUDED.timed_out_until
            """)
        return writes
    }

    /// Whoever joins has read what was said until then. What the batch itself has written is not in the counters yet: `Batch.join` notes it.
    func markAllRead(_ places: [MemberPlace]) -> PostgresQuery {
        """
        INSERT INTO channel_markers (owner, conversation, read_seq)
        SELECT i.member, h.conversation, c.last_seq
        FROM unnest(\(places.map(\.community.value))::bigint[], \(places.map(\.user.value))::bigint[])
            AS i(community, member)
        JOIN community_channels h ON h.community = i.community AND h.deleted_at IS NULL
        JOIN conversations c ON c.key = h.conversation
        ON CONFLICT (owner, conversation) DO UPDATE
        SET read_seq = greatest(channel_markers.read_seq, EXCLUDED.read_seq)
        """
    }

    private func insertBans(_ bans: [MemberPlace: StoredBan]) -> PostgresQuery {
        let places = Array(bans.keys)
        let bans = Array(bans.values)
        return """
            INSERT INTO community_bans (community, banned, by_user, reason, created_at)
            SELECT * FROM unnest(
                \(places.map(\.community.value))::bigint[], \(places.map(\.user.value))::bigint[],
                \(bans.map(\.by.value))::bigint[], \(bans.map(\.reason))::text[],
                \(bans.map(\.createdAt))::timestamptz[])
            ON CONFLICT (community, banned) DO UPDATE
            SET by_user = EXCLUDED.by_user, reason = EXCLUDED.reason, created_at = EXCLUDED.created_at
            """
    }

    private func deleteBans(_ places: [MemberPlace]) -> PostgresQuery {
        """
        DELETE FROM community_bans b
        USING unnest(\(places.map(\.community.value))::bigint[], \(places.map(\.user.value))::bigint[])
            AS i(community, banned)
        WHERE b.community = i.community AND b.banned = i.banned
        """
    }

    private func writeTimeOuts(_ places: [MemberPlace], _ batch: Batch) -> [PostgresQuery] {
        let kept = places.compactMap { place in
            batch.communities[place.community]?.timeOuts[place.user].map { (place, $0) }
        }
        let communities = places.map(\.community.value)
        let members = places.map(\.user.value)
        return [
            """
            DELETE FROM community_time_outs t
            USING unnest(\(communities)::bigint[], \(members)::bigint[]) AS i(community, member)
            WHERE t.community = i.community AND t.member = i.member
            """,
            """
            INSERT INTO community_time_outs (community, member, until)
            SELECT * FROM unnest(
                \(kept.map(\.0.community.value))::bigint[], \(kept.map(\.0.user.value))::bigint[],
                \(kept.map(\.1))::timestamptz[])
            """,
        ]
    }

    // MARK: Beside it

    private func insertLog(_ rows: [LogRow]) -> PostgresQuery {
        """
        INSERT INTO community_log
            (community, version, event, at, actor, action, target, target_name, reason, detail)
        SELECT i.community, i.version, i.event, i.at, i.actor, i.action, i.target, i.name, i.reason, i.detail::jsonb
        FROM unnest(
            \(rows.map(\.community.value))::bigint[], \(rows.map(\.version))::bigint[],
            \(rows.map(\.event))::uuid[], \(rows.map(\.at))::timestamptz[], \(rows.map(\.actor.value))::bigint[],
            \(rows.map(\.entry.action.rawValue))::text[], \(rows.map(\.entry.target))::text[],
            \(rows.map(\.entry.targetName))::text[], \(rows.map(\.entry.reason))::text[],
            \(rows.map(\.entry.detailJSON))::text[])
            AS i(community, version, event, at, actor, action, target, name, reason, detail)
        """
    }

    private func upsertInvites(_ invites: [StoredInvite]) -> PostgresQuery {
        """
        INSERT INTO community_invites (id, community, inviter, invitee, state, is_shown, created_at, expires_at)
        SELECT * FROM unnest(
            \(invites.map(\.id))::uuid[], \(invites.map(\.community.value))::bigint[],
            \(invites.map(\.inviter.value))::bigint[], \(invites.map(\.invitee.value))::bigint[],
            \(invites.map(\.state.rawValue))::text[], \(invites.map(\.isShown))::boolean[],
            \(invites.map(\.createdAt))::timestamptz[], \(invites.map(\.expiresAt))::timestamptz[])
        ON CONFLICT (id) DO UPDATE SET state = EXCLUDED.state
        """
    }

    private func upsertLinks(_ links: [StoredLink]) -> PostgresQuery {
        """
        INSERT INTO community_links (code, community, creator, created_at, expires_at, max_uses, uses, revoked_at)
        SELECT * FROM unnest(
            \(links.map(\.code))::text[], \(links.map(\.community.value))::bigint[],
            \(links.map(\.creator.value))::bigint[], \(links.map(\.createdAt))::timestamptz[],
            \(links.map(\.expiresAt))::timestamptz[], \(links.map(\.maxUses))::bigint[],
            \(links.map(\.uses))::bigint[], \(links.map(\.revokedAt))::timestamptz[])
        ON CONFLICT (code) DO UPDATE SET uses = EXCLUDED.uses, revoked_at = EXCLUDED.revoked_at
        """
    }

    private func insertUses(_ uses: [LinkUse], at now: Instant) -> PostgresQuery {
        """
        INSERT INTO community_link_uses (code, joiner, at)
        SELECT i.code, i.joiner, \(now) FROM unnest(
            \(uses.map(\.code))::text[], \(uses.map(\.user.value))::bigint[]) AS i(code, joiner)
        ON CONFLICT (code, joiner) DO UPDATE SET at = EXCLUDED.at
        """
    }

    private func upsertReports(_ reports: [StoredReport]) -> PostgresQuery {
        """
        INSERT INTO community_reports
            (id, community, conversation, message, author, reporter, reason, created_at, closed_by, closed_at, note)
        SELECT * FROM unnest(
            \(reports.map(\.id))::uuid[], \(reports.map(\.community.value))::bigint[],
            \(reports.map(\.channel.value))::bigint[], \(reports.map(\.message))::uuid[],
            \(reports.map(\.author.value))::bigint[], \(reports.map(\.reporter.value))::bigint[], \(reports.map(\.reason))::text[],
            \(reports.map(\.createdAt))::timestamptz[], \(reports.map(\.closedBy?.value))::bigint[],
            \(reports.map(\.closedAt))::timestamptz[], \(reports.map(\.note))::text[])
        ON CONFLICT (id) DO UPDATE
        SET closed_by = EXCLUDED.closed_by, closed_at = EXCLUDED.closed_at, note = EXCLUDED.note
        """
    }

    private func upsertMarkers(_ markers: [MarkerPlace: Int64]) -> PostgresQuery {
        let places = markers.keys.sorted()
        return """
            INSERT INTO channel_markers (owner, conversation, read_seq)
            SELECT * FROM unnest(
                \(places.map(\.owner.value))::bigint[], \(places.map(\.channel.value))::bigint[],
                \(places.map { markers[$0] ?? 0 })::bigint[])
            ON CONFLICT (owner, conversation) DO UPDATE
            SET read_seq = greatest(channel_markers.read_seq, EXCLUDED.read_seq)
            """
    }

    // MARK: Copies

    private func insertSubmissions(_ submissions: [ChannelSubmission]) -> PostgresQuery {
        """
        INSERT INTO channel_submissions (message, author, conversation, nonce, sent_at)
        SELECT * FROM unnest(
            \(submissions.map(\.message))::uuid[], \(submissions.map(\.author.value))::bigint[],
            \(submissions.map(\.channel.value))::bigint[], \(submissions.map(\.nonce))::text[],
            \(submissions.map(\.sentAt))::timestamptz[])
        ON CONFLICT DO NOTHING
        """
    }

    private func deleteSubmissions(_ messages: [MessageID]) -> PostgresQuery {
        "DELETE FROM channel_submissions WHERE message = ANY(\(messages)::uuid[])"
    }

    private func insertConsents(_ consents: [Consent], at now: Instant) -> PostgresQuery {
        """
        INSERT INTO community_consents (member, community, host, at)
        SELECT i.member, i.community, i.host, \(now) FROM unnest(
            \(consents.map(\.member.value))::bigint[], \(consents.map(\.community))::uuid[],
            \(consents.map(\.host.value))::bigint[]) AS i(member, community, host)
        ON CONFLICT (member, community) DO UPDATE SET host = EXCLUDED.host, at = EXCLUDED.at
        """
    }

    private func deleteConsents(_ consents: [Consent]) -> PostgresQuery {
        """
        DELETE FROM community_consents s
        USING unnest(\(consents.map(\.member.value))::bigint[], \(consents.map(\.community))::uuid[])
            AS i(member, community)
        WHERE s.member = i.member AND s.community = i.community
        """
    }

    private func markBehind(_ hosts: [PeerKey]) -> PostgresQuery {
        """
        UPDATE communities SET is_behind = true
        WHERE host = ANY(\(hosts.map(\.value))::bigint[]) AND incarnation IS NOT NULL
        """
    }

    /// Copies of messages that came as deleted.
    func deleteCopies(_ messages: [MessageID], at now: Instant) -> PostgresQuery {
        "UPDATE messages SET deleted_at = \(now) WHERE id = ANY(\(messages)::uuid[])"
    }

    /// Their numbers are given again, or nobody here sees them: what was kept would stand in the way, and its home has it.
    private func emptyChannels(_ channels: [ChannelKey]) -> [PostgresQuery] {
        let keys = channels.map(\.value)
        return [
            "DELETE FROM messages WHERE conversation = ANY(\(keys)::bigint[])",
            "DELETE FROM conversation_events WHERE conversation = ANY(\(keys)::bigint[])",
            "DELETE FROM channel_markers WHERE conversation = ANY(\(keys)::bigint[])",
        ]
    }

    /// What a deleted message said is gone; its number and who wrote it stay.
    func deleteMessages(_ events: [ConversationEventRow]) -> [PostgresQuery] {
        [
            """
            INSERT INTO conversation_events (conversation, seq, kind, message, message_seq, actor, at)
            SELECT * FROM unnest(
                \(events.map(\.conversation))::bigint[], \(events.map(\.seq))::bigint[],
                \(events.map(\.kind.rawValue))::text[], \(events.map(\.message))::uuid[],
                \(events.map(\.messageSeq))::bigint[], \(events.map(\.actor.value))::bigint[], \(events.map(\.at))::timestamptz[])
            """,
            """
            UPDATE messages m SET body = '', mentions = NULL, deleted_at = i.at, deleted_by = i.actor
            FROM unnest(
                \(events.map(\.message))::uuid[], \(events.map(\.actor.value))::bigint[],
                \(events.map(\.at))::timestamptz[]) AS i(id, actor, at)
            WHERE m.id = i.id
            """,
        ]
    }
}
