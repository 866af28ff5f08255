import HTTPTypes
import Home
import Hummingbird
import NIOCore
import NIOHTTP1
import Wire

/// One request with all that a route needs to answer it; made by `addHTTPRoutes` and handed to the route's function.
struct HTTPCall: Sendable {
    /// How long a client may take to send its body; then the connection is closed.
    static let bodyTime = TimeAmount.seconds(10)
    /// What a client is told to wait when it heeded none of the answers before.
    static let abuseWait = Duration.seconds(30)

    let request: Request
    let context: ClientRequestContext
    let home: Home
    let settings: ClientAPISettings
    let rateLimits: RateLimits

    /// The session whose token or cookie the request carries.
    func authenticate() async throws -> Login {
        let token = try SessionCredentials.token(of: request, allowedOrigins: settings.allowedOrigins)
        return try await home.authenticate(token: token)
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
        let address = ClientAddress.text(
            peer: context.remoteAddress, headers: request.headers, trustedProxies: settings.trustedProxies)
        return ClientOrigin(address: address, label: request.headers[.userAgent])
    }

    /// The query string, which never reaches a log.
    func query() throws(FieldError) -> HTTPQuery {
        try HTTPQuery(request.uri.query)
    }

    // MARK: Path

    func pathText(_ name: String) throws(FieldError) -> String {
        guard let raw = context.parameters.get(name), let text = PercentEncoding.decode(raw.utf8) else {
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
        guard let user = UserID(try pathText(name), home: home.server) else {
            throw FieldError(field: name, problem: "must be an address such as name@server")
        }
        return user
    }

    // MARK: Body

    /// The JSON object that the body must be: at most `Limits.httpBodyBytes`, read within `bodyTime`.
    func body() async throws -> JSONObject {
        guard isDeclaredAsJSON else { throw HTTPRefusal.notDeclaredAsJSON }
        let bytes = try await collect()
        let json: JSON
        do {
            json = try JSON.parse(bytes.readableBytesView)
        } catch {
            throw HTTPRefusal.notJSON(error)
        }
        guard let object = json.object else { throw HTTPRefusal.notAnObject }
        return object
    }

    private var isDeclaredAsJSON: Bool {
        guard let type = request.headers[.contentType]?.split(separator: ";").first else { return false }
        return type.filter { $0 != " " && $0 != "\t" }.lowercased() == "application/json"
    }

    private func collect() async throws -> ByteBuffer {
        let channel = context.channel
        let deadline = channel.eventLoop.scheduleTask(in: HTTPCall.bodyTime) { channel.close(promise: nil) }
        do {
            let bytes = try await request.body.collect(upTo: Limits.httpBodyBytes)
            deadline.cancel()
            return bytes
        } catch is NIOTooManyBytesError {
            // The deadline stays: what the client still sends is read and thrown away no longer than that.
            throw HTTPRefusal.bodyTooLarge
        } catch let error as HTTPParserError {
            deadline.cancel()
            throw error
        } catch {
            deadline.cancel()
            throw HTTPRefusal.bodyIncomplete
        }
    }
}
