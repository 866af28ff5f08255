import HTTPTypes
import Home
import Wire

/// Invitations of people to communities, from both sides.
enum ServerInviteRoutes {
    static let all: [HTTPRoute] = [
        .member(.get, "/api/v1/servers/{id}/invites", sent),
        .member(.post, "/api/v1/servers/{id}/invites", making: true, invite),
        .member(.delete, "/api/v1/servers/{id}/invites/{invite_id}", withdraw),
        .signedIn(.get, "/api/v1/server-invites", received),
        .signedIn(.post, "/api/v1/server-invites/{invite_id}/accept", accept),
        .signedIn(.post, "/api/v1/server-invites/{invite_id}/decline", decline),
    ]

    private static func sent(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        let page = try ListPage(try call.query())
        let invites = try await call.home.openInvites(of: try call.pathID("id"), for: account)
        return page.answer("invites", invites, cursor: \.id.description) { $0.writeFields(to: &$1) }
    }

    private static func received(_ call: HTTPCall, _ login: Login) async throws -> HTTPAnswer {
        let page = try ListPage(try call.query())
        let invites = try await call.home.serverInvites(of: login.account)
        return page.answer("server_invites", invites, cursor: \.id.description) { $0.writeFields(to: &$1) }
    }

    private static func invite(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        let body = try await call.body()
        let life = try body.optionalSeconds(
            "expires_in_seconds", in: Limits.inviteLifeAtLeast...Limits.inviteLife)
        let invite = try await call.home.invite(
            try body.userID("user_id", home: call.domain), to: try call.pathID("id"), life: life,
            by: account)
        return .object(.created) { invite.writeFields(to: &$0) }
    }

    private static func withdraw(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        try await call.home.withdrawInvite(
            try call.pathID("invite_id"), from: try call.pathID("id"), by: account)
        return .done
    }

    private static func accept(_ call: HTTPCall, _ login: Login) async throws -> HTTPAnswer {
        let joining = try await call.home.acceptInvite(try call.pathID("invite_id"), by: login.account)
        return .object { joining.writeFields(to: &$0) }
    }

    private static func decline(_ call: HTTPCall, _ login: Login) async throws -> HTTPAnswer {
        try await call.home.declineInvite(try call.pathID("invite_id"), by: login.account)
        return .done
    }
}

extension Joining {
    func writeFields(to json: inout JSONWriter) {
        json.field("server_id", community)
        json.field("state", isUnderWay ? "joining" : "joined")
    }
}

extension JSONObject {
    func optionalSeconds(_ key: String, in range: ClosedRange<Duration>) throws(FieldError) -> Duration? {
        try optionalInteger(key, in: range.lowerBound.components.seconds...range.upperBound.components.seconds)
            .map { .seconds($0) }
    }
}
