import HTTPTypes
import Home
import Wire

/// Communities, `servers` on the wire: making, reading, changing, leaving and ending them.
enum CommunityRoutes {
    static let all: [HTTPRoute] = [
        .signedIn(.get, "/api/v1/servers", list),
        .making("/api/v1/servers", create),
        .member(.get, "/api/v1/servers/{id}", at: .home, read),
        .member(.patch, "/api/v1/servers/{id}", update),
        .member(.delete, "/api/v1/servers/{id}", delete),
        .signedIn(.post, "/api/v1/servers/{id}/leave", leave),
        .member(.post, "/api/v1/servers/{id}/transfer", transfer),
    ]

    private static func list(_ call: HTTPCall, _ login: Login) async throws -> HTTPAnswer {
        let communities = try await call.home.communities(of: login.account)
        return .list("servers", communities) { $0.writeSummary(to: &$1) }
    }

    private static func create(_ call: HTTPCall, _ login: Login) async throws -> HTTPAnswer {
        let body = try await call.body()
        let community = try await call.home.createCommunity(
            name: try body.string("name"), description: try body.optionalString("description"), by: login.account)
        return try await answer(community, call, login.account, .created)
    }

    private static func read(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        let view = try await call.home.communityView(try call.pathID("id"), of: account)
        return .object { view.writeFields(to: &$0) }
    }

    private static func update(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        let body = try await call.body()
        let community = try await call.home.updateCommunity(
            try call.pathID("id"), name: try body.optionalString("name"),
            description: try body.clearableString("description"), by: account)
        return try await answer(community, call, account)
    }

    private static func delete(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        try await call.home.deleteCommunity(try call.pathID("id"), by: account)
        return .done
    }

    private static func leave(_ call: HTTPCall, _ login: Login) async throws -> HTTPAnswer {
        try await call.home.leaveCommunity(try call.pathID("id"), by: login.account)
        return .done
    }

    private static func transfer(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        let heir = try await call.body().userID("user_id", home: call.domain)
        try await call.home.transferCommunity(try call.pathID("id"), to: heir, by: account)
        return .done
    }

    private static func answer(
        _ community: Community, _ call: HTTPCall, _ account: Account, _ status: HTTPResponse.Status = .ok
    ) async throws -> HTTPAnswer {
        let view = try await call.home.view(of: community, for: account)
        return .object(status) { view.writeFields(to: &$0) }
    }
}

extension HTTPAnswer {
    /// `{KEY: […]}` of objects, whose fields the closure writes: a list that is short enough to be whole.
    static func list<Entry>(
        _ key: StaticString, _ entries: [Entry], _ fields: (Entry, inout JSONWriter) -> Void
    ) -> HTTPAnswer {
        .object { json in
            json.key(key)
            json.beginArray()
            for entry in entries {
                json.beginObject()
                fields(entry, &json)
                json.endObject()
            }
            json.endArray()
        }
    }
}

extension JSONObject {
    /// Nil when the field is missing; null is the empty string, which takes away what was there.
    func clearableString(_ key: String) throws(FieldError) -> String? {
        if case .null = self[key] { return "" }
        return try optionalString(key)
    }

    /// An array of names of permissions.
    func permissions(_ key: String, among allowed: Permissions = .all) throws(FieldError) -> Permissions {
        var permissions = Permissions()
        for (index, value) in try array(key, maxCount: 64).enumerated() {
            guard case .string(let name) = value, let permission = Permissions(names: [name]),
                allowed.isSuperset(of: permission)
            else { throw problem("\(key)[\(index)]", "is no permission that can stand here") }
            permissions.formUnion(permission)
        }
        return permissions
    }
}
