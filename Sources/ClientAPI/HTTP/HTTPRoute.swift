import HTTPTypes
import Home

/// One line of the route table: what is answered to a method on a path, and to whom.
struct HTTPRoute: Sendable {
    /// Answers a request; whatever it throws becomes the error envelope (`HTTPAnswer.init(refusing:)`).
    typealias Handler = @Sendable (HTTPCall) async throws -> HTTPAnswer
    /// The same for a route that needs a session.
    typealias SignedInHandler = @Sendable (HTTPCall, Login) async throws -> HTTPAnswer
    /// The same for a route of communities, which members at other homeservers may use too.
    typealias MemberHandler = @Sendable (HTTPCall, Account) async throws -> HTTPAnswer

    /// Where a route of communities is answered if another homeserver hosts what the request names.
    enum Place: Sendable {
        /// There, and nowhere else: the request is carried.
        case host
        /// Here, from what is kept of it.
        case home
    }

    let method: HTTPRequest.Method
    /// As the documents write it: `/api/v1/friends/{address}`.
    let path: String
    let needsLogin: Bool
    /// Whether a peer may carry such requests here.
    let isForMembers: Bool
    let handle: Handler

    /// A route that anyone may call.
    static func open(_ method: HTTPRequest.Method, _ path: String, _ handle: @escaping Handler) -> HTTPRoute {
        HTTPRoute(method: method, path: path, needsLogin: false, isForMembers: false, handle: handle)
    }

    /// A route of a signed-in user: his session is checked, and his rate limit applied, before anything else is read.
    static func signedIn(
        _ method: HTTPRequest.Method, _ path: String, _ handle: @escaping SignedInHandler
    ) -> HTTPRoute {
        HTTPRoute(method: method, path: path, needsLogin: true, isForMembers: false) { call in
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

    /// A route of communities: as one of a signed-in user, but what is hosted elsewhere is asked for there, and what is hosted here members
    /// at other homeservers may ask for.
    ///
    /// - Parameters:
    ///   - path: One of a community's, a channel's or a link's: the first parameter names it.
    ///   - isMaking: By it something is made that stays.
    static func member(
        _ method: HTTPRequest.Method, _ path: String, at place: Place = .host, making isMaking: Bool = false,
        _ handle: @escaping MemberHandler
    ) -> HTTPRoute {
        HTTPRoute(method: method, path: path, needsLogin: true, isForMembers: true) { call in
            let account = try await call.account()
            try call.countCommand(of: account)
            if isMaking { try call.countCommand(of: account, as: .creation) }
            guard place == .host || !account.isLocal, let host = try await call.host(for: account) else {
                return try await handle(call, account)
            }
            return try await call.carry(to: host, for: account)
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
