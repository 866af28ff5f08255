import Postgres
import Wire

/// The first round trip of a batch: one statement a kind of row, only for the kinds that are needed.
///
/// They are joins over arrays. The Writer's connection plans them with nested loops only, so each costs an index lookup a row
/// whatever the tables' sizes are.
extension BatchStore {
    func reads(for needs: BatchNeeds) -> [BatchRead] {
        var reads: [BatchRead] = []
        if !needs.conversations.isEmpty { reads.append(lockConversations(needs.conversations)) }
        if !needs.outbound.isEmpty { reads.append(lockOutbound(needs.outbound)) }
        if !needs.inbound.isEmpty { reads.append(lockInbound(needs.inbound)) }
        if !needs.rosters.isEmpty { reads += [readRosters(needs.rosters), readRosterRequests(needs.rosters)] }
        if !needs.nonces.isEmpty { reads.append(readNonces(needs.nonces)) }
        if !needs.unread.isEmpty { reads.append(countUnread(needs.unread)) }
        if !needs.messages.isEmpty { reads.append(readMessages(needs.messages)) }
        if !needs.requests.isEmpty { reads.append(readRequests(needs.requests)) }
        for (peer, through) in needs.acknowledged.sorted(by: { $0.key < $1.key }) {
            reads.append(readAcknowledged(peer, through: through))
        }
        for (peer, through) in needs.overdue.sorted(by: { $0.key < $1.key }) {
            reads.append(readOverdue(peer, through: through))
        }
        if !needs.shown.isEmpty { reads.append(readShown(needs.shown)) }
        if needs.newConversations > 0 { reads.append(reserveConversations(needs.newConversations)) }
        reads += communityReads(for: needs)
        return reads
    }

    private func lockConversations(_ pairs: Set<RosterPair>) -> BatchRead {
        let owners = pairs.map(\.owner.value)
        let others = pairs.map(\.other.value)
        return BatchRead(
            query: """
                SELECT r.owner, r.other, r.state, r.request, r.crossed, r.since, c.key, c.id, c.last_seq, c.last_n,
                    r.read_seq
                FROM unnest(\(owners)::bigint[], \(others)::bigint[]) AS i(owner, other)
                JOIN roster r ON r.owner = i.owner AND r.other = i.other
                JOIN conversations c ON c.key = r.conversation
                ORDER BY c.key
                FOR NO KEY UPDATE OF c
                """
        ) { rows, batch throws(PostgresError) in
            for row in 0..<rows.count {
                let entry = try rosterEntry(rows, row)
                batch.rosters[try pair(rows, row)] = entry
                guard let conversation = entry.conversation else { continue }
                batch.conversations[conversation] = try counters(rows, row)
            }
        }
    }

    private func readRosters(_ pairs: Set<RosterPair>) -> BatchRead {
        let owners = pairs.map(\.owner.value)
        let others = pairs.map(\.other.value)
        return BatchRead(
            query: """
                SELECT r.owner, r.other, r.state, r.request, r.crossed, r.since, r.conversation, c.id, c.last_seq, c.last_n,
                    r.read_seq
                FROM unnest(\(owners)::bigint[], \(others)::bigint[]) AS i(owner, other)
                JOIN roster r ON r.owner = i.owner AND r.other = i.other
                LEFT JOIN conversations c ON c.key = r.conversation
                """
        ) { rows, batch throws(PostgresError) in
            for row in 0..<rows.count {
                let entry = try rosterEntry(rows, row)
                batch.rosters[try pair(rows, row)] = entry
                guard let conversation = entry.conversation else { continue }
                batch.conversations[conversation] = try counters(rows, row)
            }
        }
    }

    private func lockOutbound(_ peers: Set<PeerKey>) -> BatchRead {
        let keys = peers.map(\.value)
        return BatchRead(
            query: """
                SELECT l.peer, l.epoch, l.last, l.acked, l.delayed_through, p.policy, l.failed_through,
                    l.waiting_events, l.waiting_bytes
                FROM outbound_links l JOIN peers p ON p.key = l.peer
                WHERE l.peer = ANY(\(keys)::bigint[])
                ORDER BY l.peer FOR NO KEY UPDATE OF l
                """
        ) { rows, batch throws(PostgresError) in
            for row in 0..<rows.count {
                guard let policy = PeerPolicy(rawValue: try rows.text(row, 5)) else {
                    throw .decoding(column: "policy", problem: "is no policy")
                }
                batch.outbound[PeerKey(try rows.int64(row, 0))] = OutboundCounters(
                    epoch: try rows.text(row, 1), last: try rows.int64(row, 2), acked: try rows.int64(row, 3),
                    delayedThrough: try rows.int64(row, 4), policy: policy, failedThrough: try rows.int64(row, 6),
                    waitingEvents: try rows.int64(row, 7), waitingBytes: try rows.int64(row, 8))
            }
        }
    }

