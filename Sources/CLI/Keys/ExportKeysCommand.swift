import ArgumentParser
import Federation

/// `homeserver keys export --to FILE`.
struct ExportKeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes what the machine with the root needs to sign the next keyset; nothing in it is secret.",
        discussion: """
            There: homeserver keys renew --from FILE --to SIGNED --root ROOT (or stage, activate, revoke, root-rotate). \
            Back here: homeserver keys verify SIGNED --install.
            """
    )

    @OptionGroup var options: KeysOptions

    @Option(help: ArgumentHelp("The new file.", valueName: "file"))
    var to: String

    @Flag(help: "Make a new online key here and hand over its public half, for a change that needs one.")
    var stage = false

    func run() async throws {
        do {
            let resolved = try options.resolved()
            let transfer = try ExportKeys(from: try resolved.open(), of: resolved.server)
                .run(to: OutsideFile(to), isStaging: stage)
            let version = transfer.keyset.keyset.version
            if options.json {
                printJSON(transfer)
            } else {
                print("wrote keyset version \(version) of \(resolved.server) to \(to)")
                if let key = transfer.newKey { print("with the public half of the new online key \(KeyID(of: key))") }
            }
            if let key = transfer.newKey {
                await options.record("keys export", of: resolved.server, "version=\(version) made=\(KeyID(of: key))")
            }
        } catch let problem as KeysProblem {
            throw CommandFailure(problem)
        }
    }
}
