/// On whose behalf the current task works; the log writes it into every line of that task, whatever part of the program speaks.
/// Bound by the listeners around each request and each command.
///
/// A task that works for many is detached, so that it is not taken for the first of them.
package enum LogOrigin: Sendable, Equatable {
    /// A request over HTTP, of a client or of a peer; the answer's `X-Request-ID` has the same id.
    case request(String)
    /// A client's WebSocket, by its number since the start of the process.
    case connection(UInt64)

    @TaskLocal package static var current: LogOrigin?

    /// The key and the value in a line.
    package var field: (key: String, value: String) {
        switch self {
        case .request(let id): ("request", id)
        case .connection(let number): ("connection", "\(number)")
        }
    }
}
