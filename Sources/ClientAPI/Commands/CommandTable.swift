import Wire

/// Every type that a client may send; `WebSocketSession` looks each frame up here.
enum CommandTable {
    static let commands: [Command] = [
        PrivateMessageCommand.command,
        ChannelMessageCommand.command,
        MarkReadCommand.command,
        StatusUpdateCommand.command,
        PingCommand.command,
        ResumeCommand.command,
        ByeCommand.command,
    ]

    private static let byType: [String: Command] = Dictionary(uniqueKeysWithValues: commands.map { ($0.type, $0) })

    static func command(_ type: String) -> Command? { byType[type] }
}
