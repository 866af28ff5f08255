import Home
import Wire

/// `channel-message`: a message to a channel, for every member who sees it.
struct ChannelMessageCommand: Sendable {
    static let command = Command(type: "channel-message", rate: .message) { frame, home throws(FieldError) in
        .message(.channel(try ChannelMessageCommand(frame, home: home)))
    }

    let message: NewChannelMessage
    var nonce: String? { message.nonce }

    /// Only the form is checked here; what a message may be is the domain's rule.
    init(_ frame: JSONObject, home: ServerName) throws(FieldError) {
        let channel: ConversationID = try frame.id("channel_id")
        let text = try frame.string("message")
        let nonce = try frame.optionalString("nonce")
        let replyTo: MessageID? = try frame.optionalID("reply_to")
        var mentions: [Mention] = []
        for (index, value) in (try frame.optionalArray("mentions", maxCount: Limits.mentions) ?? []).enumerated() {
            guard case .string(let word) = value, let mention = Mention(word, home: home) else {
                throw frame.problem("mentions[\(index)]", "must be everyone, a role's id or an address")
            }
            if !mentions.contains(mention) { mentions.append(mention) }
        }
        // Silently leaving a file out would be worse than saying so.
        guard try frame.optionalArray("attachments")?.isEmpty ?? true else {
            throw frame.problem("attachments", "must be empty: this homeserver does not take files")
        }
        message = NewChannelMessage(channel: channel, text: text, nonce: nonce, replyTo: replyTo, mentions: mentions)
    }

    func answer(_ receipt: ChannelReceipt) -> CommandAnswer {
        guard let nonce else { return .nothing }
        return .durable(EventFrame.body(of: ChannelAckFrame(nonce: nonce, receipt: receipt)))
    }
}
