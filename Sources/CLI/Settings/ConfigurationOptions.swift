import ArgumentParser
import FoundationEssentials

/// The options by which every command finds the homeserver's settings.
struct ConfigurationOptions: ParsableArguments {
    @Option(
        name: .customLong("config"),
        help: ArgumentHelp(
            "The configuration file (default: $HOME_CONFIG, then /etc/home/config.json).", valueName: "file"))
    var file: String?

    /// The settings of file and environment, under the flags in `arguments`.
    func settings(arguments: [String] = []) throws -> Settings {
        try Settings(try sources(arguments: arguments))
    }

    /// Where they come from, for whoever wants to say so.
    func sources(arguments: [String]) throws -> SettingsSources {
        try SettingsSources(path: file, arguments: arguments, environment: ProcessInfo.processInfo.environment)
    }
}
