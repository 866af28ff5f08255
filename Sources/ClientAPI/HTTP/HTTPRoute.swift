import HTTPTypes
import Home

/// One line of the route table: what is answered to a method on a path, and to whom.
struct HTTPRoute: Sendable {
    /// Answers a request; whatever it throws is turned into the error envelope by `AnswerMiddleware`.
    typealias Handler = @Sendable (HTTPCall) async throws -> HTTPAnswer
    /// The same for a route that needs a session.
    typealias SignedInHandler = @Sendable (HTTPCall, Login) async throws -> HTTPAnswer

    let method: HTTPRequest.Method
    /// As the documents write it: `/api/v1/friends/{address}`.
    let path: String
    let needsLogin: Bool
    let handle: Handler

    /// A route that anyone may call.
    static func open(_ method: HTTPRequest.Method, _ path: String, _ handle: @escaping Handler) -> HTTPRoute {
        HTTPRoute(method: method, path: path, needsLogin: false, handle: handle)
    }

    /// A route of a signed-in user: his session is checked, and his rate limit applied, before anything else is read.
    static func signedIn(
        _ method: HTTPRequest.Method, _ path: String, _ handle: @escaping SignedInHandler
    ) -> HTTPRoute {
        HTTPRoute(method: method, path: path, needsLogin: true) { call in
            let login = try await call.authenticate()
            try call.countCommand(of: login.account)
            return try await handle(call, login)
        }
    }

    /// A route of a signed-in user by which something is made that stays.
    static func making(_ path: String, _ handle: @escaping SignedInHandler) -> HTTPRoute {
        signedIn(.post, path) { call, login in
            try call.countCommand(of: login.account, as: .creation)
            return try await handle(call, login)
        }
    }

    /// Whether a request's path, as it stands in the request line, is one of this route.
    func matches(_ requested: some StringProtocol) -> Bool {
        let pattern = path.split(separator: "/")
        let segments = requested.split(separator: "/")
        return pattern.count == segments.count
            && zip(pattern, segments).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }
}