    private func lockInbound(_ peers: Set<PeerKey>) -> BatchRead {
        let keys = peers.map(\.value)
        return BatchRead(
            query: """
                SELECT peer, epoch, last, last_event
                FROM inbound_links WHERE peer = ANY(\(keys)::bigint[])
                ORDER BY peer FOR NO KEY UPDATE
                """
        ) { rows, batch throws(PostgresError) in
            for row in 0..<rows.count {
                batch.inbound[PeerKey(try rows.int64(row, 0))] = InboundPosition(
                    epoch: try rows.optionalText(row, 1), last: try rows.int64(row, 2),
                    lastEvent: try rows.optionalID(row, 3))
            }
        }
    }

    /// The roster need not be read a second time: the receiver stands for a direct conversation.
    private func readNonces(_ keys: [NonceKey]) -> BatchRead {
        let authors = keys.map(\.author.value)
        let nonces = keys.map(\.nonce)
        var receivers: [Int64?] = []
        var channels: [Int64?] = []
        for key in keys {
            switch key.place {
            case .direct(let receiver):
                receivers.append(receiver.value)
                channels.append(nil)
            case .channel(let channel):
                receivers.append(nil)
                channels.append(channel.value)
            }
        }
        return BatchRead(
            query: """
                SELECT \(unescaped: Self.messageColumns)
                FROM unnest(\(authors)::bigint[], \(receivers)::bigint[], \(channels)::bigint[], \(nonces)::text[])
                    AS i(author, receiver, channel, nonce)
                JOIN messages m ON m.author = i.author AND m.nonce = i.nonce
                    AND (m.receiver = i.receiver OR (m.conversation = i.channel AND m.receiver IS NULL))
                JOIN conversations c ON c.key = m.conversation
                """
        ) { rows, batch throws(PostgresError) in
            for row in 0..<rows.count {
                let message = try Self.message(rows, row)
                guard let key = message.nonceKey else { continue }
                batch.messagesByNonce[key] = message
                batch.messagesByID[message.id] = message
            }
        }
    }

    /// Never behind a place that was passed before: that would read for nothing what was read long ago.
    private func countUnread(_ places: Set<ReadPlace>) -> BatchRead {
        let places = Array(places)
        let owners = places.map(\.pair.owner.value)
        let others = places.map(\.pair.other.value)
        let seqs = places.map(\.seq)
        let unread = DirectMessageStore.unread(
            of: "r.owner", in: "r.conversation", behind: "greatest(i.seq, r.read_seq)")
        return BatchRead(
            query: """
                SELECT i.owner, i.other, i.seq, \(unescaped: unread)
                FROM unnest(\(owners)::bigint[], \(others)::bigint[], \(seqs)::bigint[]) AS i(owner, other, seq)
                JOIN roster r ON r.owner = i.owner AND r.other = i.other
                """
        ) { rows, batch throws(PostgresError) in
            for row in 0..<rows.count {
                let place = ReadPlace(pair: try pair(rows, row), seq: try rows.int64(row, 2))
                batch.unread[place] = try rows.int64(row, 3)
            }
        }
    }

    private func readMessages(_ ids: Set<MessageID>) -> BatchRead {
        let ids = Array(ids)
        return BatchRead(
            query: """
                SELECT \(unescaped: Self.messageColumns)
                FROM unnest(\(ids)::uuid[]) AS i(id)
                JOIN messages m ON m.id = i.id
                JOIN conversations c ON c.key = m.conversation
                """
        ) { rows, batch throws(PostgresError) in
            for row in 0..<rows.count {
                let message = try Self.message(rows, row)
                batch.messagesByID[message.id] = message
            }
        }
    }

    private static let messageColumns = """
        m.id, m.conversation, c.id, m.seq, m.n, m.author, m.receiver, m.body, m.nonce, m.reply_to, m.sent_at, m.out_peer, m.out_seq,
        m.mentions, m.deleted_at IS NOT NULL
        """

    private static func message(_ rows: PostgresRows, _ row: Int) throws(PostgresError) -> StoredMessage {
        StoredMessage(
            id: try rows.id(row, 0), conversation: try rows.int64(row, 1), conversationID: try rows.id(row, 2),
            seq: try rows.int64(row, 3), n: try rows.int64(row, 4), author: UserKey(try rows.int64(row, 5)),
            receiver: try rows.optionalInt64(row, 6).map { UserKey($0) }, text: try rows.text(row, 7),
            nonce: try rows.optionalText(row, 8), replyTo: try rows.optionalID(row, 9),
            mentions: Mention.list(try rows.optionalText(row, 13)), timestamp: try rows.instant(row, 10),
            outPeer: try rows.optionalInt64(row, 11), outSeq: try rows.optionalInt64(row, 12),
            isDeleted: try rows.bool(row, 14))
    }

    private func readRequests(_ ids: Set<FriendRequestID>) -> BatchRead {
        let ids = Array(ids)
        return BatchRead(
            query: """
                SELECT id, requester, receiver, state, out_seq, created_at
                FROM friend_requests WHERE id = ANY(\(ids)::uuid[])
                """
        ) { rows, batch throws(PostgresError) in try takeRequests(rows, &batch) }
    }

