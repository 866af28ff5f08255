import Home
import Wire

/// A send with a nonce is durable. It is numbered like an event, so that a resume brings the acks that were lost.
struct AckFrame: JSONWritable {
    let nonce: String
    let receipt: SendReceipt

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("type", "ack")
        json.field("nonce", nonce)
        json.field("message_id", receipt.messageID)
        json.field("conversation_id", receipt.conversationID)
        json.field("seq", receipt.seq)
        json.field("n", receipt.n)
        json.field("timestamp", receipt.timestamp)
        json.field("state", receipt.state.rawValue)
        json.field("duplicate", receipt.duplicate)
        json.endObject()
    }
}

/// The answer to `ping`: where the stream is, so that a client sees when it has lost something.
struct PongFrame: JSONWritable {
    /// The number of the stream's newest durable frame.
    let s: Int64
    let time: Instant

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("type", "pong")
        json.field("s", s)
        json.field("t", time)
        json.endObject()
    }
}

/// A frame of the client was refused and had no effect.
struct ErrorFrame: JSONWritable {
    let error: ClientError
    /// Of the refused frame, when it had one that we would take.
    var nonce: String?
    /// The type of the refused frame.
    var refType: String?

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("type", "error")
        error.writeFields(to: &json)
        json.field("nonce", nonce)
        json.field("ref_type", refType)
        json.endObject()
    }
}
