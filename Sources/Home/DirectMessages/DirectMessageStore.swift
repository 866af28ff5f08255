import Postgres
import Wire

/// The reads of direct conversations.
struct DirectMessageStore: Sendable {
    let database: PostgresClient

    struct Conversation: Sendable {
        let key: Int64
        let id: ConversationID
        let other: UserKey
        let lastSeq: Int64
        let readSeq: Int64
    }

    func conversation(of owner: UserKey, with other: UserKey) async throws(HomeError) -> Conversation? {
        try await conversation(
            """
            SELECT c.key, c.id, r.other, c.last_seq, r.read_seq FROM roster r JOIN conversations c ON c.key = r.conversation
            WHERE r.owner = \(owner.value) AND r.other = \(other.value)
            """)
    }

    /// The conversation with this id, if it is one of the owner's.
    func conversation(_ id: ConversationID, of owner: UserKey) async throws(HomeError) -> Conversation? {
        try await conversation(
            """
            SELECT c.key, c.id, r.other, c.last_seq, r.read_seq FROM conversations c JOIN roster r ON r.conversation = c.key
            WHERE c.id = \(id) AND r.owner = \(owner.value)
            """)
    }

    private func conversation(_ query: PostgresQuery) async throws(HomeError) -> Conversation? {
        do throws(PostgresError) {
            let rows = try await database.query(query)
            guard rows.count > 0 else { return nil }
            return Conversation(
                key: try rows.int64(0, 0), id: try rows.id(0, 1), other: UserKey(try rows.int64(0, 2)),
                lastSeq: try rows.int64(0, 3), readSeq: try rows.int64(0, 4))
        } catch { throw HomeError(error) }
    }

    /// What somebody has not read: how many messages of others stand behind a place. Everything that says `unread` says it with this.
    ///
    /// Messages have dense ordinals, so it is `last_n`, less the ordinal at the place, less one's own messages behind it. It enters the
    /// index of the conversation at the place, so only what is behind it is read. The arguments are SQL.
    static func unread(of reader: String, in conversation: String, behind seq: String) -> String {
        """
        (SELECT count(*) FROM messages m
        WHERE m.conversation = \(conversation) AND m.seq > \(seq) AND m.author <> \(reader))
        """
    }

    static func summariesQuery(of owner: UserKey) -> PostgresQuery {
        let unread = unread(of: "r.owner", in: "r.conversation", behind: "r.read_seq")
        let codePoints = Int64(MessagePreview.codePoints)
        return """
            SELECT c.id, u.address, r.state = 'friends', c.last_seq, r.read_seq, \(unescaped: unread),
                l.id, l.seq, l.author = r.owner, l.text, l.is_cut, l.sent_at
            FROM roster r
            JOIN conversations c ON c.key = r.conversation
            JOIN users u ON u.key = r.other
            LEFT JOIN LATERAL (
                SELECT id, seq, author, left(body, \(codePoints)::int) AS text,
                    char_length(body) > \(codePoints) AS is_cut, sent_at
                FROM messages WHERE conversation = r.conversation ORDER BY seq DESC LIMIT 1
            ) l ON true
            WHERE r.owner = \(owner.value) ORDER BY u.address
            """
    }

    func summaries(of account: Account) async throws(HomeError) -> [DirectSummary] {
        do throws(PostgresError) {
            let rows = try await database.query(Self.summariesQuery(of: account.key))
            var summaries: [DirectSummary] = []
            summaries.reserveCapacity(rows.count)
            for row in 0..<rows.count { summaries.append(try summary(rows, row, account)) }
            return summaries
        } catch { throw HomeError(error) }
    }

    /// A page of messages, ascending by `seq`; the author's own ones with their nonce and what became of them on the way.
    func messages(
        in conversation: Int64, page: HistoryPage, of account: Account
    ) async throws(HomeError) -> [DirectMessage] {
        do throws(PostgresError) {
            let rows = try await database.query(page.query(of: conversation, selecting: Self.columns))
            var messages: [DirectMessage] = []
            messages.reserveCapacity(rows.count)
            for row in 0..<rows.count { messages.append(try message(rows, row, account)) }
            return page.isBackwards ? messages.reversed() : messages
        } catch { throw HomeError(error) }
    }

