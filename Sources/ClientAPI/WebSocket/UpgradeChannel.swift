import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// What becomes of an accepted connection: HTTP as Hummingbird speaks it, or a WebSocket of ours; made by `ClientAPI` for
/// Hummingbird's server.
struct UpgradeChannel: HTTPChannelHandler {
    enum Outcome: Sendable {
        case webSocket
        case http(NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>)
    }

    struct Value: ServerChildChannelValue {
        let channel: any Channel
        let outcome: EventLoopFuture<Outcome>
    }

    /// How long an HTTP connection may be idle.
    private static let idleTime = Duration.seconds(60)
    /// A session's frames are small; what the buffer has grown to it keeps.
    private static let receiveBuffer = AdaptiveRecvByteBufferAllocator(minimum: 256, initial: 512, maximum: 65_536)

    let responder: HTTPChannelHandler.Responder
    let environment: SessionEnvironment

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            try channel.syncOptions?.setOption(.recvAllocator, value: UpgradeChannel.receiveBuffer)
            var pipeline = NIOUpgradableHTTPServerPipelineConfiguration(
                upgradeConfiguration: NIOTypedHTTPServerUpgradeConfiguration<Outcome>(
                    upgraders: [WebSocketUpgrader(environment: environment)],
                    notUpgradingCompletionHandler: { channel in
                        channel.eventLoop.makeCompletedFuture { try UpgradeChannel.makeHTTP(channel, logger) }
                    }))
            // Hummingbird does these.
            pipeline.enablePipelining = false
            pipeline.enableErrorHandling = false
            pipeline.enableResponseHeaderValidation = false
            let outcome = try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(
                configuration: pipeline)
            let upgrader = try channel.pipeline.syncOperations.handler(
                type: NIOTypedHTTPServerUpgradeHandler<Outcome>.self)
            let gate = FirstRequestGate(settings: environment.settings)
            try channel.pipeline.syncOperations.addHandler(
                gate, name: FirstRequestGate.name, position: .before(upgrader))
            return Value(channel: channel, outcome: outcome)
        }
    }

    func handle(value: Value, logger: Logger) async {
        do {
            switch try await value.outcome.get() {
            case .webSocket: break
            case .http(let channel): await handleHTTP(asyncChannel: channel, logger: logger)
            }
        } catch {
            // Closed before its first request, or one that is not HTTP.
            value.channel.close(promise: nil)
        }
    }

    /// The handlers that Hummingbird's own HTTP/1 channel has.
    private static func makeHTTP(_ channel: any Channel, _ logger: Logger) throws -> Outcome {
        try channel.pipeline.syncOperations.addHandler(HTTP1ToHTTPServerCodec(secure: false))
        try channel.pipeline.syncOperations.addHandler(
            HTTPConnectionStateHandler(idleTimeout: idleTime, logger: logger))
        return .http(
            try NIOAsyncChannel(
                wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true)))
    }
}
