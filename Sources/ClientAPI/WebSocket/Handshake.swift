import HTTPTypes
import Hummingbird
import NIOHTTP1
import Wire

/// The rules for `GET /ws`, applied to the head of a request before anything is upgraded.
///
/// They are asked twice: by `FirstRequestGate`, which lets only an acceptable request reach NIO's upgrader, and by the route of
/// `/ws`, which answers every other one with its reason.
struct Handshake {
    /// How the socket says who it is; looked up after the upgrade, where a browser can see what came of it (4003, 4004).
    struct Credentials: Equatable {
        /// A session token or a ticket; empty when a page of ours came with neither token nor cookie.
        let token: String
        let asksToResume: Bool
    }

    /// Why it is no WebSocket.
    struct Refusal: Error, Equatable {
        let error: ClientError
        /// 426 and 405 have no code of their own in the envelope.
        var status: Int?

        static let notAWebSocket = Refusal(
            error: ClientError(.invalid, "this path takes WebSocket handshakes only"), status: 426)
        static let notFirst = Refusal(
            error: ClientError(.invalid, "only the first request of a connection can become a WebSocket"), status: 426)
    }

    static let path = "/ws"
    private static let tokenBytes = 1...128

    let target: String
    /// All values of a header field.
    let header: (String) -> [String]

    init(_ head: HTTPRequestHead) {
        target = head.uri
        header = { head.headers[$0] }
    }

    init(_ request: Request) {
        target = request.head.path ?? ""
        header = { name in
            guard let name = HTTPField.Name(name) else { return [] }
            return request.headers[values: name]
        }
    }

    /// Whether the request is for this path at all.
    static func isAsked(by head: HTTPRequestHead) -> Bool {
        head.method == .GET && head.uri.prefix { $0 != "?" } == path
    }

    /// Who wants a socket. The order is that of a careful doorkeeper: what it is, where it comes from, who it says it is.
    func check(allowedOrigins: Set<String>) throws(Refusal) -> Credentials {
        try checkForm()
        let isFromOurPage = try checkOrigin(allowedOrigins)
        let query: HTTPQuery
        do {
            query = try HTTPQuery(target.firstIndex(of: "?").map { String(target[target.index(after: $0)...]) })
        } catch {
            throw Refusal(error: ClientError(error))
        }
        let asksToResume = try resumeFlag(query)
        if let token = query.text("token") {
            return Credentials(token: try checked(token), asksToResume: asksToResume)
        }
        // SPEC: client-api, Connection: a request without an Origin needs an explicit token.
        guard isFromOurPage else {
            throw Refusal(error: ClientError(.unauthorized, "the query needs a token"))
        }
        return Credentials(token: try cookie() ?? "", asksToResume: asksToResume)
    }

    /// RFC 6455 §4.2.1.
    private func checkForm() throws(Refusal) {
        let key = header("Sec-WebSocket-Key")
        let version = header("Sec-WebSocket-Version")
        guard !key.isEmpty || !version.isEmpty else { throw .notAWebSocket }
        guard key.count == 1, key[0].utf8.count == 24 else {
            throw Refusal(error: ClientError(field: "Sec-WebSocket-Key", problem: "must be 16 bytes in base64, once"))
        }
        guard version == ["13"] else {
            throw Refusal(error: ClientError(field: "Sec-WebSocket-Version", problem: "must be 13"), status: 426)
        }
        let length = header("Content-Length")
        guard header("Transfer-Encoding").isEmpty, length.isEmpty || length == ["0"] else {
            throw Refusal(error: ClientError(.invalid, "a WebSocket handshake has no body"))
        }
    }

    /// True when a page of ours asks; false when no page does.
    private func checkOrigin(_ allowed: Set<String>) throws(Refusal) -> Bool {
        let origins = header("Origin")
        guard let origin = origins.first else { return false }
        guard origins.count == 1, allowed.contains(origin) else {
            throw Refusal(error: ClientError(.forbidden, "pages of this origin may not connect"))
        }
        return true
    }

    private func resumeFlag(_ query: HTTPQuery) throws(Refusal) -> Bool {
        switch query.text("resume") {
        case nil, "0": return false
        case "1": return true
        default: throw Refusal(error: ClientError(field: "resume", problem: "must be 0 or 1"))
        }
    }

    private func checked(_ token: String) throws(Refusal) -> String {
        guard Handshake.tokenBytes.contains(token.utf8.count), token.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw Refusal(error: ClientError(field: "token", problem: "is not a token")) }
        return token
    }

    private func cookie() throws(Refusal) -> String? {
        let prefix = SessionCredentials.cookieName + "="
        var own: [Substring] = []
        for line in header("Cookie") {
            for pair in line.split(separator: ";") {
                let trimmed = pair.drop { $0 == " " }
                if trimmed.hasPrefix(prefix) { own.append(trimmed) }
            }
        }
        guard own.count < 2 else {
            throw Refusal(error: ClientError(field: "Cookie", problem: "has the session twice"))
        }
        guard let value = own.first else { return nil }
        return try checked(String(value.dropFirst(prefix.count)))
    }
}
