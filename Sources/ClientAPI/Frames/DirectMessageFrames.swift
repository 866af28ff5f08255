import Home
import Wire

/// `new-private-message`, to the receiver, and `private-message-sent`, to the author's other sessions.
struct DirectMessageFrame: JSONWritable {
    enum Kind: String {
        case received = "new-private-message"
        case sent = "private-message-sent"
    }

    let kind: Kind
    let message: DirectMessage

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("type", kind.rawValue)
        json.field("message_id", message.id)
        json.field("conversation_id", message.conversationID)
        json.field("seq", message.seq)
        json.field("from_user_id", message.author)
        json.field("from_username", message.author.local)
        json.field("receiver_id", message.receiver)
        json.field("message", message.text)
        json.field("timestamp", message.timestamp)
        json.field("reply_to", message.replyTo)
        // The nonce is the author's: only his own sessions see it.
        if kind == .sent { json.field("nonce", message.nonce) }
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
        json.field("server", report.server)
        json.field("state", report.state.rawValue)
        json.field("reason", report.reason)
        json.endObject()
    }
}
