import HTTPTypes
import Home
import Wire

/// How a request says who it is: an `Authorization: Bearer` header, or the browser's session cookie.
enum SessionCredentials {
    /// `__Host-`: the browser sends it only to the very host that set it, over HTTPS, for every path.
    static let cookieName = "__Host-home-session"

    /// The request's token; an `Authorization` header goes before a cookie.
    ///
    /// A cookie is sent by the browser whoever caused the request, so it counts only together with an `Origin` from the allow-list.
    /// Browsers leave `Origin` out of a page's own GETs: those may come without, since they change nothing and no other page can
    /// read their answers.
    static func token(of call: HTTPCall, allowedOrigins: Set<String>) throws -> String {
        if let authorization = call.headers[.authorization] {
            return try bearer(authorization)
        }
        guard let token = try cookie(in: call.headers) else { throw HomeError.unauthorized }
        try checkOrigin(of: call, allowedOrigins: allowedOrigins)
        return token
    }

    /// Before a cookie is believed or set.
    static func checkOrigin(of call: HTTPCall, allowedOrigins: Set<String>) throws {
        if let origin = call.headers[.origin] {
            guard allowedOrigins.contains(origin) else { throw HTTPRefusal.foreignOrigin }
        } else {
            guard call.method == .get else { throw HTTPRefusal.foreignOrigin }
        }
    }

    /// The value of `Set-Cookie` that signs a browser in until `seconds` from now.
    static func cookie(holding token: String, seconds: Int64) -> String {
        "\(cookieName)=\(token); Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=\(max(0, seconds))"
    }

    /// The value of `Set-Cookie` that signs it out.
    static let expiredCookie = "\(cookieName)=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0"

    static func hasCookie(_ headers: HTTPFields) -> Bool {
        headers[values: .cookie].contains { $0.contains(cookieName + "=") }
    }

    private static func bearer(_ authorization: String) throws -> String {
        let parts = authorization.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { throw HomeError.unauthorized }
        return try checked(parts[1])
    }

    private static func cookie(in headers: HTTPFields) throws -> String? {
        var found: Substring?
        for header in headers[values: .cookie] {
            for pair in header.split(separator: ";") {
                let trimmed = pair.drop { $0 == " " }
                guard trimmed.hasPrefix(cookieName + "=") else { continue }
                guard found == nil else { throw HomeError.unauthorized }
                found = trimmed.dropFirst(cookieName.count + 1)
            }
        }
        return try found.map(checked)
    }

    /// A token is a short run of the characters that ours are made of; anything else is spared the look-up.
    private static func checked(_ token: Substring) throws -> String {
        let fits = (1...128).contains(token.utf8.count)
        guard fits, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { throw HomeError.unauthorized }
        return String(token)
    }
}
