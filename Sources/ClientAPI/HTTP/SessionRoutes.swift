import HTTPTypes
import Home
import Wire

/// The places where a user is signed in, and the ticket that opens a socket.
enum SessionRoutes {
    static let all: [HTTPRoute] = [
        .signedIn(.get, "/api/v1/sessions", list),
        .signedIn(.delete, "/api/v1/sessions", revokeOthers),
        .signedIn(.delete, "/api/v1/sessions/{id}", revoke),
        .signedIn(.post, "/api/v1/ws-ticket", ticket),
    ]

    private static func list(_ call: HTTPCall, _ login: Login) async throws -> HTTPAnswer {
        let page = try ListPage(try call.query())
        let sessions = try await call.home.logins(of: login.account)
        return page.answer("sessions", sessions, cursor: \.id.description) { session, json in
            json.field("id", session.id)
            json.field("label", session.label)
            json.field("created_at", session.createdAt)
            json.field("last_used_at", session.lastUsedAt)
            json.field("expires_at", session.expiresAt)
            json.field("current", session.id == login.id)
        }
    }

    private static func revokeOthers(_ call: HTTPCall, _ login: Login) async throws -> HTTPAnswer {
        let revoked = try await call.home.revokeOtherLogins(than: login)
        return .object { $0.field("revoked", revoked) }
    }

    private static func revoke(_ call: HTTPCall, _ login: Login) async throws -> HTTPAnswer {
        try await call.home.revokeLogin(try call.pathID("id"), of: login.account)
        return .done
    }

    private static func ticket(_ call: HTTPCall, _ login: Login) async throws -> HTTPAnswer {
        let (ticket, expiresAt) = try call.home.issueTicket(for: login)
        return .object { json in
            json.field("ticket", ticket)
            json.field("expires_at", expiresAt)
        }
    }
}
