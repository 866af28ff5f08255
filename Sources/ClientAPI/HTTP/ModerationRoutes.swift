import HTTPTypes
import Home
import Wire

/// Bans, deletions, the audit log and reports.
enum ModerationRoutes {
    static let all: [HTTPRoute] = [
        .member(.get, "/api/v1/servers/{id}/bans", bans),
        .member(.put, "/api/v1/servers/{id}/bans/{address}", ban),
        .member(.delete, "/api/v1/servers/{id}/bans/{address}", unban),
        .member(.get, "/api/v1/servers/{id}/audit-log", log),
        .member(.get, "/api/v1/servers/{id}/reports", reports),
        .member(.post, "/api/v1/servers/{id}/reports/{report_id}/close", closeReport),
        .member(.delete, "/api/v1/channels/{id}/messages/{message_id}", deleteMessage),
        .member(.post, "/api/v1/channels/{id}/messages/{message_id}/reports", making: true, report),
    ]

    private static func bans(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        let page = try ListPage(try call.query())
        let bans = try await call.home.bans(of: try call.pathID("id"), for: account)
        return page.answer("bans", bans, cursor: \.user.text) { ban, json in
            json.field("user_id", ban.user)
            json.field("username", ban.user.local)
            json.field("by_user_id", ban.by)
            json.field("reason", ban.reason)
            json.field("created_at", ban.createdAt)
        }
    }

    private static func ban(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        let body = try await call.body()
        let purge = try body.optionalInteger("purge_seconds", in: 0...Limits.purge.components.seconds) ?? 0
        try await call.home.ban(
            try call.pathUser("address"), from: try call.pathID("id"), reason: try body.optionalString("reason"),
            purge: .seconds(purge), by: account)
        return .done
    }

    private static func unban(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        try await call.home.unban(try call.pathUser("address"), from: try call.pathID("id"), by: account)
        return .done
    }

    private static func log(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        let query = try call.query()
        let before = try query.integer("before", in: 1 ... .max) ?? .max
        let limit =
            try query.integer("limit", in: 1...Int64(HistoryPage.maximumLimit)).map(Int.init)
            ?? HistoryPage.defaultLimit
        // One more tells whether there is a next page.
        let entries = try await call.home.communityLog(
            of: try call.pathID("id"), before: before, limit: limit + 1, for: account)
        let page = entries.prefix(limit)
        return .object { json in
            json.key("entries")
            json.beginArray()
            for entry in page {
                json.beginObject()
                json.field("version", entry.version)
                json.field("at", entry.at)
                json.field("actor_user_id", entry.actor)
                json.field("action", entry.action)
                json.field("target", entry.target)
                json.field("target_name", entry.targetName)
                json.field("reason", entry.reason)
                if let detail = entry.detail {
                    json.key("detail")
                    json.raw(detail.utf8)
                }
                json.endObject()
            }
            json.endArray()
            if entries.count > limit { json.field("next", page.last?.version) }
        }
    }

    // MARK: Messages

    private static func deleteMessage(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        let query = try call.query()
        try await call.home.deleteMessage(
            try call.pathID("message_id"), in: try call.pathID("id"), reason: query.text("reason"), by: account)
        return .done
    }

    private static func report(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        let reason = try await call.body().string("reason")
        let report = try await call.home.report(
            try call.pathID("message_id"), in: try call.pathID("id"), reason: reason, by: account)
        return .object(.created) { $0.field("report_id", report) }
    }

    private static func reports(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        let query = try call.query()
        let page = try ListPage(query)
        let isOpen: Bool?
        switch query.text("state") {
        case nil: isOpen = nil
        case "open": isOpen = true
        case "closed": isOpen = false
        default: throw FieldError(field: "state", problem: "must be open or closed")
        }
        let reports = try await call.home.reports(
            of: try call.pathID("id"), isOpen: isOpen, for: account)
        return page.answer("reports", reports, cursor: \.id.description) { report, json in
            json.field("report_id", report.id)
            json.field("channel_id", report.channel)
            json.field("message_id", report.message)
            json.field("author_user_id", report.author)
            json.field("message", report.text)
            json.field("reporter_user_id", report.reporter)
            json.field("reason", report.reason)
            json.field("created_at", report.createdAt)
            json.field("state", report.closedAt == nil ? "open" : "closed")
            json.field("closed_by", report.closedBy)
            json.field("closed_at", report.closedAt)
            json.field("note", report.note)
        }
    }

    private static func closeReport(_ call: HTTPCall, _ account: Account) async throws -> HTTPAnswer {
        let note = try await call.body().optionalString("note")
        try await call.home.closeReport(
            try call.pathID("report_id"), in: try call.pathID("id"), note: note, by: account)
        return .done
    }
}
