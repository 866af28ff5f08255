import ArgumentParser

/// `homeserver config get`: one setting as it stands, secret or not; for programs such as those in ops.
struct GetSetting: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Prints the value of one setting, and nothing else.",
        usage: "homeserver config get <key> [--config <file>] [--<setting> <value> ...]",
        discussion: "The connection string of the database is printed with its password, if it has one."
    )

    @OptionGroup var options: ConfigurationOptions

    @Argument(help: "The setting, such as client.port.")
    var key: String

    @Argument(parsing: .allUnrecognized, help: .hidden)
    var flags: [String] = []

    func run() async throws {
        let shown = try options.settings(arguments: flags).shown
        guard let value = shown.first(where: { $0.key == key })?.value else {
            throw SettingsError(setting: key, origin: .arguments, problem: "is not a setting; see config check --help")
        }
        print(value)
    }
}
