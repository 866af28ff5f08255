import NIOCore
import NIOPosix
import Synchronization

/// A TCP proxy in front of one homeserver, which can cut a connection just when an answer comes back on it.
///
/// State: `Mutex`. It is also how two homeservers on free ports learn of each other before either has a port.
final class TestProxy: Sendable {
    private struct State {
        var backend: Int?
        var answersToLose = 0
        var lost = 0
        var isDown = false
    }

    let port: Int
    private let state: SharedState
    private let listener: any Channel

    private final class SharedState: Sendable {
        let mutex = Mutex(State())
    }

    static func start() async throws -> TestProxy {
        let state = SharedState()
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { client in connect(client, state) }
            .bind(host: "127.0.0.1", port: 0).get()
        return TestProxy(state: state, listener: listener)
    }

    private init(state: SharedState, listener: any Channel) {
        self.state = state
        self.listener = listener
        port = listener.localAddress?.port ?? 0
    }

    /// Where connections go from now on.
    func forward(to port: Int) {
        state.mutex.withLock { $0.backend = port }
    }

    /// The next so many times that the homeserver says something, the connection is cut instead.
    func loseAnswers(_ count: Int) {
        state.mutex.withLock { $0.answersToLose = count }
    }

    /// Refuses new connections, or accepts them again.
    func setDown(_ isDown: Bool) {
        state.mutex.withLock { $0.isDown = isDown }
    }

    var lost: Int { state.mutex.withLock { $0.lost } }

    func stop() async throws {
        try await listener.close()
    }

    private static func connect(_ client: any Channel, _ state: SharedState) -> EventLoopFuture<Void> {
        guard let port = state.mutex.withLock({ $0.isDown ? nil : $0.backend }) else {
            return client.eventLoop.makeFailedFuture(ChannelError.connectTimeout(.zero))
        }
        return ClientBootstrap(group: client.eventLoop)
            .channelOption(.autoRead, value: false)
            .connect(host: "127.0.0.1", port: port)
            .flatMapThrowing { server in
                try client.pipeline.syncOperations.addHandler(Relay(to: server, admits: { true }))
                try server.pipeline.syncOperations.addHandler(Relay(to: client, admits: { admitsAnswer(state) }))
                try client.syncOptions?.setOption(.autoRead, value: true)
                try server.syncOptions?.setOption(.autoRead, value: true)
            }
    }

    private static func admitsAnswer(_ state: SharedState) -> Bool {
        state.mutex.withLock { state in
            guard state.answersToLose > 0 else { return true }
            state.answersToLose -= 1
            state.lost += 1
            return false
        }
    }
}

/// Passes what it reads to the other channel, or closes both. Its state belongs to their common event loop.
private final class Relay: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let other: any Channel
    private let admits: () -> Bool

    init(to other: any Channel, admits: @escaping () -> Bool) {
        self.other = other
        self.admits = admits
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard admits() else {
            context.close(promise: nil)
            return
        }
        other.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        other.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
