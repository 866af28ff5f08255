import ArgumentParser
import Federation
import Home
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

        func open() throws(KeysProblem) -> KeyDirectory {
            try KeyDirectory(keysPath: keysPath, secretsPath: secretsPath)
        }
    }

    /// Whether an option says where the keys lie or whose they are.
    var names: Bool { keysDir != nil || secretsDir != nil || serverName != nil }

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

extension KeysOptions {
    /// Says what a change did: lines for people, an object for programs.
    func show(_ difference: KeysetDifference) {
        if json {
            printJSON(difference)
        } else {
            for line in difference.lines { print(line) }
        }
    }

    /// Leaves an entry in the audit log where the settings lead to one. The change is done already: a database that is away
    /// costs a warning.
    func record(_ action: String, _ difference: KeysetDifference) async {
        await record(action, of: difference.new.server, difference.summary)
    }

    func record(_ action: String, of server: ServerName, _ detail: String) async {
        let settings: Settings
        do {
            settings = try configuration.settings()
        } catch {
            // Without settings there is no database: a machine that has only the keys.
            return
        }
        StructuredLog.bootstrapForCommand(settings.log)
        let change = AuditedChange(
            actor: Operator.current.name, action: action, subject: server.text, detail: detail)
        do {
            try await withDatabase(settings.postgres.alone) { client in
                try await AuditLog(database: client).record(change, at: SystemTime().now())
            }
        } catch {
            note("warning: this is done, but not in the audit log: \(error)")
        }
    }
}

extension CommandFailure {
    init(_ problem: KeysProblem) { self.init(problem.description) }
}

/// One JSON value as a line on standard output, which may be a terminal.
func printJSON(_ value: some JSONWritable) {
    print(PlainText.json(String(decoding: JSONWriter.bytes(of: value), as: UTF8.self)))
}
