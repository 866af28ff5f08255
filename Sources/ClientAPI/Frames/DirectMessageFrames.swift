import Home
import Wire

/// `new-private-message`, to the receiver, and `private-message-sent`, to the author's other sessions; also the events of history.
struct DirectMessageFrame: JSONWritable {
    enum Kind: String {
        case received = "new-private-message"
        case sent = "private-message-sent"
    }

    let kind: Kind
    let message: DirectMessage

    init(_ kind: Kind, _ message: DirectMessage) {
        self.kind = kind
        self.message = message
    }

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("type", kind.rawValue)
        message.writeFields(to: &json, isOwn: kind == .sent)
        json.endObject()
    }
}

extension DirectMessage {
    /// What a message looks like wherever one is shown: live, as an event, in history.
    ///
    /// - Parameter isOwn: Whether it is shown to its author: only he sees the nonce and how the message fares on its way.
    func writeFields(to json: inout JSONWriter, isOwn: Bool) {
        json.field("message_id", id)
        json.field("conversation_id", conversationID)
        json.field("seq", seq)
        json.field("n", n)
        json.field("from_user_id", author)
        json.field("from_username", author.local)
        json.field("receiver_id", receiver)
        json.field("message", text)
        json.field("timestamp", timestamp)
        json.field("reply_to", replyTo)
        guard isOwn else { return }
        json.field("nonce", nonce)
        guard let delivery else { return }
        json.key("delivery")
        json.beginObject()
        delivery.writeFields(to: &json)
        json.endObject()
    }
}

/// `delivery`, to the author: how a message for another homeserver fares.
struct DeliveryFrame: JSONWritable {
    let report: DeliveryReport

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("type", "delivery")
        json.field("message_id", report.messageID)
        report.writeFields(to: &json)
        json.endObject()
    }
}

extension DeliveryReport {
    fileprivate func writeFields(to json: inout JSONWriter) {
        json.field("server", server)
        json.field("state", state.rawValue)
        json.field("reason", reason)
    }
}

/// `unread-changed`, to every session of the user who has read, the one that said so included.
struct UnreadChangedFrame: JSONWritable {
    let change: UnreadChange

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("type", "unread-changed")
        json.field("conversation_id", change.conversationID)
        json.field("user_id", change.user)
        json.field("username", change.user.local)
        json.field("read_seq", change.readSeq)
        json.field("unread", change.unread)
        json.field("last_seq", change.lastSeq)
        json.endObject()
    }
}
