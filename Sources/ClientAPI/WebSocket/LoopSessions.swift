import NIOCore
import Wire

/// The sessions of one event loop and the streams that lost their socket there, under one timer; lives on its loop.
///
/// The timer runs only while there is something to look after, so that an idle process has none.
final class LoopSessions {
    private struct Waiting {
        let stream: SessionStream
        let since: Duration
    }

    let loop: any EventLoop
    /// Where the sessions' tasks run.
    let executor: LoopExecutor
    private weak var hub: SessionHub?
    private let interval: TimeAmount
    private var sessions: [WebSocketSession] = []
    /// Streams that wait for a resume, in the order in which they began to.
    private var waiting: CircularBuffer<Waiting> = []
    private var timer: RepeatedTask?

    init(loop: any EventLoop, hub: SessionHub, interval: Duration) {
        self.loop = loop
        executor = LoopExecutor(loop: loop)
        self.hub = hub
        self.interval = TimeAmount(interval)
    }

    func add(_ session: WebSocketSession) {
        session.position = sessions.count
        sessions.append(session)
        startTimer()
    }

    /// Takes a session out; the last one moves to its place.
    func remove(_ session: WebSocketSession) {
        let position = session.position
        guard position < sessions.count, sessions[position] === session else { return }
        let last = sessions.removeLast()
        guard last !== session else { return }
        sessions[position] = last
        last.position = position
    }

    /// Looks after a stream without a socket until nobody may resume it any more.
    func keep(_ stream: SessionStream, since: Duration) {
        waiting.append(Waiting(stream: stream, since: since))
        hub?.keep(stream)
        startTimer()
    }

    func recover() {
        for session in sessions { session.recover() }
    }

    /// Closes a share of the sessions because the homeserver stops: one of one is all of them. A few are closed at once.
    func closeSome(share: Int) {
        let open = sessions.filter { !$0.isClosing }
        for session in open.prefix(max(50, (open.count + share - 1) / share)) {
            session.close(.restarting, linger: .seconds(1))
        }
    }

    /// Nothing will be resumed any more.
    func stop() {
        waiting = []
        if sessions.isEmpty { stopTimer() }
    }

    // MARK: Timer

    private func startTimer() {
        guard timer == nil else { return }
        let bound = NIOLoopBound(self, eventLoop: loop)
        timer = loop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in bound.value.sweep() }
    }

    private func stopTimer() {
        timer?.cancel()
        timer = nil
    }

    private func sweep() {
        guard let hub else { return stopTimer() }
        let now = hub.time.monotonic()
        let wallClock = hub.time.now()
        // Backwards, because a session that closes moves the last one to its place.
        for index in sessions.indices.reversed() where index < sessions.count {
            sessions[index].sweep(now: now, wallClock: wallClock)
        }
        while let oldest = waiting.first, now - oldest.since >= Limits.resumeWindow {
            waiting.removeFirst()
            if oldest.stream.expire(detachedSince: oldest.since) { hub.remove(oldest.stream) }
        }
        if sessions.isEmpty, waiting.isEmpty { stopTimer() }
    }
}

@available(*, unavailable)
extension LoopSessions: Sendable {}