    /// The requests that roster entries name.
    private func readRosterRequests(_ pairs: Set<RosterPair>) -> BatchRead {
        let owners = pairs.map(\.owner.value)
        let others = pairs.map(\.other.value)
        return BatchRead(
            query: """
                SELECT q.id, q.requester, q.receiver, q.state, q.out_seq, q.created_at
                FROM unnest(\(owners)::bigint[], \(others)::bigint[]) AS i(owner, other)
                JOIN roster r ON r.owner = i.owner AND r.other = i.other
                JOIN friend_requests q ON q.id = ANY(ARRAY[r.request, r.crossed])
                """
        ) { rows, batch throws(PostgresError) in try takeRequests(rows, &batch) }
    }

    /// The outbox rows that an acknowledgement newly covers.
    private func readAcknowledged(_ peer: PeerKey, through: Int64) -> BatchRead {
        BatchRead(
            query: """
                SELECT o.seq, o.event, o.type, o.sender, octet_length(o.json)
                FROM outbox o
                WHERE o.peer = \(peer.value) AND o.seq <= \(through)
                  AND o.seq > (SELECT l.acked FROM outbound_links l WHERE l.peer = \(peer.value))
                ORDER BY o.seq
                """
        ) { rows, batch throws(PostgresError) in
            batch.acknowledged[peer] = try queuedEvents(rows)
        }
    }

    /// The outbox rows that are unacknowledged and not yet called delayed.
    private func readOverdue(_ peer: PeerKey, through: Int64) -> BatchRead {
        BatchRead(
            query: """
                SELECT o.seq, o.event, o.type, o.sender, octet_length(o.json)
                FROM outbox o
                WHERE o.peer = \(peer.value) AND o.seq <= \(through)
                  AND o.seq > (SELECT greatest(l.acked, l.delayed_through) FROM outbound_links l WHERE l.peer = \(peer.value))
                ORDER BY o.seq
                """
        ) { rows, batch throws(PostgresError) in
            batch.overdue[peer] = try queuedEvents(rows)
        }
    }

    private func readShown(_ users: Set<UserKey>) -> BatchRead {
        let keys = users.map(\.value)
        return BatchRead(
            query: "SELECT key, invisible, show_last_seen FROM accounts WHERE key = ANY(\(keys)::bigint[])"
        ) { rows, batch throws(PostgresError) in
            for row in 0..<rows.count {
                batch.shown[UserKey(try rows.int64(row, 0))] = StoredPresence(
                    isInvisible: try rows.bool(row, 1), showsLastSeen: try rows.bool(row, 2))
            }
        }
    }

    private func reserveConversations(_ count: Int) -> BatchRead {
        BatchRead(
            query: """
                SELECT nextval(pg_get_serial_sequence('conversations', 'key')) FROM generate_series(1, \(Int64(count)))
                """
        ) { rows, batch throws(PostgresError) in
            for row in 0..<rows.count { batch.spareConversations.append(try rows.int64(row, 0)) }
        }
    }
}

private func pair(_ rows: PostgresRows, _ row: Int) throws(PostgresError) -> RosterPair {
    RosterPair(owner: UserKey(try rows.int64(row, 0)), other: UserKey(try rows.int64(row, 1)))
}

private func rosterEntry(_ rows: PostgresRows, _ row: Int) throws(PostgresError) -> RosterEntry {
    let text = try rows.text(row, 2)
    guard let state = RosterEntry.State(rawValue: text) else {
        throw .decoding(column: "state", problem: "is no roster state")
    }
    return RosterEntry(
        state: state, request: try rows.optionalID(row, 3), crossed: try rows.optionalID(row, 4),
        conversation: try rows.optionalInt64(row, 6), readSeq: try rows.int64(row, 10),
        since: try rows.instant(row, 5))
}

private func counters(_ rows: PostgresRows, _ row: Int) throws(PostgresError) -> ConversationCounters {
    ConversationCounters(id: try rows.id(row, 7), lastSeq: try rows.int64(row, 8), lastN: try rows.int64(row, 9))
}

private func queuedEvents(_ rows: PostgresRows) throws(PostgresError) -> [QueuedEvent] {
    var events: [QueuedEvent] = []
    events.reserveCapacity(rows.count)
    for row in 0..<rows.count {
        events.append(
            QueuedEvent(
                seq: try rows.int64(row, 0), event: try rows.id(row, 1), type: try rows.text(row, 2),
                sender: UserKey(try rows.int64(row, 3)), bytes: Int64(try rows.int(row, 4))))
    }
    return events
}

private func takeRequests(_ rows: PostgresRows, _ batch: inout Batch) throws(PostgresError) {
    for row in 0..<rows.count {
        let text = try rows.text(row, 3)
        guard let state = StoredFriendRequest.State(rawValue: text) else {
            throw .decoding(column: "state", problem: "is no state of a request")
        }
        let request = StoredFriendRequest(
            id: try rows.id(row, 0), requester: UserKey(try rows.int64(row, 1)),
            receiver: UserKey(try rows.int64(row, 2)), state: state, outSeq: try rows.optionalInt64(row, 4),
            createdAt: try rows.instant(row, 5))
        batch.requests[request.id] = request
    }
}
