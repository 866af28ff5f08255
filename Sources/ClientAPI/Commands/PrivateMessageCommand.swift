import Home
import Wire

/// `private-message`: a message to a friend, here or on another homeserver.
struct PrivateMessageCommand: Sendable {
    static let command = Command(type: "private-message", rate: .message) { frame, home throws(FieldError) in
        .message(.direct(try PrivateMessageCommand(frame, home: home)))
    }

    let receiver: UserID
    let message: String
    let nonce: String?
    let replyTo: MessageID?

    /// Only the form is checked here; what a message may be is the domain's rule.
    init(_ frame: JSONObject, home: ServerName) throws(FieldError) {
        receiver = try frame.userID("receiver_id", home: home)
        message = try frame.string("message")
        nonce = try frame.optionalString("nonce")
        replyTo = try frame.optionalID("reply_to")
        // Silently leaving a file out would be worse than saying so.
        guard try frame.optionalArray("attachments")?.isEmpty ?? true else {
            throw frame.problem("attachments", "must be empty: this homeserver does not take files")
        }
    }

    /// Sends messages in their order and says what each is answered.
    static func send(
        _ commands: [PrivateMessageCommand], _ context: CommandContext
    ) async -> [Result<CommandAnswer, HomeError>] {
        let messages = commands.map { command in
            NewDirectMessage(
                receiver: command.receiver, text: command.message, nonce: command.nonce, replyTo: command.replyTo)
        }
        let receipts = await context.home.sendDirectMessages(messages, from: context.account, stream: context.stream)
        return zip(commands, receipts).map { command, receipt in receipt.map { command.answer($0) } }
    }

    private func answer(_ receipt: SendReceipt) -> CommandAnswer {
        guard let nonce else { return .nothing }
        return .durable(EventFrame.body(of: AckFrame(nonce: nonce, receipt: receipt)))
    }
}
