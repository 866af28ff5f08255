import NIOCore
import NIOHTTP1
import Wire

/// Stands before NIO's upgrade handler and lets it see nothing that it would lose.
///
/// It lives on its connection's event loop, for as long as that speaks HTTP. It closes these traps:
/// - a connection that sends nothing, or sends slowly, has a time limit and hears of a shutdown;
/// - what is not HTTP from the start is answered 400, because Hummingbird's handlers are not there yet;
/// - a request with an `Upgrade` that will not be accepted (h2c, a refused WebSocket) loses that header, because NIO's handler
///   drops the head of such a request;
/// - NIO's HTTP decoder parses nothing more after a request with an `Upgrade`, so such a connection is closed after its answer;
/// - only the first request of a connection can be upgraded: a later one goes to the route of `/ws`, which says so;
/// - what a client sends right behind its handshake passes as bytes, not as HTTP.
final class FirstRequestGate: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    static let name = "first-request-gate"

    private let allowedOrigins: Set<String>
    private let headTime: TimeAmount
    private var deadline: Scheduled<Void>?
    private var isFirst = true
    /// An accepted handshake has gone through; what follows is not HTTP.
    private var isUpgrading = false

    init(settings: ClientAPISettings) {
        allowedOrigins = settings.allowedOrigins
        headTime = TimeAmount(settings.headTime)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: headTime) {
            context.close(promise: nil)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isUpgrading, case .head(var head) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
        let isFirst = isFirst
        self.isFirst = false
        deadline?.cancel()
        deadline = nil
        guard head.headers.contains(name: "Upgrade") else { return context.fireChannelRead(data) }
        if isFirst, isAcceptable(head) {
            isUpgrading = true
            return context.fireChannelRead(data)
        }
        head.headers.remove(name: "Upgrade")
        head.headers.replaceOrAdd(name: "Connection", value: "close")
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent, isFirst {
            // No request is under way, and nobody behind us would close the connection.
            context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard isFirst, error is HTTPParserError else { return context.fireErrorCaught(error) }
        let envelope = JSONWriter.bytes(of: ClientError(.invalid, "this is not HTTP/1.1"))
        let headers: HTTPHeaders = [
            "Content-Type": "application/json", "Content-Length": String(envelope.count), "Connection": "close",
        ]
        let head = HTTPResponseHead(version: .http1_1, status: .badRequest, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: envelope)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.close(promise: nil)
    }

    private func isAcceptable(_ head: HTTPRequestHead) -> Bool {
        guard Handshake.isAsked(by: head), head.version == .http1_1 else { return false }
        let protocols = head.headers[canonicalForm: "Upgrade"]
        let connection = head.headers[canonicalForm: "Connection"]
        guard protocols.count == 1, protocols[0].lowercased() == "websocket",
            connection.contains(where: { $0.lowercased() == "upgrade" })
        else { return false }
        return (try? Handshake(head).check(allowedOrigins: allowedOrigins)) != nil
    }
}

@available(*, unavailable)
extension FirstRequestGate: Sendable {}
