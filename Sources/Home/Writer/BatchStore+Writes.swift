import Postgres
import Wire

/// The second round trip of a batch: one statement a table, with the rows as arrays.
extension BatchStore {
    func writes(of batch: Batch) -> [PostgresQuery] {
        var writes: [PostgresQuery] = []
        // Before what the batch has written counts.
        if !batch.rows.joined.isEmpty { writes.append(markAllRead(batch.rows.joined.sorted())) }
        if !batch.newConversations.isEmpty { writes.append(insertConversations(batch)) }
        let counted = batch.touchedConversations.subtracting(batch.newConversations)
        if !counted.isEmpty { writes.append(updateConversations(counted, batch)) }
        if !batch.rows.isEmpty { writes += communityWrites(of: batch) }
        if !batch.touchedRequests.isEmpty { writes.append(upsertRequests(batch)) }
        if !batch.touchedRosters.isEmpty { writes.append(upsertRosters(batch)) }
        if !batch.newMessages.isEmpty { writes.append(insertMessages(batch.newMessages)) }
        if !batch.rows.deletedCopies.isEmpty { writes.append(deleteCopies(batch.rows.deletedCopies, at: batch.now)) }
        if !batch.rows.conversationEvents.isEmpty { writes += deleteMessages(batch.rows.conversationEvents) }
        if !batch.touchedOutbound.isEmpty { writes.append(updateOutbound(batch)) }
        if !batch.failedOutbox.isEmpty { writes.append(failOutbox(batch.failedOutbox)) }
        if !batch.newOutbox.isEmpty { writes.append(insertOutbox(batch.newOutbox)) }
        if !batch.touchedInbound.isEmpty { writes.append(upsertInbound(batch)) }
        if !batch.newDeadLetters.isEmpty { writes.append(insertDeadLetters(batch.newDeadLetters)) }
        if !batch.touchedShown.isEmpty { writes.append(updateShown(batch)) }
        return writes
    }

    private func insertConversations(_ batch: Batch) -> PostgresQuery {
        let keys = batch.newConversations
        let counters = keys.compactMap { batch.conversations[$0] }
        return """
            INSERT INTO conversations (key, id, last_seq, last_n)
            SELECT * FROM unnest(
                \(keys)::bigint[], \(counters.map(\.id))::uuid[], \(counters.map(\.lastSeq))::bigint[],
                \(counters.map(\.lastN))::bigint[])
            """
    }

    private func updateConversations(_ keys: Set<Int64>, _ batch: Batch) -> PostgresQuery {
        let keys = Array(keys)
        let counters = keys.compactMap { batch.conversations[$0] }
        return """
            UPDATE conversations c SET last_seq = i.last_seq, last_n = i.last_n
            FROM unnest(\(keys)::bigint[], \(counters.map(\.lastSeq))::bigint[], \(counters.map(\.lastN))::bigint[])
                AS i(key, last_seq, last_n)
            WHERE c.key = i.key
            """
    }

    private func insertMessages(_ messages: [StoredMessage]) -> PostgresQuery {
        """
        INSERT INTO messages
            (conversation, seq, n, id, author, receiver, body, nonce, reply_to, mentions, sent_at, out_peer, out_seq)
        SELECT * FROM unnest(
            \(messages.map(\.conversation))::bigint[], \(messages.map(\.seq))::bigint[],
            \(messages.map(\.n))::bigint[], \(messages.map(\.id))::uuid[],
            \(messages.map(\.author.value))::bigint[], \(messages.map(\.receiver?.value))::bigint[],
            \(messages.map(\.text))::text[], \(messages.map(\.nonce))::text[],
            \(messages.map(\.replyTo))::uuid[], \(messages.map { Mention.text($0.mentions) })::text[],
            \(messages.map(\.timestamp))::timestamptz[],
            \(messages.map(\.outPeer))::bigint[], \(messages.map(\.outSeq))::bigint[])
        """
    }

    private func upsertRequests(_ batch: Batch) -> PostgresQuery {
        let requests = batch.touchedRequests.sorted().compactMap { batch.requests[$0] }
        return """
            INSERT INTO friend_requests (id, requester, receiver, state, out_seq, created_at)
            SELECT * FROM unnest(
                \(requests.map(\.id))::uuid[], \(requests.map(\.requester.value))::bigint[],
                \(requests.map(\.receiver.value))::bigint[], \(requests.map(\.state.rawValue))::text[],
                \(requests.map(\.outSeq))::bigint[], \(requests.map(\.createdAt))::timestamptz[])
            ON CONFLICT (id) DO UPDATE SET state = EXCLUDED.state
            """
    }

