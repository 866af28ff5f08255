import HTTPTypes
import Home
import Wire

/// What was said: direct history by number, and the events of a conversation that fill a hole.
enum HistoryRoutes {
    static let all: [HTTPRoute] = [
        .signedIn(.get, "/api/v1/direct/{address}/messages", directMessages),
        .signedIn(.get, "/api/v1/channels/{id}/events", events),
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

    private static func events(_ call: HTTPCall, _ login: Login) async throws -> HTTPAnswer {
        let conversation: ConversationID = try call.pathID("id")
        let query = try call.query()
        guard let after = try query.integer("after", in: 0 ... .max) else {
            throw FieldError(field: "after", problem: "is missing")
        }
        let page = try await call.home.events(
            in: conversation, after: after, limit: try limit(query), of: login.account)
        return .object { json in
            json.field("events", page.events.map { frame(of: $0, for: login.account) })
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
    private static func frame(of event: ConversationEvent, for reader: Account) -> DirectMessageFrame {
        switch event {
        case .message(let message): DirectMessageFrame(message.author == reader.id ? .sent : .received, message)
        }
    }
}
