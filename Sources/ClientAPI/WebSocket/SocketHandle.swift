import NIOCore

/// A session as other threads see it: which event loop to go to, and for what.
struct SocketHandle: Sendable {
    let loop: any EventLoop
    /// Tells one session from another without touching it.
    let identity: ObjectIdentifier
    private let bound: NIOLoopBound<WebSocketSession>

    /// Made on the session's own loop.
    init(_ session: WebSocketSession, loop: any EventLoop) {
        self.loop = loop
        identity = ObjectIdentifier(session)
        bound = NIOLoopBound(session, eventLoop: loop)
    }

    /// The session itself; only on its loop.
    var session: WebSocketSession { bound.value }

    func execute(_ body: @escaping @Sendable (WebSocketSession) -> Void) {
        loop.execute { body(session) }
    }
}

/// What a stream asks of its socket after something was put into its queue.
struct SocketWake: Sendable {
    enum Kind: Sendable {
        /// There is something to send.
        case flush
        /// The queue ran over: close 4011.
        case tooSlow
    }

    let socket: SocketHandle
    let kind: Kind

    /// Does it; only on the socket's loop.
    func carryOut() {
        switch kind {
        case .flush: socket.session.flush()
        case .tooSlow: socket.session.close(.slowConsumer)
        }
    }
}

/// Collects the wakes of one delivery, so that each event loop is gone to once however many sockets it has.
struct SocketWakes {
    private var loops: [(loop: any EventLoop, wakes: [SocketWake])] = []

    mutating func add(_ wake: SocketWake?) {
        guard let wake else { return }
        if let index = loops.firstIndex(where: { $0.loop === wake.socket.loop }) {
            loops[index].wakes.append(wake)
        } else {
            loops.append((wake.socket.loop, [wake]))
        }
    }

    func carryOut() {
        for (loop, wakes) in loops {
            loop.execute {
                for wake in wakes { wake.carryOut() }
            }
        }
    }
}
