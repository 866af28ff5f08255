import HTTPTypes
import Home
import Wire

/// The members of a community: who they are, and what moderators do with them.
enum MemberRoutes {
    static let all: [HTTPRoute] = [
        .member(.get, "/api/v1/servers/{id}/members", list),
        .member(.get, "/api/v1/servers/{id}/members/{address}", read),
        .member(.delete, "/api/v1/servers/{id}/members/{address}", kick),
        .member(.put, "/api/v1/servers/{id}/members/{address}/time-out", timeOut),
        .member(.delete, "/api/v1/servers/{id}/members/{address}/time-out", endTimeOut),
    ]

    private static func list(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        let query = try call.query()
        let page = try ListPage(query)
        let (members, next) = try await call.home.members(
            of: try call.pathID("id"), after: page.after, startingWith: query.text("q")?.lowercased(),
            limit: page.limit, for: account)
        return .object { json in
            json.key("members")
            json.beginArray()
            for member in members {
                json.beginObject()
                member.writeFields(to: &json)
                json.endObject()
            }
            json.endArray()
            json.field("next", next)
        }
    }

    private static func read(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        let member = try await call.home.member(
            try call.pathUser("address"), of: try call.pathID("id"), for: account)
        return .object { member.writeFields(to: &$0) }
    }

    private static func kick(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        let query = try call.query()
        try await call.home.kick(
            try call.pathUser("address"), from: try call.pathID("id"), reason: query.text("reason"), by: account)
        return .done
    }

    private static func timeOut(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        let body = try await call.body()
        let seconds = try body.integer("seconds", in: 1...Limits.timeOut.components.seconds)
        let member = try await call.home.timeOut(
            try call.pathUser("address"), for: .seconds(seconds), in: try call.pathID("id"),
            reason: try body.optionalString("reason"), by: account)
        return try await answer(member, call, account)
    }

    private static func endTimeOut(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        let member = try await call.home.timeOut(
            try call.pathUser("address"), for: nil, in: try call.pathID("id"), reason: nil, by: account)
        return try await answer(member, call, account)
    }

    static func answer(_ member: Member, _ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        let view = try await call.home.shown([member], of: try call.pathID("id"), to: account)[0]
        return .object { view.writeFields(to: &$0) }
    }
}
