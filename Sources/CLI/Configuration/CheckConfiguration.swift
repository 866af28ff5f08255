import ArgumentParser
import Logging
import Postgres
import Wire

/// `homeserver config check`: refuses what `serve` would refuse before it reaches for keys and database, shows what is in force
/// and whence, and warns of what is allowed and dangerous; for operators before a restart.
struct CheckConfiguration: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Checks the settings and shows what is in force, and where each comes from.",
        usage: "homeserver config check [--config <file>] [--json] [--<setting> <value> ...]",
        discussion: """
            Passwords are not shown. Keys and database are not opened: see keys status and migrate --check. Exit codes: 0 all \
            is well, 1 it works and is dangerous (the warnings say why), 3 a setting is unknown, missing or wrong.

            \(Setting.reference)
            """
    )

    @OptionGroup var options: ConfigurationOptions

    @Flag(help: "One JSON object.")
    var json = false

    @Argument(parsing: .allUnrecognized, help: .hidden)
    var flags: [String] = []

    func run() async throws {
        let sources = try options.sources(arguments: flags)
        let settings = try Settings(sources)
        try settings.checkWhatServeOpens()
        let shown = try settings.shown.map { key, value in
            ShownSetting(
                key: key, value: key == "database.url" ? redacted(value) : value,
                origin: try sources.value(of: Setting.named(key))?.origin)
        }
        let warnings = DangerousSettings.warnings(of: settings, file: sources.file?.path)
        if json {
            printJSON(CheckedConfiguration(settings: shown, warnings: warnings))
        } else {
            for setting in shown { print(setting.text) }
            if !settings.peers.isEmpty {
                print("peers = \(settings.peers.map(\.name.text).joined(separator: ",")) (file)")
            }
            for warning in warnings { note("warning: \(warning)") }
        }
        if !warnings.isEmpty { throw ExitCode(1) }
    }

    private func redacted(_ url: String) -> String {
        (try? PostgresConninfo(url))?.redacted ?? "(not shown)"
    }
}

/// A setting, its value without secrets, and where that comes from.
private struct ShownSetting: JSONWritable {
    let key: String
    let value: String
    let origin: SettingsError.Origin?

    private var source: String {
        switch origin {
        case .flag(let name): name
        case .variable(let name): name
        case .file: "file"
        case .arguments, .nowhere, nil: "default"
        }
    }

    var text: String { "\(key) = \(value.isEmpty ? "(none)" : value) (\(source))" }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("key", key)
        writer.field("value", value)
        writer.field("from", source)
        writer.endObject()
    }
}

private struct CheckedConfiguration: JSONWritable {
    let settings: [ShownSetting]
    let warnings: [String]

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("settings", settings)
        writer.field("warnings", warnings)
        writer.endObject()
    }
}
