import HTTPTypes
import Home
import Wire

/// Invite links: making, listing and revoking them, and what whoever has one can do with it.
enum InviteLinkRoutes {
    static let all: [HTTPRoute] = [
        .member(.get, "/api/v1/servers/{id}/invite-links", list),
        .member(.post, "/api/v1/servers/{id}/invite-links", making: true, create),
        .member(.delete, "/api/v1/servers/{id}/invite-links/{code}", revoke),
        .member(.get, "/api/v1/servers/{id}/invite-links/{code}/uses", uses),
        .member(.get, "/api/v1/invite-links/{code}", preview),
        .member(.post, "/api/v1/invite-links/{code}/join", join),
    ]

    private static func list(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        let id: CommunityID = try call.pathID("id")
        let links = try await call.home.links(of: id, for: account)
        return .list("links", links) { $0.writeFields(of: id, to: &$1) }
    }

    private static func create(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        let id: CommunityID = try call.pathID("id")
        let body = try await call.body()
        let life = try body.optionalSeconds("expires_in_seconds", in: Limits.inviteLifeAtLeast...Limits.linkLife)
        let maxUses = try body.optionalInteger("max_uses", in: 1...Limits.linkUses)
        let link = try await call.home.createLink(in: id, life: life, maxUses: maxUses, by: account)
        return .object(.created) { link.writeFields(of: id, to: &$0) }
    }

    private static func revoke(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        try await call.home.revokeLink(try call.pathText("code"), in: try call.pathID("id"), by: account)
        return .done
    }

    private static func uses(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        let page = try ListPage(try call.query())
        let uses = try await call.home.uses(
            ofLink: try call.pathText("code"), in: try call.pathID("id"), for: account)
        return page.answer("uses", uses, cursor: \.user.text) { use, json in
            json.field("user_id", use.user)
            json.field("at", use.at)
        }
    }

    private static func preview(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        let preview = try await call.home.preview(ofLink: try call.pathText("code"), for: account)
        return .object { json in
            json.field("code", preview.code)
            json.field("server_id", preview.community)
            json.field("name", preview.name)
            json.field("description", preview.description)
            json.field("host", preview.host)
            json.field("member_count", preview.memberCount)
            json.field("expires_at", preview.expiresAt)
            json.field("state", preview.isMember ? "joined" : "open")
        }
    }

    private static func join(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        let joining = try await call.home.join(byLink: try call.pathText("code"), account)
        return .object { joining.writeFields(to: &$0) }
    }
}

extension InviteLink {
    fileprivate func writeFields(of community: CommunityID, to json: inout JSONWriter) {
        json.field("code", code)
        json.field("server_id", community)
        json.field("created_by", creator)
        json.field("created_at", createdAt)
        json.field("expires_at", expiresAt)
        json.field("max_uses", maxUses)
        json.field("uses", uses)
        json.field("revoked", isRevoked)
    }
}
