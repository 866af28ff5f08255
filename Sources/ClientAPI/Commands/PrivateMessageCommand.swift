import Home
import Wire

/// `private-message`: a message to a friend, here or on another homeserver.
struct PrivateMessageCommand: Sendable {
    static let command = Command(type: "private-message", rate: .message) { frame, home throws(FieldError) in
        .run(try PrivateMessageCommand(frame, home: home).send)
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

    @Sendable
    private func send(_ context: CommandContext) async throws(HomeError) -> CommandAnswer {
        let receipt = try await context.home.sendDirectMessage(
            to: receiver, text: message, nonce: nonce, replyTo: replyTo, from: context.account, stream: context.stream)
        guard let nonce else { return .nothing }
        return .durable(EventFrame.body(of: AckFrame(nonce: nonce, receipt: receipt)))
    }
}
