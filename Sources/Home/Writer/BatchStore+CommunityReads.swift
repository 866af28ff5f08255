import Postgres
import Wire

/// What batches read of communities. A whole community is read only when it is not in memory (`CommunityBoard`): a message to a channel
/// costs one locked row.
extension BatchStore {
    func communityReads(for needs: BatchNeeds) -> [BatchRead] {
        var reads: [BatchRead] = []
        if !needs.namedChannels.isEmpty { reads.append(readNamedChannels(needs.namedChannels)) }
        if !needs.consents.isEmpty { reads.append(readConsents(needs.consents)) }
        if !needs.submissions.isEmpty { reads.append(readSubmissions(needs.submissions)) }
        if !needs.submissionNonces.isEmpty { reads.append(readSubmissions(of: needs.submissionNonces)) }
        if !needs.channels.isEmpty { reads.append(lockChannels(needs.channels)) }
        if !needs.channelsOf.isEmpty { reads.append(readChannels(of: needs.channelsOf)) }
        if !needs.channelPlaces.isEmpty { reads.append(countChannelUnread(needs.channelPlaces)) }
        if !needs.lastMessages.isEmpty { reads.append(readLastMessages(needs.lastMessages)) }
        if !needs.logged.isEmpty { reads.append(readLogged(needs.logged)) }
        if !needs.invites.isEmpty { reads.append(readInvites(needs.invites)) }
        if !needs.openInvites.isEmpty { reads.append(readOpenInvites(needs.openInvites)) }
        if !needs.invitesOf.isEmpty { reads.append(readInvites(of: needs.invitesOf)) }
        if !needs.links.isEmpty { reads.append(readLinks(needs.links)) }
        if !needs.reports.isEmpty { reads.append(readReports(needs.reports)) }
        if !needs.counts.isEmpty { reads.append(readCounts(needs.counts)) }
        if !needs.invitesTo.isEmpty { reads.append(readInvitesTo(needs.invitesTo)) }
        if !needs.memberships.isEmpty { reads.append(readMemberships(needs.memberships)) }
        if needs.newCommunities > 0 { reads.append(reserveCommunities(needs.newCommunities)) }
        return reads
    }

    private func reserveCommunities(_ count: Int) -> BatchRead {
        BatchRead(
            query: """
                SELECT nextval(pg_get_serial_sequence('communities', 'key')) FROM generate_series(1, \(Int64(count)))
                """
        ) { rows, batch throws(PostgresError) in
            for row in 0..<rows.count { batch.spareCommunities.append(CommunityKey(try rows.int64(row, 0))) }
        }
    }

    // MARK: Channels

    private func lockChannels(_ channels: Set<ChannelKey>) -> BatchRead {
        let keys = channels.map(\.value)
        return BatchRead(
            query: """
                SELECT key, id, last_seq, last_n FROM conversations WHERE key = ANY(\(keys)::bigint[])
                ORDER BY key FOR NO KEY UPDATE
                """
        ) { rows, batch throws(PostgresError) in try takeCounters(rows, &batch) }
    }

    /// What channels a peer means, and whose they are.
    private func readNamedChannels(_ channels: Set<ConversationID>) -> BatchRead {
        let ids = Array(channels)
        return BatchRead(
            query: """
                SELECT c.key, c.id, c.last_seq, c.last_n, h.community
                FROM conversations c LEFT JOIN community_channels h ON h.conversation = c.key
                WHERE c.id = ANY(\(ids)::uuid[])
                ORDER BY c.key FOR NO KEY UPDATE OF c
                """
        ) { rows, batch throws(PostgresError) in
            try takeCounters(rows, &batch)
            for row in 0..<rows.count {
                batch.namedChannels[try rows.id(row, 1)] = NamedChannel(
                    key: ChannelKey(try rows.int64(row, 0)),
                    community: try rows.optionalInt64(row, 4).map { CommunityKey($0) })
            }
        }
    }

    private func readConsents(_ communities: Set<CommunityID>) -> BatchRead {
        let ids = Array(communities)
        return BatchRead(
            query: "SELECT member, community, host FROM community_consents WHERE community = ANY(\(ids)::uuid[])"
        ) { rows, batch throws(PostgresError) in
            for row in 0..<rows.count {
                batch.consents.insert(
                    Consent(
                        member: UserKey(try rows.int64(row, 0)), community: try rows.id(row, 1),
                        host: PeerKey(try rows.int64(row, 2))))
            }
        }
    }

    private func readSubmissions(_ messages: Set<MessageID>) -> BatchRead {
        let ids = Array(messages)
        return BatchRead(
            query: """
                SELECT message, author, conversation, nonce, sent_at FROM channel_submissions
                WHERE message = ANY(\(ids)::uuid[])
                """
        ) { rows, batch throws(PostgresError) in try takeSubmissions(rows, &batch) }
    }

