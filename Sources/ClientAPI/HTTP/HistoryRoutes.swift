import HTTPTypes
import Home
import Wire

/// What was said: history by number, of a direct conversation and of a channel, and the events of either that fill a hole.
enum HistoryRoutes {
    static let all: [HTTPRoute] = [
        .signedIn(.get, "/api/v1/direct/{address}/messages", directMessages),
        .member(.get, "/api/v1/channels/{id}/messages", at: .home, channelMessages),
        .member(.get, "/api/v1/channels/{id}/events", at: .home, events),
    ]

    private static func directMessages(_ call: HTTPCall, _ login: Login) async throws -> HTTPAnswer {
        let other = try call.pathUser("address")
        let page = try historyPage(try call.query())
        let history = try await call.home.directMessages(with: other, page: page, of: login.account)
        return .object { json in
            json.key("messages")
            json.beginArray()
            for message in history.messages {
                json.beginObject()
                message.writeFields(to: &json, isOwn: message.author == login.account.id)
                json.endObject()
            }
            json.endArray()
            json.field("conversation_id", history.conversationID)
            json.field("last_seq", history.lastSeq)
            json.field("read_seq", history.readSeq)
        }
    }

    private static func channelMessages(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        let channel: ConversationID = try call.pathID("id")
        let page = try historyPage(try call.query())
        let history = try await call.home.channelMessages(in: channel, page: page, of: account)
        return .object { json in
            json.key("messages")
            json.beginArray()
            for message in history.messages {
                json.beginObject()
                message.writeFields(to: &json)
                json.endObject()
            }
            json.endArray()
            json.field("server_id", history.community)
            json.field("channel_id", history.channel)
            json.field("last_seq", history.lastSeq)
            // How far a peer's user has read only his own homeserver knows.
            if account.isLocal { json.field("read_seq", history.readSeq) }
            if history.isStale { json.field("stale", true) }
        }
    }

    private static func events(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        let conversation: ConversationID = try call.pathID("id")
        let query = try call.query()
        guard let after = try query.integer("after", in: 0 ... .max) else {
            throw FieldError(field: "after", problem: "is missing")
        }
        let page = try await call.home.events(
            in: conversation, after: after, limit: try limit(query), of: account)
        return .object { json in
            json.key("events")
            json.beginArray()
            for event in page.events { write(event, for: account, to: &json) }
            json.endArray()
            json.field("conversation_id", page.conversationID)
            json.field("last_seq", page.lastSeq)
        }
    }

    private static func limit(_ query: HTTPQuery) throws(FieldError) -> Int {
        let limit = try query.integer("limit", in: 1...Int64(HistoryPage.maximumLimit))
        return limit.map(Int.init) ?? HistoryPage.defaultLimit
    }

    private static func historyPage(_ query: HTTPQuery) throws(FieldError) -> HistoryPage {
        let before = try query.integer("before", in: 1 ... .max)
        let after = try query.integer("after", in: 0 ... .max)
        let limit = try limit(query)
        switch (before, after) {
        case (nil, nil): return HistoryPage(.latest, limit: limit)
        case (let before?, nil): return HistoryPage(.before(before), limit: limit)
        case (nil, let after?): return HistoryPage(.after(after), limit: limit)
        case (_?, _?): throw FieldError(field: "before", problem: "cannot be combined with after")
        }
    }

    /// An event is the live frame that told of it, without that socket's `s`: a client handles both alike.
    private static func write(_ event: ConversationEvent, for reader: Account, to json: inout JSONWriter) {
        switch event {
        case .message(let message):
            json.value(DirectMessageFrame(message.author == reader.id ? .sent : .received, message))
        case .channelMessage(let message): json.value(ChannelMessageFrame(message: message))
        case .messageDeleted(let deletion): json.value(MessageDeletedFrame(deletion: deletion))
        }
    }
}
