import HTTPTypes
import Home
import Wire

/// Signing up, in and out, and one's own account.
enum AccountRoutes {
    static let all: [HTTPRoute] = [
        .open(.post, "/api/v1/register", register),
        .open(.post, "/api/v1/login", login),
        .signedIn(.post, "/api/v1/logout", logout),
        .signedIn(.get, "/api/v1/me", me),
        .signedIn(.patch, "/api/v1/me", changeMe),
        .signedIn(.post, "/api/v1/me/password", changePassword),
    ]

    private static func register(_ call: HTTPCall) async throws -> HTTPAnswer {
        let body = try await call.body()
        let username = try body.string("username")
        let password = try body.string("password")
        let registrationToken = try body.optionalString("registration_token")
        let asCookie = try wantsCookie(body, call)
        let login = try await call.home.register(
            username: username, password: password, registrationToken: registrationToken, client: call.client)
        return signedIn(login, .created, asCookie: asCookie, call)
    }

    private static func login(_ call: HTTPCall) async throws -> HTTPAnswer {
        let body = try await call.body()
        let username = try body.string("username")
        let password = try body.string("password")
        let asCookie = try wantsCookie(body, call)
        let login = try await call.home.login(username: username, password: password, client: call.client)
        return signedIn(login, .ok, asCookie: asCookie, call)
    }

    private static func logout(_ call: HTTPCall, _ login: Login) async throws -> HTTPAnswer {
        try await call.home.logout(login)
        var answer = HTTPAnswer.done
        if SessionCredentials.hasCookie(call.headers) {
            answer.headers[.setCookie] = SessionCredentials.expiredCookie
        }
        return answer
    }

    private static func me(_ call: HTTPCall, _ login: Login) async throws -> HTTPAnswer {
        account(of: login, try await call.home.ownPresence(of: login.account))
    }

    private static func changeMe(_ call: HTTPCall, _ login: Login) async throws -> HTTPAnswer {
        let body = try await call.body()
        let shows = try body.bool("show_last_seen")
        return account(of: login, try await call.home.showLastSeen(shows, of: login.account))
    }

    private static func account(of login: Login, _ own: OwnPresence) -> HTTPAnswer {
        .object { json in
            json.field("user_id", login.account.id)
            json.field("username", login.account.id.local)
            json.field("admin", login.account.isAdmin)
            json.field("session", login.id)
            own.writeFields(to: &json)
        }
    }

    private static func changePassword(_ call: HTTPCall, _ login: Login) async throws -> HTTPAnswer {
        let body = try await call.body()
        let current = try body.string("current_password")
        let new = try body.string("new_password")
        try await call.home.changePassword(of: login, current: current, new: new, client: call.client)
        return .done
    }

    // MARK: Parts of the two ways in

    /// A page that asks for the cookie must be one of ours, or another site could sign its visitors in as somebody else.
    private static func wantsCookie(_ body: JSONObject, _ call: HTTPCall) throws -> Bool {
        guard try body.optionalBool("cookie") == true else { return false }
        try SessionCredentials.checkOrigin(of: call, allowedOrigins: call.settings.allowedOrigins)
        return true
    }

    /// With a cookie the page never gets to see the token.
    private static func signedIn(
        _ new: NewLogin, _ status: HTTPResponse.Status, asCookie: Bool, _ call: HTTPCall
    ) -> HTTPAnswer {
        var answer = HTTPAnswer.object(status) { json in
            json.field("user_id", new.login.account.id)
            if !asCookie { json.field("token", new.token) }
            json.field("expires_at", new.login.expiresAt)
        }
        if asCookie {
            let remaining = new.login.expiresAt - call.home.time.now()
            answer.headers[.setCookie] = SessionCredentials.cookie(
                holding: new.token, seconds: remaining.components.seconds)
        }
        return answer
    }
}
