import ArgumentParser

/// `homeserver config`: checks the settings and shows what holds; for operators before a restart, and for ops.
struct ShowConfiguration: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Checks the settings and shows what holds.",
        usage: "homeserver config [--config <file>] [--get <key>] [--<setting> <value> ...]",
        discussion: Setting.reference
    )

    @OptionGroup var options: ConfigurationOptions

    @Option(help: ArgumentHelp("Only the value of this setting.", valueName: "key"))
    var get: String?

    @Argument(parsing: .allUnrecognized, help: .hidden)
    var flags: [String] = []

    func run() async throws {
        let shown = try options.settings(arguments: flags).shown
        guard let key = get else {
            // The connection string may hold a password; who wants to see it asks for it by name.
            for (key, value) in shown { print("\(key) = \(key == "database.url" ? "(not shown)" : value)") }
            return
        }
        guard let value = shown.first(where: { $0.key == key })?.value else {
            throw SettingsError(setting: key, origin: .arguments, problem: "is not a setting; see --help")
        }
        print(value)
    }
}
