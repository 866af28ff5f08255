import HTTPTypes
import Home
import Hummingbird
import NIOCore
import Wire

/// One request with all that a route needs to answer it, whether a client of ours sent it or a peer carried it here; made by `addHTTPRoutes`
/// and by `AnswerCarriedCall`, and handed to the route's function.
struct HTTPCall: Sendable {
    /// Who asks, as far as the request says.
    enum Sender: Sendable {
        /// A client of ours at this address, which shows a token or a cookie.
        case client(SocketAddress?)
        /// A peer's user, for whom his homeserver speaks.
        case peersUser(Account)
    }

    /// What a client is told to wait when it heeded none of the answers before.
    static let abuseWait = Duration.seconds(30)

    /// The path of the route, as the table has it.
    let pattern: String
    let method: HTTPRequest.Method
    /// As it stands in the request line.
    let path: String
    let queryText: String?
    let headers: HTTPFields
    let content: HTTPContent
    let sender: Sender
    let home: Home
    let settings: ClientAPISettings
    let rateLimits: RateLimits

    // MARK: Who asks

    /// The session whose token or cookie the request carries.
    func authenticate() async throws -> Login {
        let token = try SessionCredentials.token(of: self, allowedOrigins: settings.allowedOrigins)
        return try await home.authenticate(token: token)
    }

    /// Who acts: the session's user, or the peer's user for whom the request was carried here.
    func account() async throws -> Account {
        switch sender {
        case .client: try await authenticate().account
        case .peersUser(let account): account
        }
    }

    /// What is meant by an address without a domain: the caller's homeserver, wherever he is answered.
    var domain: ServerName {
        switch sender {
        case .client: home.server
        case .peersUser(let account): account.id.server
        }
    }

    /// Takes one of the user's commands, which he has together for HTTP and his sockets; or one of another kind.
    func countCommand(of account: Account, as rate: RateClass = .command) throws(HomeError) {
        switch rateLimits.admit(account.key, rate, at: home.time.monotonic()) {
        case .admitted: return
        case .refused(let retryAfter): throw .rateLimited(retryAfter: retryAfter)
        case .abuse: throw .rateLimited(retryAfter: HTTPCall.abuseWait)
        }
    }

    /// Who asks, for the brute-force limits and the list of sessions.
    var client: ClientOrigin {
        guard case .client(let peer) = sender else { preconditionFailure("no route of the open ones is carried") }
        let address = ClientAddress.text(peer: peer, headers: headers, trustedProxies: settings.trustedProxies)
        return ClientOrigin(address: address, label: headers[.userAgent])
    }

    // MARK: Path and query

    /// The query string, which never reaches a log.
    func query() throws(FieldError) -> HTTPQuery {
        try HTTPQuery(queryText)
    }

    func pathText(_ name: String) throws(FieldError) -> String {
        guard let raw = pathSegment(name), let text = PercentEncoding.decode(raw.utf8) else {
            throw FieldError(field: name, problem: "is not valid percent-encoded UTF-8")
        }
        return text
    }

    func pathID<Of>(_ name: String) throws(FieldError) -> ID<Of> {
        guard let id = ID<Of>(try pathText(name)) else {
            throw FieldError(field: name, problem: "must be a lower-case UUID")
        }
        return id
    }

    /// A user's address; one's own domain may be left out.
    func pathUser(_ name: String) throws(FieldError) -> UserID {
        guard let user = UserID(try pathText(name), home: domain) else {
            throw FieldError(field: name, problem: "must be an address such as name@server")
        }
        return user
    }

    private func pathSegment(_ name: String) -> Substring? {
        let segments = zip(pattern.split(separator: "/"), path.split(separator: "/"))
        return segments.first { $0.0 == "{\(name)}" }?.1
    }

    // MARK: Body

    /// The JSON object that the body must be: at most `Limits.httpBodyBytes`.
    func body() async throws -> JSONObject {
        guard isDeclaredAsJSON else { throw HTTPRefusal.notDeclaredAsJSON }
        return try HTTPCall.object(of: try await content.bytes())
    }

    /// The same where the request has one; nil where it has none, or none that says to be JSON, which no route looks at.
    func bodyToCarry() async throws -> [UInt8]? {
        guard method != .get, isDeclaredAsJSON else { return nil }
        let bytes = try await content.bytes()
        guard !bytes.isEmpty else { return nil }
        _ = try HTTPCall.object(of: bytes)
        return bytes
    }

    private static func object(of bytes: [UInt8]) throws -> JSONObject {
        let json: JSON
        do {
            json = try JSON.parse(bytes)
        } catch {
            throw HTTPRefusal.notJSON(error)
        }
        guard let object = json.object else { throw HTTPRefusal.notAnObject }
        return object
    }

    private var isDeclaredAsJSON: Bool {
        if case .whole(let bytes) = content { return bytes != nil }
        guard let type = headers[.contentType]?.split(separator: ";").first else { return false }
        return type.filter { $0 != " " && $0 != "\t" }.lowercased() == "application/json"
    }
}
