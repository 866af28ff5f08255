import Home
import Wire

/// `new-channel-message`, to every member who sees the channel; also the events of history.
struct ChannelMessageFrame: JSONWritable {
    let message: ChannelMessage

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("type", "new-channel-message")
        message.writeFields(to: &json)
        json.endObject()
    }
}

extension ChannelMessage {
    /// What a message of a channel looks like wherever one is shown; only its author has the nonce in it.
    func writeFields(to json: inout JSONWriter) {
        json.field("server_id", community)
        json.field("channel_id", channel)
        json.field("message_id", id)
        json.field("seq", seq)
        json.field("n", n)
        json.field("from_user_id", author)
        json.field("from_username", author.local)
        json.field("message", text)
        json.field("timestamp", timestamp)
        json.field("reply_to", replyTo)
        if !mentions.isEmpty { json.field("mentions", mentions.map(\.word)) }
        if isDeleted { json.field("deleted", true) }
        json.field("nonce", nonce)
    }
}

/// `message-deleted`, to every member who sees the channel; also an event of history.
struct MessageDeletedFrame: JSONWritable {
    let deletion: MessageDeletion

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("type", "message-deleted")
        json.field("server_id", deletion.community)
        json.field("channel_id", deletion.channel)
        json.field("message_id", deletion.message)
        json.field("message_seq", deletion.messageSeq)
        json.field("seq", deletion.seq)
        json.field("by_user_id", deletion.by)
        json.field("timestamp", deletion.timestamp)
        json.endObject()
    }
}

/// `ack` of a message to a channel.
struct ChannelAckFrame: JSONWritable {
    let nonce: String
    let receipt: ChannelReceipt

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("type", "ack")
        json.field("nonce", nonce)
        json.field("message_id", receipt.messageID)
        json.field("channel_id", receipt.channel)
        if let seq = receipt.seq { json.field("seq", seq) } else { json.null("seq") }
        if let n = receipt.n { json.field("n", n) } else { json.null("n") }
        json.field("timestamp", receipt.timestamp)
        json.field("state", receipt.state.rawValue)
        json.field("duplicate", receipt.duplicate)
        json.endObject()
    }
}

/// `unread-changed` of a channel, to every session of the user who has read, the one that said so included.
struct ChannelUnreadChangedFrame: JSONWritable {
    let change: ChannelUnreadChange

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("type", "unread-changed")
        json.field("server_id", change.community)
        json.field("channel_id", change.channel)
        json.field("read_seq", change.readSeq)
        json.field("unread", change.unread)
        json.field("mentions", change.mentions)
        json.field("last_seq", change.lastSeq)
        json.endObject()
    }
}
