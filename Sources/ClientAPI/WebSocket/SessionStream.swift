import Home
import NIOCore
import Synchronization
import Wire

/// One resumable stream of frames to one login session (`ready.session_id`): its queue, and the socket that reads it now.
///
/// Its state is behind a `Mutex`: events come from the Writer's thread, answers from tasks, the socket reads on its event loop,
/// and the stream outlives its socket and may go on with one of another loop. The lock is held for a copy, never for a call out.
final class SessionStream: Sendable {
    private enum Reader {
        case socket(SocketHandle)
        /// Nobody, since this (monotonic) time.
        case none(since: Duration)
        /// The stream is over; nothing can resume it.
        case ended
    }

    private struct State {
        var queue = SessionQueue()
        var reader: Reader
        /// The socket knows that there is something to do, so it need not be told again.
        var isWakeUnderWay = false
        var isTooSlow = false
        var isBroken = false
    }

    /// How an attempt to resume ended.
    enum Resumption {
        /// The socket goes on with the stream; the one that had it until now has lost it.
        ///
        /// - hasMissed: There were frames without numbers, which cannot be replayed: what they said has to be said again.
        case resumed(superseded: SocketHandle?, hasMissed: Bool)
        case refused(ResyncFrame.Reason)
    }

    let id: StreamID
    let login: Login
    private let budget: RingBudget
    private let state: Mutex<State>

    init(id: StreamID, login: Login, socket: SocketHandle, budget: RingBudget) {
        self.id = id
        self.login = login
        self.budget = budget
        state = Mutex(State(reader: .socket(socket)))
    }

    deinit {
        budget.change(by: -state.withLock { $0.queue.ringBytes })
    }

    // MARK: In, from any thread

    /// A durable frame without its last brace; it is numbered here and now.
    func send(_ body: [UInt8]) -> SocketWake? {
        state.withLock { state in
            let before = state.queue.ringBytes
            let outcome = state.queue.appendDurable(body, room: budget.room)
            budget.change(by: state.queue.ringBytes - before)
            return SessionStream.wake(&state, outcome)
        }
    }

    /// A whole frame without a number.
    func answer(_ frame: [UInt8]) -> SocketWake? {
        state.withLock { state in
            let outcome = state.queue.appendAnswer(frame)
            return SessionStream.wake(&state, outcome)
        }
    }

    /// A whole frame that a newer one of its kind makes worthless, and that a slow socket never gets.
    func sendEphemeral(_ frame: [UInt8], key: EphemeralKey) -> SocketWake? {
        state.withLock { state in
            let outcome = state.queue.appendEphemeral(frame, key: key)
            return SessionStream.wake(&state, outcome)
        }
    }

    /// Lets a fresh stream begin with these frames.
    func begin(with frames: [[UInt8]]) {
        state.withLock { $0.queue.begin(with: frames) }
    }

    /// Takes the position of a heartbeat and answers the stream's own.
    func confirm(_ s: Int64?) -> Int64 {
        state.withLock { state in
            let before = state.queue.ringBytes
            if let s { state.queue.confirm(s) }
            budget.change(by: state.queue.ringBytes - before)
            return state.queue.last
        }
    }

    private static func wake(_ state: inout State, _ outcome: SessionQueue.Outcome) -> SocketWake? {
        guard case .socket(let socket) = state.reader else { return nil }
        switch outcome {
        case .dropped:
            return nil
        case .overflow:
            guard !state.isTooSlow else { return nil }
            state.isTooSlow = true
            return SocketWake(socket: socket, kind: .tooSlow)
        case .queued:
            guard !state.isWakeUnderWay, state.queue.hasWork else { return nil }
            state.isWakeUnderWay = true
            return SocketWake(socket: socket, kind: .flush)
        }
    }

    // MARK: Out, on the socket's loop

    /// Writes about `limit` bytes of what waits, if it is this socket that reads. True when there is more: then the socket
    /// comes back by itself.
    func take(_ socket: ObjectIdentifier, into buffer: inout ByteBuffer, limit: Int) -> Bool {
        state.withLock { state in
            guard SessionStream.isRead(state, by: socket) else { return false }
            state.queue.take(into: &buffer, limit: limit)
            state.isWakeUnderWay = state.queue.hasWork
            return state.isWakeUnderWay
        }
    }

    // MARK: Sockets come and go

    /// Gives the stream to a new socket of the same login session, if everything after `s` is still here.
    func resume(by socket: SocketHandle, of login: Login, after s: Int64) -> Resumption {
        state.withLock { state in
            guard login.id == self.login.id else { return .refused(.unknownSession) }
            let superseded: SocketHandle?
            switch state.reader {
            case .ended: return .refused(.unknownSession)
            case .socket(let older): superseded = older
            case .none: superseded = nil
            }
            guard !state.isBroken else { return .refused(.recovered) }
            guard s <= state.queue.last else { return .refused(.ahead) }
            guard state.queue.canReplay(after: s) else { return .refused(.tooOld) }
            let hasMissed = state.queue.hasHadEphemeral
            state.queue.replay(after: s) { JSONWriter.bytes(of: ResumedFrame(replayed: $0)) }
            state.reader = .socket(socket)
            state.isWakeUnderWay = true
            state.isTooSlow = false
            return .resumed(superseded: superseded, hasMissed: hasMissed)
        }
    }

    /// The socket is gone. True when the stream is left without one and waits for a resume.
    func detach(_ socket: ObjectIdentifier, at now: Duration) -> Bool {
        state.withLock { state in
            guard SessionStream.isRead(state, by: socket) else { return false }
            state.queue.detach()
            state.reader = .none(since: now)
            return true
        }
    }

    /// Something may be missing from the stream: it cannot be resumed any more, and its socket needs a new one.
    func breakOff() {
        state.withLock { $0.isBroken = true }
    }

    var isBroken: Bool { state.withLock { $0.isBroken } }

    /// Since when nobody has read the stream; nil while somebody does.
    var detachedSince: Duration? {
        state.withLock { state in
            guard case .none(let since) = state.reader else { return nil }
            return since
        }
    }

    /// Ends the stream if it has been without a socket since that time.
    func expire(detachedSince since: Duration) -> Bool {
        state.withLock { state in
            guard case .none(since) = state.reader else { return false }
            state.reader = .ended
            return true
        }
    }

    /// Ends the stream and tells who was reading it.
    @discardableResult
    func end() -> SocketHandle? {
        state.withLock { state in
            defer { state.reader = .ended }
            guard case .socket(let socket) = state.reader else { return nil }
            return socket
        }
    }

    private static func isRead(_ state: State, by socket: ObjectIdentifier) -> Bool {
        guard case .socket(let current) = state.reader else { return false }
        return current.identity == socket
    }
}
