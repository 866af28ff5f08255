import NIOCore
import NIOHTTP1
import NIOWebSocket

/// Upgrades an accepted request: NIO computes the answer of the handshake, and our session becomes the only handler.
struct WebSocketUpgrader: NIOTypedHTTPServerProtocolUpgrader {
    typealias UpgradeResult = UpgradeChannel.Outcome

    let environment: SessionEnvironment
    let supportedProtocol = "websocket"
    let requiredUpgradeHeaders: [String] = []

    func buildUpgradeResponse(
        channel: any Channel, upgradeRequest: HTTPRequestHead, initialResponseHeaders: HTTPHeaders
    ) -> EventLoopFuture<HTTPHeaders> {
        WebSocketUpgrader.handshake.buildUpgradeResponse(
            channel: channel, upgradeRequest: upgradeRequest, initialResponseHeaders: initialResponseHeaders)
    }

    func upgrade(channel: any Channel, upgradeRequest: HTTPRequestHead) -> EventLoopFuture<UpgradeChannel.Outcome> {
        channel.eventLoop.makeCompletedFuture {
            channel.pipeline.syncOperations.removeHandler(name: FirstRequestGate.name, promise: nil)
            let credentials = try Handshake(upgradeRequest).check(allowedOrigins: environment.settings.allowedOrigins)
            let session = WebSocketSession(
                environment: environment, token: credentials.token, asksToResume: credentials.asksToResume)
            try channel.pipeline.syncOperations.addHandler(session)
            return .webSocket
        }
    }

    /// Only its `Sec-WebSocket-Accept` is wanted; `FirstRequestGate` has checked all else.
    private static let handshake = NIOTypedWebSocketServerUpgrader<UpgradeChannel.Outcome>(
        shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
        upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededFuture(.webSocket) })
}
