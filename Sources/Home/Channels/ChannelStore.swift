import Postgres
import Wire

/// The reads of channels.
struct ChannelStore: Sendable {
    let database: PostgresClient

    /// What somebody has not read of a channel, as a subquery with the columns `unread` and `mentions`: others' messages behind a place that
    /// are not deleted, among the newest there. It looks at so many that it costs no more however long somebody was away, and counts to
    /// `Limits.unreadCounted`. The arguments are SQL; `words` is an array.
    static func unread(
        of reader: String, named words: String, in conversation: String, behind seq: String
    ) -> String {
        """
        (SELECT least(count(*), \(Limits.unreadCounted)) AS unread,
            least(
                count(*) FILTER (WHERE w.mentions IS NOT NULL AND string_to_array(w.mentions, ' ') && \(words)),
                \(Limits.unreadCounted)) AS mentions
        FROM (
            SELECT m.author, m.mentions, m.deleted_at FROM messages m
            WHERE m.conversation = \(conversation) AND m.seq > \(seq)
            ORDER BY m.seq DESC LIMIT \(2 * Limits.unreadCounted)
        ) w
        WHERE w.author <> \(reader) AND w.deleted_at IS NULL)
        """
    }

    /// Where a channel is; nil when there is none with this id.
    func place(of channel: ConversationID) async throws(HomeError) -> CommunityBoard.Place? {
        do throws(PostgresError) {
            let rows = try await database.query(
                """
                SELECT h.community, h.conversation FROM conversations c
                JOIN community_channels h ON h.conversation = c.key WHERE c.id = \(channel)
                """)
            guard rows.count > 0 else { return nil }
            return CommunityBoard.Place(
                community: CommunityKey(try rows.int64(0, 0)), channel: ChannelKey(try rows.int64(0, 1)))
        } catch { throw HomeError(error) }
    }

    /// Copied channels that miss a number, and which homeserver has it. Not those of a community of which all is to be told anew: who may see
    /// what is fetched is known when that has come, and how far it goes.
    ///
    /// - Parameter limit: Of each homeserver.
    func channelsBehind(limit: Int) async throws(HomeError) -> [(host: PeerKey, place: CommunityBoard.Place)] {
        do throws(PostgresError) {
            let rows = try await database.query(
                """
                SELECT host, community, conversation FROM (
                    SELECT m.host, h.community, h.conversation,
                        row_number() OVER (PARTITION BY m.host ORDER BY h.conversation) AS place
                    FROM community_channels h JOIN communities m ON m.key = h.community
                    WHERE h.behind_through IS NOT NULL AND h.deleted_at IS NULL AND m.host IS NOT NULL
                        AND NOT m.is_behind
                ) b WHERE place <= \(Int64(limit))
                """, as: (Int64, Int64, Int64).self)
            return rows.map { host, community, channel in
                (PeerKey(host), CommunityBoard.Place(community: CommunityKey(community), channel: ChannelKey(channel)))
            }
        } catch { throw HomeError(error) }
    }

    /// How far a channel is, and how far somebody has read it.
    struct Position: Sendable {
        let channel: ChannelKey
        let lastSeq: Int64
        let readSeq: Int64
    }

    func positions(of channels: [ChannelKey], for reader: UserKey) async throws(HomeError) -> [Position] {
        let keys = channels.map(\.value)
        guard !keys.isEmpty else { return [] }
        do throws(PostgresError) {
            let rows = try await database.query(
                """
                SELECT c.key, c.last_seq, coalesce(k.read_seq, 0)
                FROM conversations c
                LEFT JOIN channel_markers k ON k.owner = \(reader.value) AND k.conversation = c.key
                WHERE c.key = ANY(\(keys)::bigint[])
                """, as: (Int64, Int64, Int64).self)
            return rows.map { Position(channel: ChannelKey($0.0), lastSeq: $0.1, readSeq: $0.2) }
        } catch { throw HomeError(error) }
    }

    /// Where a reader stands in a channel, all of one moment.
    struct Standing: Sendable {
        let position: Position
        let unread: Int64
        let mentions: Int64
    }

    /// Where a reader stands in channels, each with the words that mention him there.
    func standings(
        in channels: [(channel: ChannelKey, words: String)], for reader: UserKey
    ) async throws(HomeError) -> [Standing] {
        guard !channels.isEmpty else { return [] }
        do throws(PostgresError) {
            let rows = try await database.query(
                Self.standingsQuery(in: channels, for: reader), as: (Int64, Int64, Int64, Int64, Int64).self)
            return rows.map { row in
                Standing(
                    position: Position(channel: ChannelKey(row.0), lastSeq: row.1, readSeq: row.2), unread: row.3,
                    mentions: row.4)
            }
        } catch { throw HomeError(error) }
    }

    static func standingsQuery(
        in channels: [(channel: ChannelKey, words: String)], for reader: UserKey
    ) -> PostgresQuery {
        let keys = channels.map(\.channel.value)
        let words = channels.map(\.words)
        let counts = unread(of: "i.reader", named: "i.words", in: "i.channel", behind: "coalesce(k.read_seq, 0)")
        return """
            SELECT i.channel, c.last_seq, coalesce(k.read_seq, 0), b.unread, b.mentions
            FROM (
                SELECT channel, string_to_array(words, ' ') AS words, \(reader.value)::bigint AS reader
                FROM unnest(\(keys)::bigint[], \(words)::text[]) AS u(channel, words)
            ) i
            JOIN conversations c ON c.key = i.channel
            LEFT JOIN channel_markers k ON k.owner = i.reader AND k.conversation = i.channel
            CROSS JOIN LATERAL \(unescaped: counts) b
            """
    }

