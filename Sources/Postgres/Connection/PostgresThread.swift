import CLibpq
import Glibc
import Synchronization

/// The one thread of a `PostgresClient`: waits with epoll for the sockets of all its connections and is the executor
/// of their actors, so that libpq is never called from elsewhere.
///
/// State: `inbox` under its mutex; everything else belongs to the thread once `start()` has returned.
final class PostgresThread: SerialExecutor, @unchecked Sendable {  // because of the line above
    private enum Work {
        case job(UnownedJob)
        case call(@Sendable () -> Void)
    }

    private struct Inbox {
        var work: [Work] = []
        var isOpen = false
        /// Whether the thread waits in epoll and wants to be woken; saves the write to the eventfd otherwise.
        var isAsleep = false
    }

    private struct Alarm {
        let time: UInt64
        let action: @Sendable () -> Void
    }

    private static let wakeToken: UInt64 = 0

    private let inbox = Mutex(Inbox())
    private let identity = Atomic<UInt>(0)
    private var handle = pthread_t()
    private var epoll: Int32 = -1
    private var wakeup: Int32 = -1
    private var handlers: [UInt64: @Sendable (UInt32) -> Void] = [:]
    private var nextToken = wakeToken + 1
    private var alarms: [Alarm] = []
    private var isStopping = false
    private var onExit: (@Sendable () -> Void)?

    /// Nanoseconds of the monotonic clock when the thread last woke.
    private(set) var now: UInt64 = 0

    // MARK: From any thread

    /// Opens the descriptors and starts the thread. The error is an operator's: no descriptors or threads are left.
    func start() throws(PostgresError) {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        wakeup = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard epoll >= 0, wakeup >= 0 else {
            closeDescriptors()
            throw .connecting(reason: "no file descriptor is left")
        }
        var event = epoll_event()
        // Each write is an edge, so nobody has to read the eventfd empty again.
        event.events = EPOLLIN.rawValue | EPOLLET.rawValue
        event.data.u64 = Self.wakeToken
        epoll_ctl(epoll, EPOLL_CTL_ADD, wakeup, &event)
        now = Self.monotonicNanoseconds()
        inbox.withLock { $0.isOpen = true }

        let context = Unmanaged.passRetained(self)
        let status = pthread_create(
            &handle, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<PostgresThread>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context.toOpaque())
        guard status == 0 else {
            context.release()
            inbox.withLock { $0.isOpen = false }
            closeDescriptors()
            throw .connecting(reason: "no thread could be started")
        }
    }

    /// Runs the call on the thread, soon. False when the thread is not running: then it never will.
    @discardableResult
    func perform(_ call: @escaping @Sendable () -> Void) -> Bool {
        let (isOpen, mustWake) = inbox.withLock { inbox in
            guard inbox.isOpen else { return (false, false) }
            inbox.work.append(.call(call))
            defer { inbox.isAsleep = false }
            return (true, inbox.isAsleep)
        }
        if mustWake { wake() }
        return isOpen
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let (isOpen, mustWake) = inbox.withLock { inbox in
            guard inbox.isOpen else { return (false, false) }
            inbox.work.append(.job(job))
            defer { inbox.isAsleep = false }
            return (true, inbox.isAsleep)
        }
        guard isOpen else {
            preconditionFailure("the client lets nothing reach its actors before the thread runs or after it ended")
        }
        if mustWake { wake() }
    }

    func checkIsolated() {
        precondition(isCurrent, "not on the thread of the PostgreSQL connections")
    }

    func isIsolatingCurrentContext() -> Bool? { isCurrent }

