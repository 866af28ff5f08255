import ArgumentParser

/// `homeserver config …`: the settings as the homeserver sees them.
struct ConfigurationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "The settings: check and show them, or get one.",
        subcommands: [CheckConfiguration.self, GetSetting.self]
    )
}