    private func readSubmissions(of keys: [NonceKey]) -> BatchRead {
        let channels = keys.map { key in
            if case .channel(let channel) = key.place { channel.value } else { Int64(0) }
        }
        return BatchRead(
            query: """
                SELECT s.message, s.author, s.conversation, s.nonce, s.sent_at
                FROM unnest(\(keys.map(\.author.value))::bigint[], \(channels)::bigint[], \(keys.map(\.nonce))::text[])
                    AS i(author, channel, nonce)
                JOIN channel_submissions s
                    ON s.author = i.author AND s.nonce = i.nonce AND s.conversation = i.channel
                """
        ) { rows, batch throws(PostgresError) in try takeSubmissions(rows, &batch) }
    }

    /// The numbers of all channels, for those who come to see one.
    private func readChannels(of communities: Set<CommunityKey>) -> BatchRead {
        let keys = communities.map(\.value)
        return BatchRead(
            query: """
                SELECT c.key, c.id, c.last_seq, c.last_n
                FROM community_channels h JOIN conversations c ON c.key = h.conversation
                WHERE h.community = ANY(\(keys)::bigint[]) AND h.deleted_at IS NULL
                ORDER BY c.key FOR NO KEY UPDATE OF c
                """
        ) { rows, batch throws(PostgresError) in try takeCounters(rows, &batch) }
    }

    private func countChannelUnread(_ places: Set<ChannelPlace>) -> BatchRead {
        let places = Array(places)
        let counts = ChannelStore.unread(
            of: "i.owner", named: "i.words", in: "i.channel", behind: "greatest(i.seq, coalesce(k.read_seq, 0))")
        return BatchRead(
            query: """
                SELECT i.place, coalesce(k.read_seq, 0), b.unread, b.mentions
                FROM (
                    SELECT place, owner, channel, seq, string_to_array(words, ' ') AS words
                    FROM unnest(
                        \(places.indices.map(Int64.init))::bigint[],
                        \(places.map(\.marker.owner.value))::bigint[],
                        \(places.map(\.marker.channel.value))::bigint[], \(places.map(\.seq))::bigint[],
                        \(places.map(\.words))::text[]) AS u(place, owner, channel, seq, words)
                ) i
                LEFT JOIN channel_markers k ON k.owner = i.owner AND k.conversation = i.channel
                CROSS JOIN LATERAL \(unescaped: counts) b
                """
        ) { rows, batch throws(PostgresError) in
            for row in 0..<rows.count {
                batch.channelUnread[places[Int(try rows.int64(row, 0))]] = ChannelUnread(
                    readSeq: try rows.int64(row, 1), unread: try rows.int64(row, 2), mentions: try rows.int64(row, 3))
            }
        }
    }

    private func readLastMessages(_ places: Set<MarkerPlace>) -> BatchRead {
        let places = Array(places)
        return BatchRead(
            query: """
                SELECT i.author, i.channel, m.sent_at
                FROM unnest(\(places.map(\.owner.value))::bigint[], \(places.map(\.channel.value))::bigint[])
                    AS i(author, channel)
                CROSS JOIN LATERAL (
                    SELECT sent_at FROM messages
                    WHERE conversation = i.channel AND author = i.author AND receiver IS NULL
                    ORDER BY seq DESC LIMIT 1
                ) m
                """
        ) { rows, batch throws(PostgresError) in
            for row in 0..<rows.count {
                let place = MarkerPlace(
                    owner: UserKey(try rows.int64(row, 0)), channel: ChannelKey(try rows.int64(row, 1)))
                batch.lastMessages[place] = try rows.instant(row, 2)
            }
        }
    }

    // MARK: Beside them

    private func readLogged(_ events: Set<EventID>) -> BatchRead {
        let events = Array(events)
        return BatchRead(query: "SELECT event FROM community_log WHERE event = ANY(\(events)::uuid[])") {
            rows, batch throws(PostgresError) in
            for row in 0..<rows.count { batch.logged.insert(try rows.id(row, 0)) }
        }
    }

    private func readInvites(_ ids: Set<ServerInviteID>) -> BatchRead {
        let ids = Array(ids)
        return BatchRead(
            query: """
                SELECT \(unescaped: StoredInvite.columns) WHERE v.id = ANY(\(ids)::uuid[])
                """
        ) { rows, batch throws(PostgresError) in
            for row in 0..<rows.count {
                let invite = try StoredInvite(rows, row)
                batch.invites[invite.id] = invite
            }
        }
    }

