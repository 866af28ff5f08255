/// What a `notifications` stream yields.
package enum PostgresNotification: Sendable, Equatable {
    /// The stream has just begun to listen, again after a lost connection: whatever came in between was missed.
    case resync
    case notify(payload: String)
}

/// One LISTEN on a connection of its own, made again whenever it is lost; behind `PostgresClient.notifications`.
///
/// State: on `PostgresThread`, which is this actor's executor.
actor PostgresListener {
    /// Elements that wait for the reader. When there are more, the oldest go and a `resync` takes their place.
    static let bufferSize = 256

    nonisolated let thread: PostgresThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private let listen: PostgresQuery
    private let configuration: PostgresConfiguration
    private let parameters: PostgresParameters
    private let output: AsyncStream<PostgresNotification>.Continuation
    private var connection: PostgresConnection?
    private var failures = 0
    private var isClosed = false

    init(
        channel: String, configuration: PostgresConfiguration, parameters: PostgresParameters, thread: PostgresThread,
        output: AsyncStream<PostgresNotification>.Continuation
    ) {
        let quoted = channel.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
        self.listen = .once("LISTEN \"\(quoted)\"")
        self.configuration = configuration
        self.parameters = parameters
        self.thread = thread
        self.output = output
    }

    func connect() {
        guard !isClosed else { return }
        let connection = PostgresConnection(thread: thread) { [weak self] event in
            guard let self else { return }
            self.assumeIsolated { $0.handle(event) }
        }
        self.connection = connection
        connection.assumeIsolated { $0.connect(parameters, timeout: configuration.connectTimeout) }
    }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        connection?.assumeIsolated { $0.end(.closed) }
        output.finish()
    }

    private func handle(_ event: PostgresConnection.Event) {
        switch event {
        case .ready:
            let flight = PostgresFlight([listen]) { [weak self] outcome in
                self?.assumeIsolated { $0.didListen(outcome) }
            }
            _ = connection?.assumeIsolated { $0.send(flight) }
        case .notification(_, let payload):
            yield(.notify(payload: payload))
        case .progressed:
            break
        case .ended:
            connection = nil
            guard !isClosed else { return }
            thread.schedule(after: PostgresPool.retryDelay(after: failures)) { [weak self] in
                self?.assumeIsolated { $0.connect() }
            }
            failures += 1
        }
    }

    private func didListen(_ outcome: PostgresFlight.Outcome) {
        guard case .success = outcome else {
            connection?.assumeIsolated { $0.end(.lost) }
            return
        }
        failures = 0
        yield(.resync)
    }

    private func yield(_ notification: PostgresNotification) {
        if case .dropped = output.yield(notification) { output.yield(.resync) }
    }
}

extension PostgresClient {
    /// Listens to a channel until the stream's reader goes away or the client closes. A hint and never the truth: what
    /// was notified while the connection was lost is gone, which is what `resync` says. Needs a running client.
    package func notifications(_ channel: String) -> AsyncStream<PostgresNotification> {
        let (stream, output) = AsyncStream.makeStream(
            of: PostgresNotification.self, bufferingPolicy: .bufferingNewest(PostgresListener.bufferSize))
        guard let parameters = try? PostgresParameters(configuration) else {
            output.finish()
            return stream
        }
        let listener = PostgresListener(
            channel: channel, configuration: configuration, parameters: parameters, thread: thread, output: output)
        let (pool, thread) = (pool, thread)
        output.onTermination = { _ in
            thread.perform {
                listener.assumeIsolated { $0.close() }
                pool.assumeIsolated { $0.remove(listener) }
            }
        }
        let isRunning = thread.perform {
            pool.assumeIsolated { $0.add(listener) { listener.assumeIsolated { $0.close() } } }
            listener.assumeIsolated { $0.connect() }
        }
        if !isRunning { output.finish() }
        return stream
    }
}
