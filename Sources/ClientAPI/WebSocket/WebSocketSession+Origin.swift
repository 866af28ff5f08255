import Home
import Logging

/// What a session says in the log, and lets be said by the work that it starts: all of it names the connection.
extension WebSocketSession {
    /// A line for whoever looks into one connection. Most are as many as there are sockets, so of the level debug.
    func log(
        level: Logger.Level = .debug, _ message: Logger.Message, _ metadata: @autoclosure () -> Logger.Metadata = [:]
    ) {
        guard environment.logger.logLevel <= level else { return }
        LogOrigin.$current.withValue(.connection(number)) {
            environment.logger.log(level: level, message, metadata: metadata())
        }
    }

    /// A task of this session, on its loop: what it logs names the connection.
    func task(_ work: @escaping @Sendable () async -> Void) {
        guard let sessions else { return }
        let origin = LogOrigin.connection(number)
        Task(executorPreference: sessions.executor) {
            await LogOrigin.$current.withValue(origin, operation: work)
        }
    }
}
