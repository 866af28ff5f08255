import Home
import Wire

/// What a client starts from: its lists and counters, and the name of the stream that it may resume later.
struct ReadyFrame: JSONWritable {
    let stream: StreamID
    let epoch: String
    let incarnation: String
    let user: UserID
    let state: ReadyState

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("type", "ready")
        json.field("session_id", stream)
        json.field("epoch", epoch)
        json.field("incarnation", incarnation)
        json.key("user")
        json.beginObject()
        json.field("user_id", user)
        json.field("username", user.local)
        state.own.writeFields(to: &json)
        json.endObject()
        json.list("servers", state.communities, { $0.writeSummary(to: &$1) })
        json.list("channels", state.channels, ReadyFrame.channel)
        json.list("direct", state.direct, ReadyFrame.direct)
        json.list("friends", state.friends, { $0.writeFields(to: &$1) })
        json.list("friend_requests", state.friendRequests, ReadyFrame.friendRequest)
        json.list("blocks", state.blocks, ReadyFrame.block)
        json.list("server_invites", state.serverInvites, { $0.writeOffer(to: &$1) })
        json.endObject()
    }

    private static func direct(_ summary: DirectSummary, _ json: inout JSONWriter) {
        json.field("conversation_id", summary.conversationID)
        json.field("user_id", summary.user)
        json.field("username", summary.user.local)
        json.field("state", summary.state.rawValue)
        json.field("last_seq", summary.lastSeq)
        json.field("read_seq", summary.readSeq)
        json.field("unread", summary.unread)
        guard let last = summary.lastMessage else { return }
        json.key("last_message")
        json.beginObject()
        json.field("message_id", last.id)
        json.field("seq", last.seq)
        json.field("from_user_id", last.author)
        json.field("message", last.text)
        if last.isCut { json.field("truncated", true) }
        json.field("timestamp", last.timestamp)
        json.endObject()
    }

    private static func channel(_ summary: ChannelSummary, _ json: inout JSONWriter) {
        json.field("id", summary.id)
        json.field("server_id", summary.community)
        json.field("last_seq", summary.lastSeq)
        json.field("read_seq", summary.readSeq)
        json.field("unread", summary.unread)
        json.field("mentions", summary.mentions)
    }

    private static func block(_ block: Block, _ json: inout JSONWriter) {
        json.field("user_id", block.user)
        json.field("username", block.user.local)
    }

    private static func friendRequest(_ request: FriendRequest, _ json: inout JSONWriter) {
        json.field("request_id", request.id)
        json.field("user_id", request.user)
        json.field("username", request.user.local)
        json.field("direction", request.direction.rawValue)
        json.field("state", request.state.rawValue)
        json.field("timestamp", request.timestamp)
    }
}

extension JSONWriter {
    /// An array of objects, whose fields the closure writes.
    fileprivate mutating func list<Entry>(
        _ key: StaticString, _ entries: [Entry], _ fields: (Entry, inout JSONWriter) -> Void
    ) {
        self.key(key)
        beginArray()
        for entry in entries {
            beginObject()
            fields(entry, &self)
            endObject()
        }
        endArray()
    }
}
