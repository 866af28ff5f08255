import Logging
import Metrics
import Synchronization
import Wire

/// The connections of a client: chooses one for each flight, leases them to transactions, replaces those that broke.
///
/// State: on `PostgresThread`, which is this actor's executor. Two queues, together at most `maximumWaiters` long, hold
/// what waits for a connection; the next one fails with `overloaded`.
actor PostgresPool {
    private struct Slot {
        var connection: PostgresConnection?
        var isReady = false
        var lease: PostgresLease?
        /// Attempts that failed since the last success.
        var failures = 0
    }

    /// Flights under way on one connection. More would only make them wait behind each other in the server.
    static let pipelineDepth = 64
    static let firstRetry = Duration.milliseconds(50)
    static let longestRetry = Duration.seconds(5)

    nonisolated let thread: PostgresThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private let configuration: PostgresConfiguration
    private let roundTrips: Metrics.Timer
    private var parameters: PostgresParameters?
    private let logger: Logger
    private var slots: [Slot]
    private var waiting = PostgresQueue<PostgresFlight>()
    private var waitingForLease = PostgresQueue<PostgresFlight>()
    private var isWatching = false
    private var isClosing = false
    private var reconnects = 0
    /// Sent by connections that are gone.
    private var statements = 0
    private var lastRefusal = "no answer"
    private var onStart: (@Sendable (PostgresError?) -> Void)?
    private var onClosed: (@Sendable () -> Void)?
    /// What else lives on the thread (listeners, advisory locks) and must end with the pool.
    private var dependents: [ObjectIdentifier: @Sendable () -> Void] = [:]

    init(_ configuration: PostgresConfiguration, thread: PostgresThread, logger: Logger) {
        self.configuration = configuration
        roundTrips = Timer(
            label: "database_round_trip", dimensions: [("application", configuration.applicationName)])
        self.thread = thread
        self.logger = logger
        self.slots = Array(repeating: Slot(), count: max(1, configuration.connections))
    }

    // MARK: Starting and closing

    /// Connects; calls back once, with nil at the first ready connection or with an error after `connectTimeout`.
    func start(_ parameters: PostgresParameters, _ completion: @escaping @Sendable (PostgresError?) -> Void) {
        self.parameters = parameters
        onStart = completion
        connect(0)
        thread.schedule(after: configuration.connectTimeout) {
            self.assumeIsolated { $0.failToStart() }
        }
    }

    private func failToStart() {
        guard let completion = onStart else { return }
        onStart = nil
        completion(.connecting(reason: lastRefusal))
    }

    /// Lets what was accepted come to its end, then closes all; calls back once. After `queryTimeout` it waits no longer.
    func close(_ completion: @escaping @Sendable () -> Void) {
        onClosed = completion
        isClosing = true
        for dependent in dependents.values { dependent() }
        dependents = [:]
        if !slots.contains(where: \.isReady) { failWaiting(.closed) }
        for flight in waitingForLease.removeAll() { flight.settle(.failure(.closed)) }
        thread.schedule(after: configuration.queryTimeout) {
            self.assumeIsolated { $0.finishClosing(force: true) }
        }
        finishClosing(force: false)
    }

    private func finishClosing(force: Bool) {
        guard isClosing, let completion = onClosed else { return }
        let isBusy =
            !waiting.isEmpty
            || slots.contains { $0.lease != nil || ($0.connection?.load.load(ordering: .relaxed) ?? 0) > 0 }
        guard force || !isBusy else { return }
        onClosed = nil
        failWaiting(.closed)
        for slot in slots { slot.connection?.assumeIsolated { $0.end(.closed) } }
        completion()
    }

    func add(_ dependent: any AnyObject & Sendable, close: @escaping @Sendable () -> Void) {
        if isClosing { return close() }
        dependents[ObjectIdentifier(dependent)] = close
    }

    func remove(_ dependent: any AnyObject & Sendable) { dependents[ObjectIdentifier(dependent)] = nil }

    // MARK: Connections

    private func connect(_ index: Int) {
        guard !isClosing, let parameters, slots[index].connection == nil else { return }
        let connection = PostgresConnection(thread: thread, roundTrips: roundTrips) { [weak self] event in
            guard let self else { return }
            self.assumeIsolated { $0.handle(event, of: index) }
        }
        slots[index].connection = connection
        connection.assumeIsolated { $0.connect(parameters, timeout: configuration.connectTimeout) }
    }

    private func handle(_ event: PostgresConnection.Event, of index: Int) {
        switch event {
        case .ready:
            if slots[index].failures > 0 {
                logger.info("postgres connection is back", metadata: ["connection": "\(index)"])
            }
            slots[index].isReady = true
            slots[index].failures = 0
            if let completion = onStart {
                onStart = nil
                completion(nil)
            }
            for other in slots.indices where slots[other].connection == nil && slots[other].failures == 0 {
                connect(other)
            }
            dispatchWaiting()
        case .progressed:
            if let lease = slots[index].lease, lease.isReleasing { returnConnection(of: index) }
            dispatchWaiting()
            if isClosing { finishClosing(force: false) }
        case .notification:
            break
        case .ended(let cause):
            replace(index, after: cause)
        }
    }

    private func replace(_ index: Int, after cause: PostgresEnd) {
        let wasReady = slots[index].isReady
        statements += slots[index].connection?.sent.load(ordering: .relaxed) ?? 0
        slots[index].connection = nil
        slots[index].isReady = false
        slots[index].lease?.connection = nil
        slots[index].lease = nil
        if isClosing {
            if !slots.contains(where: \.isReady) { failWaiting(.closed) }
            return finishClosing(force: false)
        }
        if case .refused(let reason) = cause { lastRefusal = reason }
        if wasReady { reconnects += 1 }
        let delay = Self.retryDelay(after: slots[index].failures)
        slots[index].failures += 1
        // The first failure is news, the next ones of the same slot are not.
        logger.log(
            level: slots[index].failures > 1 ? .debug : .warning, "postgres connection ended",
            metadata: ["connection": "\(index)", "cause": "\(cause)", "retry-ms": "\(delay.wholeMilliseconds)"])
        thread.schedule(after: delay) { [weak self] in
            self?.assumeIsolated { $0.connect(index) }
        }
        dispatchWaiting()
    }

    /// Doubles with each failure; between half and all of it, so that many clients do not come back together.
    static func retryDelay(after failures: Int) -> Duration {
        let longest = min(longestRetry, firstRetry * (1 << min(failures, 10)))
        return longest * Double.random(in: 0.5...1)
    }

    // MARK: Flights

    func dispatch(_ flight: PostgresFlight) {
        guard !flight.isSettled else { return }
        if let lease = flight.lease, let connection = lease.connection {
            return sendLeased(flight, on: connection)
        }
        guard !isClosing else { return flight.settle(.failure(.closed)) }
        if let lease = flight.lease {
            guard !lease.wasUsed else { return flight.settle(.failure(.connectionLost(mayHaveRun: false))) }
            if waitingForLease.isEmpty, let index = slotToLease() { return sendFirst(flight, lease, on: index) }
        } else if waiting.isEmpty, let connection = leastLoaded() {
            if connection.assumeIsolated({ $0.send(flight) }) { return watch() }
        }
        guard waiting.count + waitingForLease.count < configuration.maximumWaiters else {
            return flight.settle(.failure(.overloaded))
        }
        flight.queuedAt = thread.now
        if flight.lease == nil { waiting.append(flight) } else { waitingForLease.append(flight) }
        watch()
    }

    private func dispatchWaiting() {
        guard !waiting.isEmpty || !waitingForLease.isEmpty else { return }
        while let flight = waitingForLease.first, let lease = flight.lease {
            if flight.isSettled {
                _ = waitingForLease.popFirst()
                continue
            }
            if lease.wasUsed {
                // Its transaction got its connection, or its end, with another flight.
                _ = waitingForLease.popFirst()
                dispatch(flight)
                continue
            }
            guard let index = slotToLease() else { break }
            _ = waitingForLease.popFirst()
            sendFirst(flight, lease, on: index)
        }
        while let flight = waiting.first {
            if flight.isSettled {
                _ = waiting.popFirst()
                continue
            }
            guard let connection = leastLoaded() else { break }
            _ = waiting.popFirst()
            // A connection can break at that moment; then it is no longer among the ready ones.
            if !connection.assumeIsolated({ $0.send(flight) }) { waiting.append(flight) }
        }
    }

    private func leastLoaded() -> PostgresConnection? {
        var best: PostgresConnection?
        var bestLoad = Self.pipelineDepth
        for slot in slots where slot.isReady && slot.lease == nil {
            guard let connection = slot.connection else { continue }
            let load = connection.load.load(ordering: .relaxed)
            if load < bestLoad { (best, bestLoad) = (connection, load) }
        }
        return best
    }

    /// From the other end than shared flights, so that the transactions of one writer find their statements prepared.
    /// Of several connections one is never leased: reads must go on.
    private func slotToLease() -> Int? {
        let leased = slots.count { $0.lease != nil }
        guard leased < max(1, slots.count - 1) else { return nil }
        var best: Int?
        var bestLoad = Int.max
        for index in slots.indices.reversed() where slots[index].isReady && slots[index].lease == nil {
            let load = slots[index].connection?.load.load(ordering: .relaxed) ?? .max
            if load < bestLoad { (best, bestLoad) = (index, load) }
        }
        return best
    }

    private func sendFirst(_ flight: PostgresFlight, _ lease: PostgresLease, on index: Int) {
        guard let connection = slots[index].connection else {
            preconditionFailure("a ready slot has a connection")
        }
        slots[index].lease = lease
        lease.connection = connection
        lease.wasUsed = true
        flight.begins = true
        sendLeased(flight, on: connection)
    }

    private func sendLeased(_ flight: PostgresFlight, on connection: PostgresConnection) {
        if flight.commits { flight.lease?.isReleasing = true }
        if !connection.assumeIsolated({ $0.send(flight) }) {
            flight.settle(.failure(.connectionLost(mayHaveRun: false)))
        }
        watch()
    }

    // MARK: Leases

    /// Ends a transaction that was not committed; its connection is shared again when the server has rolled it back.
    func release(_ lease: PostgresLease) {
        lease.wasUsed = true
        lease.isReleasing = true
        guard let connection = lease.connection else { return }
        if let index = slots.firstIndex(where: { $0.connection === connection }) { returnConnection(of: index) }
        dispatchWaiting()
        if isClosing { finishClosing(force: false) }
    }

    private func returnConnection(of index: Int) {
        guard let connection = slots[index].connection, let lease = slots[index].lease else { return }
        let (isIdle, isOutside) = connection.assumeIsolated { ($0.isIdle, $0.isOutsideTransaction) }
        guard isIdle else { return }
        if isOutside {
            slots[index].lease = nil
            lease.connection = nil
        } else if lease.wasRolledBack {
            connection.assumeIsolated { $0.end(.lost) }
        } else {
            lease.wasRolledBack = true
            _ = connection.assumeIsolated { $0.send(PostgresFlight([PostgresLease.rollback], lease: lease)) }
            watch()
        }
    }

    var metrics: PostgresMetrics {
        PostgresMetrics(
            waiters: waiting.count + waitingForLease.count,
            inFlight: slots.reduce(0) { $0 + ($1.connection?.load.load(ordering: .relaxed) ?? 0) },
            reconnects: reconnects,
            statements: slots.reduce(statements) { $0 + ($1.connection?.sent.load(ordering: .relaxed) ?? 0) })
    }

    // MARK: Time limits

    /// Looks around four times within the time limit as long as anybody waits.
    private func watch() {
        guard !isWatching else { return }
        isWatching = true
        thread.schedule(after: configuration.queryTimeout / 4) { [weak self] in
            self?.assumeIsolated { $0.endOverdue() }
        }
    }

    private func endOverdue() {
        isWatching = false
        let limit = configuration.queryTimeout.clampedNanoseconds
        let now = thread.now
        var isAnyoneWaiting = false
        for slot in slots {
            guard let connection = slot.connection, connection.load.load(ordering: .relaxed) > 0 else { continue }
            isAnyoneWaiting = true
            connection.assumeIsolated { connection in
                if now > connection.lastProgress + limit { connection.end(.timedOut) }
            }
        }
        Self.failOverdue(&waiting, before: now, limit: limit)
        Self.failOverdue(&waitingForLease, before: now, limit: limit)
        if isAnyoneWaiting || !waiting.isEmpty || !waitingForLease.isEmpty { watch() }
    }

    private static func failOverdue(_ queue: inout PostgresQueue<PostgresFlight>, before now: UInt64, limit: UInt64) {
        while let flight = queue.first, flight.isSettled || now > flight.queuedAt + limit {
            _ = queue.popFirst()
            flight.settle(.failure(.timedOut(mayHaveRun: false)))
        }
    }

    private func failWaiting(_ error: PostgresError) {
        for flight in waiting.removeAll() { flight.settle(.failure(error)) }
        for flight in waitingForLease.removeAll() { flight.settle(.failure(error)) }
    }
}
