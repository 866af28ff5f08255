import ArgumentParser
import Home
import Postgres
import Wire

/// `homeserver audit`: what operators have changed, by whom and when.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Lists what was changed of keys, peers and policy, by whom and when; the newest first.")

    @OptionGroup var options: ConfigurationOptions

    @Option(help: ArgumentHelp("How many entries at most, up to 1000.", valueName: "number"))
    var limit = 100

    @Option(help: ArgumentHelp("Only entries before this one: the next page of a list.", valueName: "key"))
    var before: Int64?

    @Flag(help: "One JSON object a line.")
    var json = false

    func validate() throws {
        guard (1...AuditLog.maximumPage).contains(limit) else {
            throw ValidationError("--limit must be 1 to \(AuditLog.maximumPage)")
        }
        guard before ?? 1 > 0 else { throw ValidationError("--before must be the key of an entry") }
    }

    func run() async throws {
        let settings = try options.settings()
        StructuredLog.bootstrapForCommand(settings.log)
        try await withDatabase(settings.postgres.alone) { client in
            try await requireCurrentSchema(client)
            for entry in try await AuditLog(database: client).entries(before: before ?? .max, limit: limit) {
                if json { printJSON(Line(entry: entry)) } else { print(Line(entry: entry).text) }
            }
        }
    }

    private struct Line: JSONWritable {
        let entry: AuditEntry

        var text: String {
            let change = entry.change
            let detail = change.detail.isEmpty ? "" : " (\(change.detail))"
            return PlainText.line(
                "\(entry.key) \(entry.at.rfc3339) \(change.actor): \(change.action) \(change.subject)\(detail)")
        }

        func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.field("key", entry.key)
            writer.field("at", entry.at)
            writer.field("actor", entry.change.actor)
            writer.field("action", entry.change.action)
            writer.field("subject", entry.change.subject)
            writer.field("detail", entry.change.detail)
            writer.endObject()
        }
    }
}
