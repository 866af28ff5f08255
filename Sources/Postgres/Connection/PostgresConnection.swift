import CLibpq
import Glibc
import Metrics
import Synchronization

/// One session with PostgreSQL, from connecting to its end; never used again after that. Made by the pool, listeners and
/// advisory locks. Flights are pipelined: each goes out at once, answers come back in the same order.
///
/// State: on `PostgresThread`, which is this actor's executor.
actor PostgresConnection {
    enum Event: Sendable {
        case ready
        /// Answers came: there may be room for more flights now.
        case progressed
        case notification(channel: String, payload: String)
        /// The last event. Everything in flight has been told.
        case ended(PostgresEnd)
    }

    enum State { case connecting, ready, ended }

    nonisolated let thread: PostgresThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
    /// How many flights are under way; read by the pool's choice and by metrics.
    nonisolated let load = Atomic<Int>(0)
    /// How many statements it has sent.
    nonisolated let sent = Atomic<Int>(0)

    private let onEvent: @Sendable (Event) -> Void
    private let roundTrips: Metrics.Timer?
    private(set) var state = State.connecting
    private(set) var lastProgress: UInt64
    private var connection: OpaquePointer?
    private var descriptor: Int32 = -1
    private var token: UInt64 = 0
    private var waitsToWrite = false
    private var inFlight = PostgresQueue<PostgresFlight>()
    private var statements = PostgresStatements()
    private var evicted: [String] = []
    private var arguments = PostgresArguments()

    /// `onEvent` is called on the thread; `roundTrips` is told how long each flight was under way.
    init(
        thread: PostgresThread, roundTrips: Metrics.Timer? = nil, onEvent: @escaping @Sendable (Event) -> Void
    ) {
        self.thread = thread
        self.roundTrips = roundTrips
        self.onEvent = onEvent
        self.lastProgress = thread.now
    }

    // MARK: Connecting

    /// Begins to connect; `ready` or `ended` follows, the latter at once when libpq refuses, or after `timeout`.
    func connect(_ parameters: PostgresParameters, timeout: Duration) {
        guard let connection = parameters.start() else { return end(.refused("no memory is left")) }
        self.connection = connection
        // Notices would go to stderr otherwise.
        PQsetNoticeReceiver(connection, { _, _ in }, nil)
        guard PQstatus(connection) != CONNECTION_BAD else { return end(.refused(errorMessage)) }
        token = thread.makeToken { [weak self] events in
            guard let self else { return }
            self.assumeIsolated { $0.handle(events) }
        }
        thread.schedule(after: timeout) { [weak self] in
            self?.assumeIsolated { connection in
                if connection.state == .connecting { connection.end(.refused("no answer within \(timeout)")) }
            }
        }
        awaitConnecting(PGRES_POLLING_WRITING)
    }

    private func handle(_ events: UInt32) {
        switch state {
        case .connecting: pollConnecting()
        case .ready: transfer()
        case .ended: break
        }
    }

    private func pollConnecting() {
        // libpq may close the socket in this call and open another one under the same number.
        switch PQconnectPoll(connection) {
        case PGRES_POLLING_OK: becomeReady()
        case PGRES_POLLING_FAILED: end(.refused(errorMessage))
        case let next: awaitConnecting(next)
        }
    }

    private func awaitConnecting(_ next: PostgresPollingStatusType) {
        let current = PQsocket(connection)
        guard current >= 0 else { return end(.refused(errorMessage)) }
        if current != descriptor, descriptor >= 0 { thread.unwatch(descriptor) }
        descriptor = current
        let writes = next == PGRES_POLLING_WRITING
        thread.watch(descriptor, token: token, forWriting: writes, forReading: !writes)
    }

    private func becomeReady() {
        descriptor = PQsocket(connection)
        guard PQsetnonblocking(connection, 1) == 0, PQenterPipelineMode(connection) == 1 else {
            return end(.refused(errorMessage))
        }
        state = .ready
        lastProgress = thread.now
        thread.watch(descriptor, token: token, forWriting: false)
        onEvent(.ready)
    }

    private var errorMessage: String {
        guard let connection, let text = PQerrorMessage(connection) else { return "no reason given" }
        let lines = String(cString: text).split(separator: "\n").map { $0.drop { $0 == " " || $0 == "\t" } }
        return lines.isEmpty ? "no reason given" : lines.joined(separator: "; ")
    }

    // MARK: Sending

    /// Writes the flight behind those under way. False when this connection is not ready: then nothing was sent.
    func send(_ flight: PostgresFlight) -> Bool {
        if !evicted.isEmpty, flight.lease == nil { dropEvicted() }
        guard state == .ready, let connection else { return false }
        if inFlight.isEmpty { lastProgress = thread.now }
        inFlight.append(flight)
        flight.sentAt = thread.now
        load.wrappingAdd(1, ordering: .relaxed)
        sent.wrappingAdd(flight.statementCount, ordering: .relaxed)
        for index in 0..<flight.statementCount {
            guard write(flight.statement(index), at: index, of: flight, to: connection) else {
                end(.lost)
                return true
            }
        }
        // In libpq 15 this also flushes: one system call for the flight.
        guard PQpipelineSync(connection) == 1 else {
            end(.lost)
            return true
        }
        flush()
        return true
    }

    private func write(
        _ query: PostgresQuery, at index: Int, of flight: PostgresFlight, to connection: OpaquePointer
    ) -> Bool {
        guard query.isPrepared else { return arguments.send(query, name: nil, on: connection) == 1 }
        if let known = statements.find(query) {
            let fits = known.isReady && known.types.elementsEqual(query.binds.slots.lazy.map(\.type))
            return arguments.send(query, name: fits ? known.name : nil, on: connection) == 1
        }
        let (statement, evicted) = statements.add(query)
        if let evicted { self.evicted.append(evicted.name) }
        flight.preparations.append((index, statement))
        return arguments.prepare(query, name: statement.name, on: connection) == 1
            && arguments.send(query, name: statement.name, on: connection) == 1
    }

    /// Tells the server to forget statements that had to make room. Not inside a transaction, which an error would end.
    private func dropEvicted() {
        let flight = PostgresFlight(evicted.map { .once("DEALLOCATE \($0)") })
        evicted = []
        _ = send(flight)
    }

    /// libpq must be let write and read by turns: the server may not read on before we have read its answers.
    private func flush() {
        let status = PQflush(connection)
        guard status >= 0 else { return end(.lost) }
        let mustWait = status == 1
        guard mustWait != waitsToWrite else { return }
        waitsToWrite = mustWait
        thread.watch(descriptor, token: token, forWriting: mustWait)
    }

    // MARK: Receiving

    private func transfer() {
        let isAlive = PQconsumeInput(connection) == 1
        lastProgress = thread.now
        receiveAnswers()
        guard state == .ready else { return }
        receiveNotifications()
        guard isAlive, PQstatus(connection) == CONNECTION_OK else { return end(.lost) }
        flush()
        if state == .ready { onEvent(.progressed) }
    }

    private func receiveAnswers() {
        var emptyAnswers = 0
        while let flight = inFlight.first, PQisBusy(connection) == 0 {
            guard let result = PQgetResult(connection) else {
                // The end of one statement's answer. Before a sync there is at most one such; more mean a dead connection.
                emptyAnswers += 1
                guard emptyAnswers < 3 else { return }
                finishStatement(of: flight)
                continue
            }
            emptyAnswers = 0
            switch PQresultStatus(result) {
            case PGRES_PIPELINE_SYNC:
                PQclear(result)
                _ = inFlight.popFirst()
                load.wrappingSubtract(1, ordering: .relaxed)
                roundTrips?.recordNanoseconds(thread.now - flight.sentAt)
                finish(flight)
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
                accept(result, for: flight)
            case PGRES_PIPELINE_ABORTED:
                PQclear(result)
            case PGRES_FATAL_ERROR:
                if flight.failure == nil {
                    let index = flight.callersIndex(flight.answered)
                    flight.failure = PostgresServerError(result: result, statement: index)
                }
                PQclear(result)
            default:
                // COPY, which has no place in a pipeline.
                PQclear(result)
                return end(.lost)
            }
        }
    }

    private func accept(_ result: OpaquePointer, for flight: PostgresFlight) {
        if let preparation = flight.preparations.first, preparation.before == flight.answered {
            preparation.statement.isReady = true
            PQclear(result)
        } else {
            flight.rows.append(PostgresRows(owning: result))
        }
    }

    private func finishStatement(of flight: PostgresFlight) {
        if let preparation = flight.preparations.first, preparation.before == flight.answered {
            if !preparation.statement.isReady { statements.remove(preparation.statement) }
            flight.preparations.removeFirst()
        } else if flight.answered < flight.statementCount {
            flight.answered += 1
        }
    }

    private func finish(_ flight: PostgresFlight) {
        guard let failure = flight.failure else {
            if flight.begins { flight.rows.removeFirst() }
            if flight.commits, let tag = flight.rows.popLast()?.commandTag, tag != "COMMIT" {
                // PostgreSQL answers a COMMIT after an error with ROLLBACK and calls that a success.
                let earlier = flight.lease?.failure.map { PostgresError.server($0) }
                return flight.settle(.failure(earlier ?? .invalidQuery("the transaction had failed already")))
            }
            return flight.settle(.success(flight.rows))
        }
        for (_, statement) in flight.preparations { statements.remove(statement) }
        if failure.isStaleStatement {
            for query in flight.queries { statements.remove(query) }
            if flight.lease == nil, !flight.wasRetried, !flight.isSettled {
                flight.rewind()
                flight.wasRetried = true
                if send(flight) { return }
            }
        }
        flight.lease?.note(failure)
        flight.settle(.failure(.server(failure)))
    }

    private func receiveNotifications() {
        while let notification = PQnotifies(connection) {
            let channel = String(cString: notification.pointee.relname)
            let payload = String(cString: notification.pointee.extra)
            PQfreemem(notification)
            onEvent(.notification(channel: channel, payload: payload))
        }
    }

    // MARK: Ending

    var isIdle: Bool { inFlight.isEmpty }

    /// Whether the session is outside any transaction, by the server's word with its last answer.
    var isOutsideTransaction: Bool { PQtransactionStatus(connection) == PQTRANS_IDLE }

    /// Closes the session and tells everything in flight: the one place where waiters of a dead connection are resumed.
    func end(_ cause: PostgresEnd) {
        guard state != .ended else { return }
        state = .ended
        thread.removeToken(token)
        if let connection {
            // Also before PQfinish closes it, because a forked child could keep the socket alive.
            if descriptor >= 0 { thread.unwatch(descriptor) }
            PQfinish(connection)
        }
        connection = nil
        for flight in inFlight.removeAll() {
            flight.settle(.failure(cause.error(mayHaveRun: flight.mayHaveRun)))
        }
        load.store(0, ordering: .relaxed)
        onEvent(.ended(cause))
    }
}

/// Why a connection ended, as its owner is told.
enum PostgresEnd: Sendable, CustomStringConvertible {
    case lost, timedOut, closed
    /// It never became ready; with libpq's reason.
    case refused(String)

    func error(mayHaveRun: Bool) -> PostgresError {
        switch self {
        case .lost, .refused: .connectionLost(mayHaveRun: mayHaveRun)
        case .timedOut: .timedOut(mayHaveRun: mayHaveRun)
        case .closed: .connectionLost(mayHaveRun: mayHaveRun)
        }
    }

    var description: String {
        switch self {
        case .lost: "lost"
        case .timedOut: "timed out"
        case .closed: "closed"
        case .refused(let reason): "refused: \(reason)"
        }
    }
}