    /// Ends the thread after the work it already has, and waits until it has ended.
    func stop() async {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            let isRunning = perform {
                self.isStopping = true
                self.onExit = { continuation.resume() }
            }
            if !isRunning { continuation.resume() }
        }
        guard identity.exchange(0, ordering: .acquiringAndReleasing) != 0 else { return }
        pthread_join(handle, nil)
    }

    /// The same without waiting, for an owner that is gone.
    func stopUnattended() {
        perform {
            self.isStopping = true
            pthread_detach(pthread_self())
        }
    }

    /// Whether the caller is on the thread.
    var isCurrent: Bool { identity.load(ordering: .relaxed) == UInt(pthread_self()) }

    private func wake() {
        eventfd_write(wakeup, 1)
    }

    // MARK: On the thread only

    /// Calls `handler` with the epoll events of the descriptor until `remove`; the token outlives the descriptor's number.
    func makeToken(_ handler: @escaping @Sendable (UInt32) -> Void) -> UInt64 {
        defer { nextToken += 1 }
        handlers[nextToken] = handler
        return nextToken
    }

    func watch(_ descriptor: Int32, token: UInt64, forWriting: Bool, forReading: Bool = true) {
        var event = epoll_event()
        event.events = (forReading ? EPOLLIN.rawValue : 0) | (forWriting ? EPOLLOUT.rawValue : 0)
        event.data.u64 = token
        if epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event) != 0 {
            epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event)
        }
    }

    func unwatch(_ descriptor: Int32) {
        epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nil)
    }

    func removeToken(_ token: UInt64) { handlers[token] = nil }

    /// Calls `action` once; it cannot be taken back, so it asks by itself whether it still matters.
    func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) {
        alarms.append(Alarm(time: now + delay.clampedNanoseconds, action: action))
    }

    private func run() {
        identity.store(UInt(pthread_self()), ordering: .relaxed)
        clibpq_name_thread("postgres")
        // Signals are for the rest of the process.
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, nil)

        var events = [epoll_event](repeating: epoll_event(), count: 64)
        var work: [Work] = []
        while true {
            let timeout = timeoutBeforeSleep()
            let ready = epoll_wait(epoll, &events, Int32(events.count), timeout)
            now = Self.monotonicNanoseconds()
            for index in 0..<max(0, Int(ready)) { handle(events[index]) }

            inbox.withLock { inbox in
                inbox.isAsleep = false
                swap(&inbox.work, &work)
            }
            for item in work {
                switch item {
                case .call(let call): call()
                case .job(let job): job.runSynchronously(on: asUnownedSerialExecutor())
                }
            }
            work.removeAll(keepingCapacity: true)
            runAlarms()
            if isStopping, closeInbox() { break }
        }
        handlers = [:]
        alarms = []
        closeDescriptors()
        onExit?()
    }

    /// Milliseconds for `epoll_wait`: none when there is work, for ever when there is no alarm.
    private func timeoutBeforeSleep() -> Int32 {
        let hasWork = inbox.withLock { inbox in
            inbox.isAsleep = inbox.work.isEmpty
            return !inbox.work.isEmpty
        }
        if hasWork { return 0 }
        guard let next = alarms.lazy.map(\.time).min() else { return -1 }
        let current = Self.monotonicNanoseconds()
        if next <= current { return 0 }
        return Int32(clamping: (next - current) / 1_000_000 + 1)
    }

    private func handle(_ event: epoll_event) {
        guard event.data.u64 != Self.wakeToken else { return }
        handlers[event.data.u64]?(event.events)
    }

    private func runAlarms() {
        guard alarms.contains(where: { $0.time <= now }) else { return }
        let due = alarms.filter { $0.time <= now }.sorted { $0.time < $1.time }
        alarms.removeAll { $0.time <= now }
        for alarm in due { alarm.action() }
    }

    /// False while there is still work that was accepted.
    private func closeInbox() -> Bool {
        inbox.withLock { inbox in
            guard inbox.work.isEmpty else { return false }
            inbox.isOpen = false
            return true
        }
    }

    private func closeDescriptors() {
        if epoll >= 0 { close(epoll) }
        if wakeup >= 0 { close(wakeup) }
        (epoll, wakeup) = (-1, -1)
    }

    private static func monotonicNanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

extension Duration {
    /// Nanoseconds, at least none and at most 146 years, so that a sum with the clock cannot overflow.
    var clampedNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        guard seconds < Int64.max / 2_000_000_000 else { return UInt64(Int64.max / 2) }
        return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
    }
}
