import Home
import Wire

/// `mark-read`: the user has read a conversation, or a channel, up to a number. All his sessions hear `unread-changed`, if that moved anything.
struct MarkReadCommand: Sendable {
    static let command = Command(type: "mark-read", rate: .command) { frame, _ throws(FieldError) in
        .run(try MarkReadCommand(frame).mark)
    }

    private enum Place {
        case direct(ConversationID)
        case channel(ConversationID)
    }

    private let place: Place
    private let seq: Int64

    init(_ frame: JSONObject) throws(FieldError) {
        if let channel: ConversationID = try frame.optionalID("channel_id") {
            guard try frame.optionalString("conversation_id") == nil else {
                throw frame.problem("channel_id", "cannot be combined with conversation_id")
            }
            place = .channel(channel)
        } else {
            place = .direct(try frame.id("conversation_id"))
        }
        seq = try frame.integer("seq", in: 0 ... .max)
    }

    @Sendable
    private func mark(_ context: CommandContext) async throws(HomeError) -> CommandAnswer {
        switch place {
        case .direct(let conversation):
            try await context.home.markRead(conversation, through: seq, of: context.account)
        case .channel(let channel):
            try await context.home.markRead(channel: channel, through: seq, of: context.account)
        }
        return .nothing
    }
}