    /// `delivery` is worked out, not stored: a message is delivered once its outbox number is acknowledged and it is no dead letter.
    private static let columns = """
        m.id, c.id, m.seq, m.n, a.address, b.address, m.body, m.reply_to, m.sent_at, m.nonce, m.author, p.name,
        CASE WHEN m.out_peer IS NULL THEN NULL WHEN d.event IS NOT NULL THEN 'failed'
            WHEN m.out_seq <= l.acked THEN 'delivered' WHEN m.out_seq <= l.delayed_through THEN 'delayed'
            ELSE 'queued' END,
        d.code
        FROM messages m
        JOIN conversations c ON c.key = m.conversation
        JOIN users a ON a.key = m.author
        JOIN users b ON b.key = m.receiver
        LEFT JOIN peers p ON p.key = m.out_peer
        LEFT JOIN outbound_links l ON l.peer = m.out_peer
        LEFT JOIN LATERAL (
            SELECT event, code FROM dead_letters
            WHERE event = m.id AND direction = 'out' AND m.out_peer IS NOT NULL LIMIT 1
        ) d ON true
        """

    private func message(_ rows: PostgresRows, _ row: Int, _ account: Account) throws(PostgresError) -> DirectMessage {
        let id: MessageID = try rows.id(row, 0)
        let isOwn = try rows.int64(row, 10) == account.key.value
        var delivery: DeliveryReport?
        if let text = try rows.optionalText(row, 12), let state = DeliveryReport.State(rawValue: text),
            let name = try rows.optionalText(row, 11), let server = ServerName(name)
        {
            delivery = DeliveryReport(
                messageID: id, server: server, state: state, reason: try rows.optionalText(row, 13))
        }
        return DirectMessage(
            id: id, conversationID: try rows.id(row, 1), seq: try rows.int64(row, 2), n: try rows.int64(row, 3),
            author: try rows.user(row, 4), receiver: try rows.user(row, 5), text: try rows.text(row, 6),
            replyTo: try rows.optionalID(row, 7), timestamp: try rows.instant(row, 8),
            nonce: isOwn ? try rows.optionalText(row, 9) : nil, delivery: delivery)
    }

    private func summary(_ rows: PostgresRows, _ row: Int, _ account: Account) throws(PostgresError) -> DirectSummary {
        let user = try rows.user(row, 1)
        var last: MessagePreview?
        if let id: MessageID = try rows.optionalID(row, 6) {
            last = MessagePreview(
                id: id, seq: try rows.int64(row, 7), author: try rows.bool(row, 8) ? account.id : user,
                text: try rows.text(row, 9), isCut: try rows.bool(row, 10), timestamp: try rows.instant(row, 11))
        }
        return DirectSummary(
            conversationID: try rows.id(row, 0), user: user, state: try rows.bool(row, 2) ? .friends : .none,
            lastSeq: try rows.int64(row, 3), readSeq: try rows.int64(row, 4), unread: try rows.int64(row, 5),
            lastMessage: last)
    }
}

extension HistoryPage {
    /// Whether the rows of `query` come newest first.
    var isBackwards: Bool {
        if case .after = position { false } else { true }
    }

    /// The page of a conversation's messages.
    ///
    /// - Parameter columns: What is selected, with the FROM, in which `messages` is `m`.
    func query(of conversation: Int64, selecting columns: String) -> PostgresQuery {
        let limit = Int64(limit)
        return switch position {
        case .latest:
            """
            SELECT \(unescaped: columns) WHERE m.conversation = \(conversation) ORDER BY m.seq DESC LIMIT \(limit)
            """
        case .before(let seq):
            """
            SELECT \(unescaped: columns) WHERE m.conversation = \(conversation) AND m.seq < \(seq)
            ORDER BY m.seq DESC LIMIT \(limit)
            """
        case .after(let seq):
            """
            SELECT \(unescaped: columns) WHERE m.conversation = \(conversation) AND m.seq > \(seq)
            ORDER BY m.seq LIMIT \(limit)
            """
        }
    }
}
