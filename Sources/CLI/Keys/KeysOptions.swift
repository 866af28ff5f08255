import ArgumentParser
import Federation
import Wire

/// Whose keys, and where they lie: by the settings, or by options that outweigh them.
struct KeysOptions: ParsableArguments {
    @OptionGroup var configuration: ConfigurationOptions

    @Option(help: ArgumentHelp("The directory of the keys (default: the setting keys.directory).", valueName: "dir"))
    var keysDir: String?

    @Option(
        help: ArgumentHelp(
            "The directory of the passphrases (default: the setting secrets.directory).", valueName: "dir"))
    var secretsDir: String?

    @Option(help: ArgumentHelp("The homeserver's name (default: the setting name).", valueName: "name"))
    var serverName: String?

    @Flag(help: "Print JSON for programs.")
    var json = false

    struct Resolved {
        var server: ServerName
        var keysPath: String
        var secretsPath: String
    }

    /// Reads the settings only for what the options leave open.
    func resolved() throws -> Resolved {
        let named = try serverName.map { text in
            guard let server = ServerName(text) else {
                throw ValidationError("--server-name must be a lower-case DNS name without a port")
            }
            return server
        }
        if let named, let keysDir, let secretsDir {
            return Resolved(server: named, keysPath: keysDir, secretsPath: secretsDir)
        }
        let settings = try configuration.settings()
        return Resolved(
            server: named ?? settings.name, keysPath: keysDir ?? settings.keysDirectory,
            secretsPath: secretsDir ?? settings.secretsDirectory)
    }
}

extension CommandFailure {
    init(_ problem: KeysProblem) { self.init(problem.description) }
}

/// One JSON value as a line on standard output.
func printJSON(_ value: some JSONWritable) {
    print(String(decoding: JSONWriter.bytes(of: value), as: UTF8.self))
}