    private func upsertRosters(_ batch: Batch) -> PostgresQuery {
        let pairs = batch.touchedRosters.sorted()
        let entries = pairs.compactMap { batch.rosters[$0] }
        return """
            INSERT INTO roster (owner, other, state, request, crossed, conversation, read_seq, since)
            SELECT * FROM unnest(
                \(pairs.map(\.owner.value))::bigint[], \(pairs.map(\.other.value))::bigint[],
                \(entries.map(\.state.rawValue))::text[], \(entries.map(\.request))::uuid[],
                \(entries.map(\.crossed))::uuid[], \(entries.map(\.conversation))::bigint[],
                \(entries.map(\.readSeq))::bigint[], \(entries.map(\.since))::timestamptz[])
            ON CONFLICT (owner, other) DO UPDATE
            SET state = EXCLUDED.state, request = EXCLUDED.request, crossed = EXCLUDED.crossed,
                conversation = EXCLUDED.conversation, read_seq = EXCLUDED.read_seq, since = EXCLUDED.since
            """
    }

    private func updateOutbound(_ batch: Batch) -> PostgresQuery {
        let peers = batch.touchedOutbound.sorted()
        let counters = peers.compactMap { batch.outbound[$0] }
        return """
            UPDATE outbound_links l
            SET last = i.last, acked = i.acked, delayed_through = i.delayed_through, failed_through = i.failed_through,
                waiting_events = i.events, waiting_bytes = i.bytes
            FROM unnest(
                \(peers.map(\.value))::bigint[], \(counters.map(\.last))::bigint[], \(counters.map(\.acked))::bigint[],
                \(counters.map(\.delayedThrough))::bigint[], \(counters.map(\.failedThrough))::bigint[],
                \(counters.map(\.waitingEvents))::bigint[], \(counters.map(\.waitingBytes))::bigint[])
                AS i(peer, last, acked, delayed_through, failed_through, events, bytes)
            WHERE l.peer = i.peer
            """
    }

    private func failOutbox(_ failed: [(peer: PeerKey, seq: Int64)]) -> PostgresQuery {
        """
        UPDATE outbox o SET type = \(PeerEventType.expired), json = i.json
        FROM unnest(
            \(failed.map(\.peer.value))::bigint[], \(failed.map(\.seq))::bigint[],
            \(failed.map { PeerEventType.expiredJSON(seq: $0.seq) })::bytea[]) AS i(peer, seq, json)
        WHERE o.peer = i.peer AND o.seq = i.seq
        """
    }

    private func insertOutbox(_ rows: [OutboxRow]) -> PostgresQuery {
        """
        INSERT INTO outbox (peer, seq, event, type, sender, receiver, json, created_at)
        SELECT * FROM unnest(
            \(rows.map(\.peer.value))::bigint[], \(rows.map(\.seq))::bigint[], \(rows.map(\.event))::uuid[],
            \(rows.map(\.type))::text[], \(rows.map(\.sender.value))::bigint[], \(rows.map(\.receiver?.value))::bigint[],
            \(rows.map(\.json))::bytea[], \(rows.map(\.createdAt))::timestamptz[])
        """
    }

    private func upsertInbound(_ batch: Batch) -> PostgresQuery {
        let peers = batch.touchedInbound.sorted()
        let positions = peers.compactMap { batch.inbound[$0] }
        return """
            INSERT INTO inbound_links (peer, epoch, last, last_event)
            SELECT * FROM unnest(
                \(peers.map(\.value))::bigint[], \(positions.map(\.epoch))::text[], \(positions.map(\.last))::bigint[],
                \(positions.map(\.lastEvent))::uuid[])
            ON CONFLICT (peer) DO UPDATE
            SET epoch = EXCLUDED.epoch, last = EXCLUDED.last, last_event = EXCLUDED.last_event
            """
    }

    private func insertDeadLetters(_ letters: [DeadLetter]) -> PostgresQuery {
        """
        INSERT INTO dead_letters (direction, peer, epoch, seq, event, type, code, json, created_at)
        SELECT * FROM unnest(
            \(letters.map(\.direction.rawValue))::text[], \(letters.map(\.peer.value))::bigint[],
            \(letters.map(\.epoch))::text[], \(letters.map(\.seq))::bigint[], \(letters.map(\.event))::uuid[],
            \(letters.map(\.type))::text[], \(letters.map(\.code))::text[], \(letters.map(\.json))::bytea[],
            \(letters.map(\.createdAt))::timestamptz[])
        ON CONFLICT (direction, peer, epoch, seq) DO NOTHING
        """
    }

    private func updateShown(_ batch: Batch) -> PostgresQuery {
        let users = batch.touchedShown.sorted()
        let shown = users.compactMap { batch.shown[$0] }
        return """
            UPDATE accounts a SET invisible = i.invisible, show_last_seen = i.show_last_seen
            FROM unnest(
                \(users.map(\.value))::bigint[], \(shown.map(\.isInvisible))::boolean[],
                \(shown.map(\.showsLastSeen))::boolean[]) AS i(key, invisible, show_last_seen)
            WHERE a.key = i.key
            """
    }
}
