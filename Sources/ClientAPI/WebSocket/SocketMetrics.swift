import Home
import Metrics

/// What is counted of all sockets of a listener; a part of `SessionEnvironment`. The counts of commands stand with each command.
final class SocketMetrics: Sendable {
    private let acknowledgements = Timer(label: "ack")
    private let unknownCommands = Counter(label: "commands", dimensions: [("type", "unknown")])
    private let refusals = CountersByValue("command_refusals", by: "code")
    private let closes = CountersByValue("socket_closes", by: "code")

    /// A command of the table, before it is looked at any further.
    func received(_ command: Command) { command.count.increment() }
    func unknownCommand() { unknownCommands.increment() }
    /// A message that was acknowledged so long after it arrived.
    func acknowledged(after took: Duration) { acknowledgements.record(duration: took) }

    func refused(_ error: ClientError) { refusals.increment(error.code.rawValue) }
    func closed(_ code: CloseCode) { closes.increment("\(code.rawValue)") }
}