    private func readOpenInvites(_ places: Set<MemberPlace>) -> BatchRead {
        let places = Array(places)
        return BatchRead(
            query: """
                SELECT \(unescaped: StoredInvite.columns)
                JOIN unnest(\(places.map(\.community.value))::bigint[], \(places.map(\.user.value))::bigint[])
                    AS i(community, invitee) ON v.invitee = i.invitee AND v.community = i.community
                WHERE v.state = 'pending'
                """
        ) { rows, batch throws(PostgresError) in
            for row in 0..<rows.count {
                let invite = try StoredInvite(rows, row)
                batch.invites[invite.id] = invite
                batch.openInvites[MemberPlace(community: invite.community, user: invite.invitee)] = invite.id
            }
        }
    }

    private func readInvites(of communities: Set<CommunityKey>) -> BatchRead {
        let keys = communities.map(\.value)
        return BatchRead(
            query: """
                SELECT \(unescaped: StoredInvite.columns)
                WHERE v.community = ANY(\(keys)::bigint[]) AND v.state = 'pending'
                """
        ) { rows, batch throws(PostgresError) in
            for row in 0..<rows.count {
                let invite = try StoredInvite(rows, row)
                batch.invites[invite.id] = invite
            }
        }
    }

    private func readLinks(_ codes: Set<String>) -> BatchRead {
        let codes = Array(codes)
        return BatchRead(
            query: """
                SELECT \(unescaped: StoredLink.columns) WHERE code = ANY(\(codes)::text[])
                """
        ) { rows, batch throws(PostgresError) in
            for row in 0..<rows.count {
                let link = try StoredLink(rows, row)
                batch.links[link.code] = link
            }
        }
    }

    private func readReports(_ ids: Set<ReportID>) -> BatchRead {
        let ids = Array(ids)
        return BatchRead(
            query: """
                SELECT id, community, conversation, message, reporter, reason, created_at, closed_by, closed_at, note,
                    author
                FROM community_reports WHERE id = ANY(\(ids)::uuid[])
                """
        ) { rows, batch throws(PostgresError) in
            for row in 0..<rows.count {
                let report = StoredReport(
                    id: try rows.id(row, 0), community: CommunityKey(try rows.int64(row, 1)),
                    channel: ChannelKey(try rows.int64(row, 2)), message: try rows.id(row, 3),
                    author: UserKey(try rows.int64(row, 10)), reporter: UserKey(try rows.int64(row, 4)),
                    reason: try rows.text(row, 5),
                    createdAt: try rows.instant(row, 6), closedBy: try rows.optionalInt64(row, 7).map { UserKey($0) },
                    closedAt: try rows.optionalInstant(row, 8), note: try rows.optionalText(row, 9))
                batch.reports[report.id] = report
            }
        }
    }

    private func readCounts(_ places: Set<MemberPlace>) -> BatchRead {
        let places = Array(places)
        return BatchRead(
            query: """
                SELECT i.community, i.adder, v.total, v.own, l.total, l.own, r.total, r.own
                FROM unnest(\(places.map(\.community.value))::bigint[], \(places.map(\.user.value))::bigint[])
                    AS i(community, adder)
                CROSS JOIN LATERAL (
                    SELECT count(*) AS total, count(*) FILTER (WHERE inviter = i.adder) AS own
                    FROM community_invites WHERE community = i.community AND state = 'pending'
                ) v
                CROSS JOIN LATERAL (
                    SELECT count(*) AS total, count(*) FILTER (WHERE creator = i.adder) AS own
                    FROM community_links
                    WHERE community = i.community AND revoked_at IS NULL
                        AND (expires_at IS NULL OR expires_at > now()) AND (max_uses IS NULL OR uses < max_uses)
                ) l
                CROSS JOIN LATERAL (
                    SELECT count(*) AS total, count(*) FILTER (WHERE reporter = i.adder) AS own
                    FROM community_reports WHERE community = i.community AND closed_at IS NULL
                ) r
                """
        ) { rows, batch throws(PostgresError) in
            for row in 0..<rows.count {
                let place = MemberPlace(
                    community: CommunityKey(try rows.int64(row, 0)), user: UserKey(try rows.int64(row, 1)))
                batch.counts[place] = CommunityCounts(
                    openInvites: .init(all: try rows.int(row, 2), own: try rows.int(row, 3)),
                    openLinks: .init(all: try rows.int(row, 4), own: try rows.int(row, 5)),
                    openReports: .init(all: try rows.int(row, 6), own: try rows.int(row, 7)))
            }
        }
    }