    /// A page of messages, ascending by `seq`; the reader's own ones with their nonce.
    func messages(
        in view: ChannelView, page: HistoryPage, of account: Account
    ) async throws(HomeError) -> [ChannelMessage] {
        do throws(PostgresError) {
            let rows = try await database.query(page.query(of: view.channel.key.value, selecting: Self.columns))
            var messages: [ChannelMessage] = []
            messages.reserveCapacity(rows.count)
            for row in 0..<rows.count { messages.append(try message(rows, row, view, account)) }
            return page.isBackwards ? messages.reversed() : messages
        } catch { throw HomeError(error) }
    }

    /// What has a number behind a place beside messages, ascending.
    func deletions(
        in view: ChannelView, after seq: Int64, limit: Int
    ) async throws(HomeError) -> [MessageDeletion] {
        do throws(PostgresError) {
            let rows = try await database.query(
                """
                SELECT e.message, e.seq, u.address, e.at, e.message_seq
                FROM conversation_events e JOIN users u ON u.key = e.actor
                WHERE e.conversation = \(view.channel.key.value) AND e.seq > \(seq) ORDER BY e.seq LIMIT \(Int64(limit))
                """)
            var deletions: [MessageDeletion] = []
            for row in 0..<rows.count {
                deletions.append(
                    MessageDeletion(
                        community: view.community.id, channel: view.channel.id, message: try rows.id(row, 0),
                        messageSeq: try rows.int64(row, 4), seq: try rows.int64(row, 1), by: try rows.user(row, 2),
                        timestamp: try rows.instant(row, 3)))
            }
            return deletions
        } catch { throw HomeError(error) }
    }

    /// What somebody wrote in a channel since a time and before a number, and nobody has deleted, newest first.
    func messages(
        by author: UserKey, in channel: ChannelKey, since instant: Instant, before seq: Int64, limit: Int
    ) async throws(HomeError) -> [(id: MessageID, seq: Int64)] {
        do throws(PostgresError) {
            let rows = try await database.query(
                """
                SELECT m.id, m.seq, m.sent_at, m.deleted_at IS NOT NULL FROM messages m
                WHERE m.conversation = \(channel.value) AND m.author = \(author.value) AND m.receiver IS NULL
                    AND m.seq < \(seq)
                ORDER BY m.seq DESC LIMIT \(Int64(limit))
                """)
            var messages: [(id: MessageID, seq: Int64)] = []
            for row in 0..<rows.count {
                // What is older yet has smaller numbers.
                guard try rows.instant(row, 2) >= instant else { break }
                messages.append((try rows.id(row, 0), try rows.int64(row, 1)))
            }
            return messages
        } catch { throw HomeError(error) }
    }

    /// Deletes how far people had read channels that are gone, at most `chunk` of it.
    func purgeMarkers(chunk: Int) async throws(HomeError) -> Int {
        try await HomeError.mapping { () async throws(PostgresError) in
            try await database.execute(
                """
                DELETE FROM channel_markers WHERE (owner, conversation) IN (
                    SELECT k.owner, k.conversation
                    FROM community_channels h
                    JOIN communities c ON c.key = h.community
                    JOIN channel_markers k ON k.conversation = h.conversation
                    WHERE h.deleted_at IS NOT NULL OR c.deleted_at IS NOT NULL
                    LIMIT \(Int64(chunk))
                )
                """)
        }
    }

    /// Deletes what was said in channels that are gone, at most `chunk` messages; nobody can get at it any more.
    ///
    /// - Returns: How many messages it were.
    func purgeDeleted(chunk: Int) async throws(HomeError) -> Int {
        try await HomeError.mapping { () async throws(PostgresError) in
            try await database.execute(
                """
                DELETE FROM messages WHERE (conversation, seq) IN (
                    SELECT m.conversation, m.seq
                    FROM community_channels h
                    JOIN communities c ON c.key = h.community
                    JOIN messages m ON m.conversation = h.conversation
                    WHERE h.deleted_at IS NOT NULL OR c.deleted_at IS NOT NULL
                    LIMIT \(Int64(chunk))
                )
                """)
        }
    }

    private static let columns = """
        m.id, m.seq, m.n, a.address, m.body, m.reply_to, m.mentions, m.sent_at, m.nonce, m.author,
        m.deleted_at IS NOT NULL
        FROM messages m JOIN users a ON a.key = m.author
        """

    private func message(
        _ rows: PostgresRows, _ row: Int, _ view: ChannelView, _ account: Account
    ) throws(PostgresError) -> ChannelMessage {
        let isOwn = try rows.int64(row, 9) == account.key.value
        return ChannelMessage(
            id: try rows.id(row, 0), community: view.community.id, channel: view.channel.id,
            seq: try rows.int64(row, 1), n: try rows.int64(row, 2), author: try rows.user(row, 3),
            text: try rows.text(row, 4), replyTo: try rows.optionalID(row, 5),
            mentions: Mention.list(try rows.optionalText(row, 6)), timestamp: try rows.instant(row, 7),
            nonce: isOwn ? try rows.optionalText(row, 8) : nil, isDeleted: try rows.bool(row, 10))
    }
}
