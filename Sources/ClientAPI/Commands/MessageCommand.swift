import Home
import Wire

/// A message of either kind: those that wait one behind the other are sent together, in their order.
enum MessageCommand: Sendable {
    case direct(PrivateMessageCommand)
    case channel(ChannelMessageCommand)

    var command: Command {
        switch self {
        case .direct: PrivateMessageCommand.command
        case .channel: ChannelMessageCommand.command
        }
    }

    /// A frame that is a message of the right form; nil leaves it to the way of all frames, which says what is wrong with it.
    static func read(_ bytes: [UInt8], home: ServerName) -> (frame: ClientFrame, command: MessageCommand)? {
        guard let frame = try? ClientFrame(bytes) else { return nil }
        if frame.type == PrivateMessageCommand.command.type {
            return (try? PrivateMessageCommand(frame.object, home: home)).map { (frame, .direct($0)) }
        }
        guard frame.type == ChannelMessageCommand.command.type else { return nil }
        return (try? ChannelMessageCommand(frame.object, home: home)).map { (frame, .channel($0)) }
    }

    /// Sends messages in their order and says what each is answered. Those of one kind that follow each other share a commit.
    static func send(
        _ commands: [MessageCommand], _ context: CommandContext
    ) async -> [Result<CommandAnswer, HomeError>] {
        var answers: [Result<CommandAnswer, HomeError>] = []
        var rest = commands[...]
        while let first = rest.first {
            switch first {
            case .direct:
                let run = rest.prefix { if case .direct = $0 { true } else { false } }
                let direct = run.compactMap { if case .direct(let command) = $0 { command } else { nil } }
                answers += await PrivateMessageCommand.send(direct, context)
                rest = rest.dropFirst(run.count)
            case .channel:
                let run = rest.prefix { if case .channel = $0 { true } else { false } }
                let toChannels = run.compactMap { if case .channel(let command) = $0 { command } else { nil } }
                let receipts = await context.home.sendChannelMessages(
                    toChannels.map(\.message), from: context.account)
                answers += zip(toChannels, receipts).map { command, receipt in receipt.map { command.answer($0) } }
                rest = rest.dropFirst(run.count)
            }
        }
        return answers
    }
}