    private func readInvitesTo(_ users: Set<UserKey>) -> BatchRead {
        let keys = users.map(\.value)
        return BatchRead(
            query: """
                SELECT invitee, count(*) FROM community_invites
                WHERE invitee = ANY(\(keys)::bigint[]) AND state = 'pending' GROUP BY invitee
                """
        ) { rows, batch throws(PostgresError) in
            for row in 0..<rows.count { batch.invitesTo[UserKey(try rows.int64(row, 0))] = try rows.int(row, 1) }
        }
    }

    private func readMemberships(_ users: Set<UserKey>) -> BatchRead {
        let keys = users.map(\.value)
        return BatchRead(
            query: """
                SELECT member, count(*) FROM community_members WHERE member = ANY(\(keys)::bigint[]) GROUP BY member
                """
        ) { rows, batch throws(PostgresError) in
            for row in 0..<rows.count { batch.memberships[UserKey(try rows.int64(row, 0))] = try rows.int(row, 1) }
        }
    }
}

private func takeCounters(_ rows: PostgresRows, _ batch: inout Batch) throws(PostgresError) {
    for row in 0..<rows.count {
        batch.conversations[try rows.int64(row, 0)] = ConversationCounters(
            id: try rows.id(row, 1), lastSeq: try rows.int64(row, 2), lastN: try rows.int64(row, 3))
    }
}

private func takeSubmissions(_ rows: PostgresRows, _ batch: inout Batch) throws(PostgresError) {
    for row in 0..<rows.count {
        let submission = ChannelSubmission(
            message: try rows.id(row, 0), author: UserKey(try rows.int64(row, 1)),
            channel: ChannelKey(try rows.int64(row, 2)), nonce: try rows.optionalText(row, 3),
            sentAt: try rows.instant(row, 4))
        batch.submissions[submission.message] = submission
        if let key = submission.nonceKey { batch.submissionsByNonce[key] = submission.message }
    }
}

/// What is counted when somebody adds something to a community: of the community, and of what he has added himself.
struct CommunityCounts {
    struct Count {
        var all = 0
        var own = 0

        mutating func add() {
            all += 1
            own += 1
        }
    }

    var openInvites = Count()
    var openLinks = Count()
    var openReports = Count()
}

extension StoredInvite {
    static let columns = """
        v.id, v.community, c.id, v.inviter, v.invitee, v.state, v.is_shown, v.created_at, v.expires_at, p.key, p.name
        FROM community_invites v
        JOIN communities c ON c.key = v.community
        JOIN users u ON u.key = v.invitee
        LEFT JOIN peers p ON p.key = u.peer
        """

    /// A row of `columns`.
    init(_ rows: PostgresRows, _ row: Int) throws(PostgresError) {
        guard let state = State(rawValue: try rows.text(row, 5)) else {
            throw .decoding(column: "state", problem: "is no state of an invitation")
        }
        self.init(
            id: try rows.id(row, 0), community: CommunityKey(try rows.int64(row, 1)), communityID: try rows.id(row, 2),
            inviter: UserKey(try rows.int64(row, 3)), invitee: UserKey(try rows.int64(row, 4)),
            inviteePeer: try rows.peer(row, 9), state: state,
            isShown: try rows.bool(row, 6), createdAt: try rows.instant(row, 7), expiresAt: try rows.instant(row, 8))
    }
}

extension StoredLink {
    static let columns = """
        code, community, creator, created_at, expires_at, max_uses, uses, revoked_at FROM community_links
        """

    /// A row of `columns`.
    init(_ rows: PostgresRows, _ row: Int) throws(PostgresError) {
        self.init(
            code: try rows.text(row, 0), community: CommunityKey(try rows.int64(row, 1)),
            creator: UserKey(try rows.int64(row, 2)), createdAt: try rows.instant(row, 3),
            expiresAt: try rows.optionalInstant(row, 4), maxUses: try rows.optionalInt64(row, 5),
            uses: try rows.int64(row, 6), revokedAt: try rows.optionalInstant(row, 7))
    }
}

extension PostgresRows {
    /// Four columns: a user's key and address, his peer's key and name.
    func resolvedUser(_ row: Int, _ column: Int) throws(PostgresError) -> ResolvedUser {
        ResolvedUser(
            key: UserKey(try int64(row, column)), id: try user(row, column + 1), peer: try peer(row, column + 2))
    }
}

extension OverrideTarget {
    init?(kind: String, target: String) {
        switch kind {
        case "everyone": self = .everyone
        case "role":
            guard let role = RoleID(target) else { return nil }
            self = .role(role)
        case "member":
            guard let key = Int64(target) else { return nil }
            self = .member(UserKey(key))
        default: return nil
        }
    }

    /// As the database has it.
    var stored: (kind: String, target: String) {
        switch self {
        case .everyone: ("everyone", "")
        case .role(let role): ("role", role.description)
        case .member(let user): ("member", String(user.value))
        }
    }
}
