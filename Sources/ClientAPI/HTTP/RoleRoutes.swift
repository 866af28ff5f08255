import HTTPTypes
import Home
import Wire

/// The roles of a community, and who has them.
enum RoleRoutes {
    static let all: [HTTPRoute] = [
        .member(.get, "/api/v1/servers/{id}/roles", at: .home, list),
        .member(.post, "/api/v1/servers/{id}/roles", making: true, create),
        .member(.patch, "/api/v1/servers/{id}/roles/{role_id}", update),
        .member(.delete, "/api/v1/servers/{id}/roles/{role_id}", delete),
        .member(.put, "/api/v1/servers/{id}/members/{address}/roles/{role_id}", give),
        .member(.delete, "/api/v1/servers/{id}/members/{address}/roles/{role_id}", take),
    ]

    private static func list(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        let community = try await call.home.community(try call.pathID("id"), of: account)
        return .object { $0.field("roles", community.sortedRoles) }
    }

    private static func create(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        let body = try await call.body()
        let role = try await call.home.createRole(
            name: try body.string("name"), permissions: try body.permissions("permissions"),
            color: try body.optionalString("color"), in: try call.pathID("id"), by: account)
        return HTTPAnswer(status: .created, json: JSONWriter.bytes(of: role))
    }

    private static func update(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        let body = try await call.body()
        let edit = RoleEdit(
            name: try body.optionalString("name"),
            permissions: try body.optionalArray("permissions") == nil ? nil : try body.permissions("permissions"),
            position: try body.optionalInteger("position", in: 0...Int64(Limits.roles)).map(Int.init),
            color: try body.clearableString("color"))
        let role = try await call.home.updateRole(
            try call.pathID("role_id"), edit, in: try call.pathID("id"), by: account)
        return HTTPAnswer(status: .ok, json: JSONWriter.bytes(of: role))
    }

    private static func delete(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        try await call.home.deleteRole(try call.pathID("role_id"), in: try call.pathID("id"), by: account)
        return .done
    }

    private static func give(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        try await set(true, call, account)
    }

    private static func take(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        try await set(false, call, account)
    }

    private static func set(_ isGiven: Bool, _ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        let member = try await call.home.setRole(
            try call.pathID("role_id"), isGiven, of: try call.pathUser("address"), in: try call.pathID("id"),
            by: account)
        return try await MemberRoutes.answer(member, call, account)
    }
}
