import HTTPTypes
import Home
import Wire

/// The channels of a community: which there are, and what they allow to whom. What is said in them is `HistoryRoutes`'.
enum CommunityChannelRoutes {
    static let all: [HTTPRoute] = [
        .member(.get, "/api/v1/servers/{id}/channels", at: .home, list),
        .member(.post, "/api/v1/servers/{id}/channels", making: true, create),
        .member(.patch, "/api/v1/channels/{id}", update),
        .member(.delete, "/api/v1/channels/{id}", delete),
        .member(.put, "/api/v1/channels/{id}/overrides/{target}", setOverride),
        .member(.delete, "/api/v1/channels/{id}/overrides/{target}", removeOverride),
    ]

    private static func list(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        let view = try await call.home.communityView(try call.pathID("id"), of: account)
        return .object { $0.field("channels", view.channels) }
    }

    private static func create(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        let body = try await call.body()
        let word = try body.optionalString("kind") ?? Channel.Kind.text.rawValue
        guard let kind = Channel.Kind(rawValue: word) else { throw body.problem("kind", "must be text or voice") }
        var roles: [RoleID] = []
        for (index, value) in (try body.optionalArray("role_ids", maxCount: Limits.roles) ?? []).enumerated() {
            guard case .string(let text) = value, let role = RoleID(text) else {
                throw body.problem("role_ids[\(index)]", "must be a lower-case UUID")
            }
            roles.append(role)
        }
        let new = NewChannel(
            name: try body.string("name"), kind: kind, topic: try body.optionalString("topic"),
            isPrivate: try body.optionalBool("private") ?? false, roles: roles)
        let made = try await call.home.createChannel(new, in: try call.pathID("id"), by: account)
        let channel = try await call.home.shown(made.channel, of: made.community, to: account)
        return .object(.created) { channel.writeFields(to: &$0) }
    }

    private static func update(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        let body = try await call.body()
        let edit = ChannelEdit(
            name: try body.optionalString("name"), topic: try body.clearableString("topic"),
            position: try body.optionalInteger("position", in: 0...100_000).map(Int.init),
            slowMode: try body.optionalInteger("slow_mode_seconds", in: 0...Limits.slowMode.components.seconds)
                .map(Int.init))
        return try await answer(
            try await call.home.updateChannel(try call.pathID("id"), edit, by: account), call, account)
    }

    private static func delete(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        try await call.home.deleteChannel(try call.pathID("id"), by: account)
        return .done
    }

    private static func setOverride(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        let body = try await call.body()
        let override = PermissionOverride(
            allow: try body.permissions("allow", among: .ofChannels),
            deny: try body.permissions("deny", among: .ofChannels))
        return try await change(override, call, account)
    }

    private static func removeOverride(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        try await change(nil, call, account)
    }

    private static func change(
        _ override: PermissionOverride?, _ call: HTTPCall, _ account: Account
    ) async throws -> HTTPAnswer {
        guard let subject = OverrideSubject(try call.pathText("target"), home: call.domain) else {
            throw FieldError(field: "target", problem: "must be everyone, a role's id or an address")
        }
        return try await answer(
            try await call.home.setOverride(override, for: subject, in: try call.pathID("id"), by: account), call,
            account)
    }

    private static func answer(_ view: ChannelView, _ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        let channel = try await call.home.shown(view.channel, of: view.community, to: account)
        return .object { channel.writeFields(to: &$0) }
    }
}
