import Hummingbird
import Logging
import NIOCore

/// What Hummingbird makes for each HTTP request of a client; `addHTTPRoutes` and the route of `/ws` read it.
struct ClientRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The connection that the request came on.
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// The other end of the connection: the client, or a proxy in front of us.
    var remoteAddress: SocketAddress? { channel.remoteAddress }
}
