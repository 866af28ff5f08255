import Logging
import Metrics
import Postgres
import Synchronization
import Wire

/// The one ordered writer of a homeserver: everything that gets a number goes through it.
///
/// State: `Mutex`. What arrives while a commit is under way waits for the next batch, so the cost of a commit is shared under load and nothing
/// waits when there is none. One batch is in flight. After COMMIT all its events go to `Delivery` in order, and only then do the callers
/// resume, so nothing overtakes. At most `maximumWaiting` units wait; beyond that a caller gets `unavailable` at once.
final class Writer: Sendable {
    static let maximumWaiting = 20_000
    static let maximumBatch = 512
    /// How long a batch whose connection was lost is tried again before its callers are told `unavailable`.
    static let retryWindow = Duration.seconds(10)

    private struct State {
        var waiting: [any PendingUnit] = []
        /// Since when the oldest of them waits, by the monotonic clock.
        var waitingSince = Duration.zero
        var isRunning = false
        var isClosed = false
    }

    private let state = Mutex(State())
    private let store: BatchStore
    private let delivery: any Delivery
    private let presence: PresenceBoard
    private let time: any TimeSource
    private let logger = Logger(label: "home.writer")
    private let batchUnits = Recorder(label: "writer_batch_units", aggregate: true)
    private let batchTime = Timer(label: "writer_batch")
    private let waitTime = Timer(label: "writer_wait")
    private let rejections = Counter(label: "writer_rejected")

    init(store: BatchStore, delivery: any Delivery, presence: PresenceBoard, time: any TimeSource) {
        self.store = store
        self.delivery = delivery
        self.presence = presence
        self.time = time
    }

    /// Does a unit in the next batch and returns its answer after COMMIT.
    func submit<Unit: WriteUnit>(_ unit: Unit) async throws(HomeError) -> Unit.Answer {
        let result = await withUnsafeContinuation {
            (continuation: UnsafeContinuation<Result<Unit.Answer, HomeError>, Never>) in
            add([Pending(unit) { continuation.resume(returning: $0) }])
        }
        return try result.get()
    }

    /// Does a unit that is in no hurry: with the next batch there is, or after `patience` in one that is made for it.
    func submit<Unit: WriteUnit>(_ unit: Unit, patience: Duration) async throws(HomeError) -> Unit.Answer {
        let result = await withUnsafeContinuation {
            (continuation: UnsafeContinuation<Result<Unit.Answer, HomeError>, Never>) in
            add([Pending(unit) { continuation.resume(returning: $0) }], patience: patience)
        }
        return try result.get()
    }

    /// Does units in order, in as few batches as they fit, and returns their answers after the last COMMIT.
    func submit<Unit: WriteUnit>(contentsOf units: [Unit]) async -> [Result<Unit.Answer, HomeError>] {
        guard !units.isEmpty else { return [] }
        return await withUnsafeContinuation { continuation in
            let answers = Answers<Unit.Answer>(count: units.count) { continuation.resume(returning: $0) }
            add(units.enumerated().map { index, unit in Pending(unit) { answers.set($0, at: index) } })
        }
    }

    /// How many units wait for the next batch.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Refuses new units; what waits is still done.
    func close() {
        state.withLock { $0.isClosed = true }
    }

    // MARK: - Batches

    private func add(_ units: [any PendingUnit], patience: Duration = .zero) {
        enum Next { case wait, start, startLater, refuse(String) }
        let next: Next = state.withLock { state in
            guard !state.isClosed else { return .refuse("the homeserver is stopping") }
            guard state.waiting.count + units.count <= Self.maximumWaiting else {
                return .refuse("too many writes are waiting")
            }
            if state.waiting.isEmpty { state.waitingSince = time.monotonic() }
            state.waiting.append(contentsOf: units)
            guard !state.isRunning else { return .wait }
            guard patience == .zero else { return .startLater }
            state.isRunning = true
            return .start
        }
        switch next {
        case .wait: return
        case .start: start()
        case .startLater:
            Task.detached {
                try? await Task.sleep(for: patience)
                self.startIfIdle()
            }
        case .refuse(let reason):
            for unit in units { unit.resolve(.unavailable(reason)) }
            for unit in units { unit.resume() }
        }
    }

    /// On the connection's own thread: between its two round trips a batch changes no threads. Detached, because it writes for
    /// many: what its lines in the log say must not name the request that happened to come first.
    private func start() {
        Task.detached(executorPreference: store.database.executor) { await self.run() }
    }

    private func startIfIdle() {
        let mustStart = state.withLock { state in
            guard !state.isRunning, !state.waiting.isEmpty else { return false }
            state.isRunning = true
            return true
        }
        if mustStart { start() }
    }

    private func run() async {
        while let batch = takeBatch() {
            let started = time.monotonic()
            batchUnits.record(batch.count)
            await commit(batch[...])
            batchTime.record(duration: time.monotonic() - started)
            for unit in batch { unit.resume() }
        }
    }

