import Glibc
import Home
import Logging
import Wire

/// Writes one line an event to standard error, as logfmt or JSON; every logger of the process ends here.
///
/// A line is one `write`, so lines of several threads never mix. A line that cannot be written is lost: logging never
/// stops the homeserver.
struct StructuredLog: LogHandler {
    let label: String
    let format: Settings.Log.Format
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    init(label: String, format: Settings.Log.Format, level: Logger.Level) {
        self.label = label
        self.format = format
        logLevel = level
    }

    /// Makes every logger of this process, from now on, write here.
    static func bootstrap(_ settings: Settings.Log) {
        bootstrap(settings, least: .trace)
    }

    /// The same for a command that ends by itself: it says in its own words what it does, and logs only what went wrong.
    static func bootstrapForCommand(_ settings: Settings.Log) {
        bootstrap(settings, least: .warning)
    }

    private static func bootstrap(_ settings: Settings.Log, least: Logger.Level) {
        let level = max(Logger.Level(rawValue: settings.level) ?? .info, least)
        LoggingSystem.bootstrap { StructuredLog(label: $0, format: settings.format, level: level) }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let provided = metadataProvider?.get() ?? [:]
        var all = metadata.merging(provided) { $1 }.merging(event.metadata ?? [:]) { $1 }
        // The HTTP server's own lines name the request by a key of theirs.
        if let id = all.removeValue(forKey: "hb.request.id") { all["request"] = id }
        if let (key, value) = LogOrigin.current?.field { all[key] = "\(value)" }
        let fields = all.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
        let now = SystemTime().now()
        var line: [UInt8]
        switch format {
        case .logfmt: line = Self.logfmt(now, event.level, label, event.message.description, fields)
        case .json: line = Self.json(now, event.level, label, event.message.description, fields)
        }
        line.append(UInt8(ascii: "\n"))
        line.withUnsafeBytes { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    static func logfmt(
        _ time: Instant, _ level: Logger.Level, _ label: String, _ message: String, _ fields: [(String, String)]
    ) -> [UInt8] {
        var line = "time=\(time.rfc3339) level=\(level.rawValue) from=\(label) message=\(quoted(message))"
        for (key, value) in fields { line += " \(key)=\(quoted(value))" }
        return Array(line.utf8)
    }

    static func json(
        _ time: Instant, _ level: Logger.Level, _ label: String, _ message: String, _ fields: [(String, String)]
    ) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("time", time)
        writer.field("level", level.rawValue)
        writer.field("from", label)
        writer.field("message", message)
        for (key, value) in fields {
            writer.key(escaping: key)
            writer.value(value)
        }
        writer.endObject()
        return Array(PlainText.json(String(decoding: writer.bytes, as: UTF8.self)).utf8)
    }

    /// A value as it is, or as a JSON string when it is empty or holds anything that would break the line apart.
    private static func quoted(_ text: String) -> String {
        let isPlain = text.unicodeScalars.allSatisfy {
            $0 > " " && !(0x7F...0x9F).contains($0.value) && $0 != "\"" && $0 != "="
        }
        guard text.isEmpty || !isPlain else { return text }
        var writer = JSONWriter()
        writer.value(text)
        return PlainText.json(String(decoding: writer.bytes, as: UTF8.self))
    }
}
