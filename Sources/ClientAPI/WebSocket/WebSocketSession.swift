import Home
import Logging
import NIOCore
import Wire

/// One WebSocket: reads frames, runs commands one at a time, and sends what its stream has for it.
///
/// Its state lives on its event loop: a plain `ChannelHandler`, no lock, no task and no timer of its own while it is idle.
/// `UpgradeChannel` adds it to a channel that has just been upgraded; it is the only handler there. How a session begins
/// stands in `WebSocketSession+Opening.swift`, what it does with commands in `WebSocketSession+Commands.swift`.
final class WebSocketSession: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Phase {
        /// The token is being looked up.
        case authenticating
        /// The client said `resume=1`: nothing is sent before it says what.
        indirect case awaitingResume(Login, deadline: Duration)
        /// The stream gathers events while `ready` is being made.
        case opening(SessionStream)
        case open(SessionStream)
        /// A close frame was sent; the client's is waited for, but no longer than this.
        case closing(until: Duration)
        case closed
    }

    /// How long a client may take to answer a close frame.
    static let closeWait = Duration.seconds(5)
    /// How often the presence of friends is looked at again while it changes under the repetition.
    static let repetitions = 5
    /// About how much goes into one write.
    private static let writeBytes = 65_536

    let environment: SessionEnvironment
    let asksToResume: Bool
    /// Its number since the start of the process; names it in the log.
    let number: UInt64
    var phase = Phase.authenticating
    var intake = CommandIntake()
    /// Where `LoopSessions` keeps it.
    var position = 0
    /// Undecodable frames in a row.
    var undecodable = 0
    /// The user whose sockets this one is counted among.
    var counted: UserKey?
    /// The user who is present through this socket.
    private var present: UserKey?
    /// What authenticates; empty once it has.
    var token: String
    private(set) var context: ChannelHandlerContext?
    private(set) var sessions: LoopSessions?
    private var reader = FrameReader()
    /// The client broke the protocol: where its frames begin is no longer known.
    private var isDeaf = false
    private var isReadHeld = false
    private var needsFlush = false
    private(set) var lastHeard: Duration

    init(environment: SessionEnvironment, token: String, asksToResume: Bool) {
        self.environment = environment
        self.token = token
        self.asksToResume = asksToResume
        number = environment.hub.nextSocketNumber()
        lastHeard = environment.hub.time.monotonic()
    }

    /// How other threads reach this session; on its loop, while it is in a channel.
    var handle: SocketHandle? {
        context.map { SocketHandle(self, loop: $0.eventLoop) }
    }

    var stream: SessionStream? {
        switch phase {
        case .opening(let stream), .open(let stream): stream
        case .authenticating, .awaitingResume, .closing, .closed: nil
        }
    }

    var isClosing: Bool {
        switch phase {
        case .closing, .closed: true
        case .authenticating, .awaitingResume, .opening, .open: false
        }
    }

    // MARK: Channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let hub = environment.hub
        hub.socketOpened()
        let sessions = hub.sessions(on: context.eventLoop, sweepInterval: environment.settings.sweepInterval)
        sessions.add(self)
        self.sessions = sessions
        log("a socket was opened")
        authenticate()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        leave()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A broken connection; the stream waits for the client to come back.
        context.close(promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            // Hummingbird lets a connection stay half open; a WebSocket has no use for that.
            context.close(promise: nil)
        case is ChannelShouldQuiesceEvent:
            guard !isClosing else { return context.close(promise: nil) }
            close(.restarting, linger: .seconds(1))
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func read(context: ChannelHandlerContext) {
        guard intake.wantsMore || isClosing else {
            isReadHeld = true
            return
        }
        context.read()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { flush() }
        context.fireChannelWritabilityChanged()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lastHeard = environment.hub.time.monotonic()
        guard !isDeaf else { return }
        reader.append(unwrapInboundIn(data))
        do {
            while !isDeaf, let input = try reader.next() { receive(input) }
        } catch {
            isDeaf = true
            close(error.code)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        flush()
        context.fireChannelReadComplete()
    }

    private func receive(_ input: FrameReader.Input) {
        if case .close(let code) = input { return receiveClose(code) }
        guard !isClosing else { return }
        switch input {
        case .text(let bytes):
            let frame = CommandIntake.Frame(bytes: bytes, cameAt: lastHeard)
            if let frame = intake.receive(frame) { run(frame) }
        case .binary:
            close(.notText)
        case .ping(let payload):
            guard isAdmitted(.command) else { return }
            write { FrameWriter.pong(payload, to: &$0) }
        case .pong, .close:
            break
        }
    }

    /// RFC 6455 §5.5.1: the first close is answered with the same code, the second ends the connection.
    private func receiveClose(_ code: UInt16?) {
        isDeaf = true
        guard let context else { return }
        if !isClosing {
            flush()
            write { FrameWriter.close(code ?? CloseCode.normal.rawValue, "", to: &$0) }
            context.flush()
            beginClosing(linger: WebSocketSession.closeWait)
        }
        context.close(promise: nil)
    }

    // MARK: Out

    /// Sends what the stream has, as long as the socket takes it; each turn is one write.
    func flush() {
        guard let context else { return }
        if case .open(let stream) = phase {
            var hasMore = true
            while hasMore, context.channel.isWritable {
                var buffer = context.channel.allocator.buffer(capacity: 0)
                hasMore = stream.take(ObjectIdentifier(self), into: &buffer, limit: WebSocketSession.writeBytes)
                guard buffer.readableBytes > 0 else { break }
                needsFlush = false
                context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
            }
        }
        guard needsFlush else { return }
        needsFlush = false
        context.flush()
    }

    /// Writes something that is not the stream's; the next `flush` sends it.
    func write(_ frame: (inout ByteBuffer) -> Void) {
        guard let context else { return }
        var buffer = context.channel.allocator.buffer(capacity: 128)
        frame(&buffer)
        needsFlush = true
        context.write(wrapOutboundOut(buffer), promise: nil)
    }

    /// Answers the client with a whole frame.
    func answer(_ frame: some JSONWritable) {
        guard !isClosing else { return }
        let bytes = JSONWriter.bytes(of: frame)
        guard let stream else { return write { FrameWriter.text(bytes, to: &$0) } }
        // Whoever called flushes when he is done; only a queue that ran over needs an act of its own.
        if let wake = stream.answer(bytes), wake.kind == .tooSlow { close(.slowConsumer) }
    }

    /// Lets the socket be read again once the commands have made room.
    func readOn() {
        guard isReadHeld, intake.wantsMore || isClosing, let context else { return }
        isReadHeld = false
        context.read()
    }

    /// What somebody else learnt may have been missed: the client gets `resync` and a fresh `ready`.
    func recover() {
        guard case .open(let stream) = phase, stream.isBroken else { return }
        environment.hub.remove(stream)
        startAnew(stream.login, because: .recovered)
    }

    // MARK: The end

    /// Sends a close frame and waits for the client's; the stream is left to whoever resumes it.
    func close(_ code: CloseCode, linger: Duration = WebSocketSession.closeWait) {
        guard !isClosing, let context else { return }
        if code == .slowConsumer {
            environment.hub.socketWasTooSlow()
            log(level: .info, "a socket is closed: its frames are not read fast enough")
        }
        if code == .heartbeatLost { disappear(isLost: true) }
        environment.metrics.closed(code)
        log("a socket is closed", ["code": "\(code.rawValue)"])
        flush()
        write { FrameWriter.close(code.rawValue, code.reason, to: &$0) }
        beginClosing(linger: linger)
        needsFlush = false
        context.flush()
        readOn()
    }

    /// The user is there as long as this socket is open: not while a goodbye is waited for.
    func appear(_ user: UserKey) {
        present = user
        environment.home.presence.socketOpened(user)
    }

    private func disappear(isLost: Bool) {
        guard let user = present else { return }
        present = nil
        environment.home.presence.socketClosed(user, isLost: isLost)
    }

    private func beginClosing(linger: Duration) {
        disappear(isLost: false)
        leaveStream()
        intake.close()
        phase = .closing(until: environment.hub.time.monotonic() + linger)
    }

    private func leaveStream() {
        switch phase {
        case .opening(let stream):
            // Its name was never told to anybody.
            environment.hub.remove(stream)
        case .open(let stream):
            let now = environment.hub.time.monotonic()
            if stream.detach(ObjectIdentifier(self), at: now) { sessions?.keep(stream, since: now) }
        case .authenticating, .awaitingResume, .closing, .closed:
            break
        }
    }

    /// The connection is gone.
    private func leave() {
        if case .closed = phase { return }
        disappear(isLost: false)
        leaveStream()
        phase = .closed
        intake.close()
        sessions?.remove(self)
        sessions = nil
        if let counted { environment.hub.leave(counted) }
        counted = nil
        environment.hub.socketClosed()
        log("a socket is gone")
    }

    /// What the loop's timer asks of every session.
    func sweep(now: Duration, wallClock: Instant) {
        switch phase {
        case .closed:
            break
        case .closing(let until):
            if now >= until { context?.close(promise: nil) }
        case .awaitingResume(let login, let deadline):
            if now >= deadline { startAnew(login, because: .timeout) }
        case .open(let stream) where stream.login.expiresAt <= wallClock:
            environment.hub.remove(stream)
            close(.revoked)
        case .authenticating, .opening, .open:
            if now - lastHeard >= Limits.silence { close(.heartbeatLost) }
        }
    }
}

@available(*, unavailable)
extension WebSocketSession: Sendable {}