    /// What is left behind by a full batch counts as waiting from then on.
    private func takeBatch() -> [any PendingUnit]? {
        let now = time.monotonic()
        return state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isRunning = false
                return nil
            }
            waitTime.record(duration: now - state.waitingSince)
            state.waitingSince = now
            guard state.waiting.count > Self.maximumBatch else {
                defer { state.waiting = [] }
                return state.waiting
            }
            defer { state.waiting.removeFirst(Self.maximumBatch) }
            return Array(state.waiting.prefix(Self.maximumBatch))
        }
    }

    /// Commits these units; a batch that PostgreSQL rejects is bisected until the bad unit stands alone.
    private func commit(_ units: ArraySlice<any PendingUnit>) async {
        do {
            try await commitWhole(units)
        } catch {
            switch error {
            case .unavailable(let reason):
                for unit in units { unit.resolve(.unavailable(reason)) }
            case .rejected(let reason):
                guard units.count > 1 else { return await reject(units, reason: reason) }
                let middle = units.startIndex + units.count / 2
                await commit(units[..<middle])
                await commit(units[middle...])
            }
        }
    }

    private func reject(_ units: ArraySlice<any PendingUnit>, reason: String) async {
        guard let unit = units.first else { return }
        rejections.increment()
        LogOrigin.$current.withValue(unit.origin) {
            logger.error("the database rejected a write", metadata: ["unit": "\(unit.name)", "reason": "\(reason)"])
        }
        guard unit.replace() else { return unit.resolve(.internal) }
        await commit(units)
    }

    private enum Failure: Error {
        /// PostgreSQL executed it and said no: one of the units is at fault.
        case rejected(String)
        case unavailable(String)
    }

    /// One transaction, tried again while the connection is the trouble; what was minted before the first try keeps it from doubling.
    private func commitWhole(_ units: ArraySlice<any PendingUnit>) async throws(Failure) {
        let deadline = time.monotonic() + Self.retryWindow
        var mayHaveRun = false
        var pause = Duration.milliseconds(20)
        while true {
            do {
                let batch = try await store.commit(now: time.now(), mayHaveRun: mayHaveRun, units: units)
                if mayHaveRun {
                    delivery.recover()
                } else if !batch.mustResync.isEmpty {
                    delivery.resync(batch.mustResync)
                }
                for peer in Set(batch.failedOutbox.map(\.peer)) { delivery.reread(outboxOf: peer) }
                if !batch.outboxEvents.isEmpty { delivery.enqueue(batch.outboxEvents) }
                if !batch.presenceNews.isEmpty { presence.learn(batch.presenceNews) }
                if !batch.events.isEmpty { delivery.deliver(batch.events) }
                return
            } catch {
                switch error.writerClass {
                case .rejected: throw .rejected("\(error)")
                case .transient(let ran): mayHaveRun = mayHaveRun || ran
                case .gone: throw .unavailable("the database is closed")
                }
                guard time.monotonic() < deadline else {
                    logger.error("a write could not be committed", metadata: ["reason": "\(error)"])
                    throw .unavailable("the database is away")
                }
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, .milliseconds(500))
            }
        }
    }
}

/// A unit on its way through the Writer, with the answer that its caller waits for.
protocol PendingUnit: AnyObject, Sendable {
    var name: String { get }
    /// Who asked for it.
    var origin: LogOrigin? { get }
    func declare(_ needs: inout BatchNeeds)
    /// Applies the unit and keeps its answer; a refusal is an answer too.
    func apply(to batch: inout Batch)
    /// Puts the unit's replacement in its place; false when it has none.
    func replace() -> Bool
    func resolve(_ error: HomeError)
    func resume()
}

/// State: the Writer's task, after the unit was handed over; the answer is read once, by `resume`.
private final class Pending<Unit: WriteUnit>: PendingUnit, @unchecked Sendable {
    // @unchecked: only the Writer's one running batch touches it, and batches follow each other.
    private var unit: Unit
    private var result: Result<Unit.Answer, HomeError> = .failure(.internal)
    private let completion: @Sendable (Result<Unit.Answer, HomeError>) -> Void
    let origin = LogOrigin.current

    init(_ unit: Unit, completion: @escaping @Sendable (Result<Unit.Answer, HomeError>) -> Void) {
        self.unit = unit
        self.completion = completion
    }

    var name: String { "\(Unit.self)" }

    func declare(_ needs: inout BatchNeeds) { unit.declare(&needs) }

    func apply(to batch: inout Batch) {
        do throws(HomeError) {
            result = .success(try unit.apply(to: &batch))
        } catch {
            result = .failure(error)
        }
    }

    func replace() -> Bool {
        guard let replacement = unit.replacement else { return false }
        unit = replacement
        return true
    }

    func resolve(_ error: HomeError) { result = .failure(error) }
    func resume() { completion(result) }
}

/// Collects the answers of units that were submitted together. State: the Writer's task.
private final class Answers<Answer: Sendable>: @unchecked Sendable {
    // @unchecked: set only by `PendingUnit.resume`, which the Writer calls one after the other.
    private var answers: [Result<Answer, HomeError>]
    private var missing: Int
    private let completion: @Sendable ([Result<Answer, HomeError>]) -> Void

    init(count: Int, completion: @escaping @Sendable ([Result<Answer, HomeError>]) -> Void) {
        answers = Array(repeating: .failure(.internal), count: count)
        missing = count
        self.completion = completion
    }

    func set(_ answer: Result<Answer, HomeError>, at index: Int) {
        answers[index] = answer
        missing -= 1
        if missing == 0 { completion(answers) }
    }
}
