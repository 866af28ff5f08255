import HTTPTypes
import Home
import Hummingbird

/// Every route of the client's HTTP API: the table that the documents are compared with.
enum HTTPRoutes {
    static let all: [HTTPRoute] =
        ServerRoutes.all + AccountRoutes.all + SessionRoutes.all + FriendRoutes.all + FriendRequestRoutes.all
        + BlockRoutes.all + HistoryRoutes.all + CommunityRoutes.all + CommunityChannelRoutes.all + RoleRoutes.all
        + MemberRoutes.all + ModerationRoutes.all + ServerInviteRoutes.all + InviteLinkRoutes.all

    /// The methods that a requested path takes; none when there is no such path. The socket's is `SocketRoute`'s.
    static func methods(of path: String) -> [HTTPRequest.Method] {
        path == Handshake.path ? [.get] : all.filter { $0.matches(path) }.map(\.method)
    }
}

/// Puts the HTTP API on the client listener's router; called once by `ClientAPI` when it is made.
///
/// `rateLimits` are those of the sockets: a user has one allowance for both.
func addHTTPRoutes(
    to router: Router<ClientRequestContext>, home: Home, settings: ClientAPISettings, rateLimits: RateLimits
) {
    router.add(middleware: AnswerMiddleware(time: home.time))
    for route in HTTPRoutes.all {
        router.on(RouterPath(route.path), method: route.method) { request, context in
            let call = HTTPCall(
                pattern: route.path, method: request.method, path: request.uri.path, queryText: request.uri.query,
                headers: request.headers, content: .stream(request.body, on: context.channel),
                sender: .client(context.remoteAddress), home: home, settings: settings, rateLimits: rateLimits)
            return try await route.handle(call).response
        }
    }
}
