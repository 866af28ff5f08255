import Home
import Metrics
import Wire

/// One line of `CommandTable`: what a client's frame of this type costs and how it is read.
struct Command: Sendable {
    let type: String
    let rate: RateClass
    /// Reads the frame's fields. `home` is the domain that may be left out of addresses.
    let decode: @Sendable (_ frame: JSONObject, _ home: ServerName) throws(FieldError) -> CommandAction
    /// How many of this type there were.
    let count: Counter

    init(
        type: String, rate: RateClass,
        decode: @escaping @Sendable (_ frame: JSONObject, _ home: ServerName) throws(FieldError) -> CommandAction
    ) {
        self.type = type
        self.rate = rate
        self.decode = decode
        count = Counter(label: "commands", dimensions: [("type", type)])
    }
}

/// What a decoded command asks of `WebSocketSession`.
enum CommandAction: Sendable {
    /// A use case: it runs in a task of its own, and the next frame waits until it is done.
    case run(@Sendable (CommandContext) async throws(HomeError) -> CommandAnswer)
    /// Runs in the same way, together with the messages that wait right behind it.
    case message(MessageCommand)
    case ping(PingCommand)
    case resume(ResumeCommand)
    case bye
}

/// Who asks, and through what; the acting user is always the session's, never a field's.
struct CommandContext: Sendable {
    let home: Home
    let account: Account
    let stream: StreamID
}

/// What a use case answers to the socket that asked.
enum CommandAnswer: Sendable {
    case nothing
    /// A frame without its last brace, to be numbered and kept for `resume`.
    case durable([UInt8])
}
