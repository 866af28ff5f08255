import ArgumentParser
import Home
import Wire

/// `homeserver user list`: a line an account, nothing at all when there is none.
struct ListUsers: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists the accounts by name.")
    private static let page = 1000

    @OptionGroup var options: ConfigurationOptions

    @Flag(help: "One JSON object a line.")
    var json = false

    func run() async throws {
        try await withAdministration(options) { administration in
            var last: String?
            while true {
                let accounts = try await administration.listAccounts(after: last, limit: Self.page)
                for account in accounts { print(json ? Self.json(account) : Self.line(account)) }
                last = accounts.last?.user.text
                if accounts.count < Self.page { return }
            }
        }
    }

    private static func line(_ account: AccountSummary) -> String {
        var words = [account.user.text]
        if account.isAdmin { words.append("admin") }
        if let deactivatedAt = account.deactivatedAt { words.append("deactivated=\(deactivatedAt.rfc3339)") }
        words.append("created=\(account.createdAt.rfc3339)")
        words.append("sessions=\(account.logins)")
        if let lastUsedAt = account.lastUsedAt { words.append("last-used=\(lastUsedAt.rfc3339)") }
        return words.joined(separator: " ")
    }

    private static func json(_ account: AccountSummary) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("user_id", account.user)
        writer.field("admin", account.isAdmin)
        writer.field("created_at", account.createdAt)
        writer.field("deactivated_at", account.deactivatedAt)
        writer.field("sessions", account.logins)
        writer.field("last_used_at", account.lastUsedAt)
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
