import Home
import Wire

/// `mark-read`: the user has read a conversation up to a number. All his sessions hear `unread-changed`, if that moved anything.
struct MarkReadCommand: Sendable {
    static let command = Command(type: "mark-read", rate: .command) { frame, _ throws(FieldError) in
        .run(try MarkReadCommand(frame).mark)
    }

    let conversation: ConversationID
    let seq: Int64

    init(_ frame: JSONObject) throws(FieldError) {
        conversation = try frame.id("conversation_id")
        seq = try frame.integer("seq", in: 0 ... .max)
    }

    @Sendable
    private func mark(_ context: CommandContext) async throws(HomeError) -> CommandAnswer {
        try await context.home.markRead(conversation, through: seq, of: context.account)
        return .nothing
    }
}
