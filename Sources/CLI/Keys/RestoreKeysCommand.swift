import ArgumentParser
import Federation
import Sodium

/// `homeserver keys restore --from FILE`.
struct RestoreKeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Puts the keys of a backup back; overwrites nothing but an older keyset.",
        discussion: """
            Missing directories and files are made. A backup whose keyset is older than the one that is there, or of another \
            root, is refused.
            """
    )

    @OptionGroup var options: KeysOptions

    @Option(help: ArgumentHelp("What keys backup has written.", valueName: "file"))
    var from: String

    @Option(
        help: ArgumentHelp(
            "Take the backup's passphrase from the first line of this file (- is standard input) instead of asking for it.",
            valueName: "file"))
    var passphraseFile: String?

    func run() async throws {
        do {
            let resolved = try options.resolved()
            let passphrase = try PassphraseInput(file: passphraseFile, what: "the backup").known()
            let file = OutsideFile(from)
            let keyset = try RestoreKeys(server: resolved.server).run(
                from: file, passphrase: passphrase, keysPath: resolved.keysPath, secretsPath: resolved.secretsPath)
            noteWarning(of: file)
            print("restored keyset version \(keyset.version) of \(resolved.server)")
            note(
                "If keys were changed after this backup was made, peers refuse it as a rollback: keys/README.md says more."
            )
            await options.record("keys restore", of: resolved.server, "version=\(keyset.version)")
        } catch let problem as KeysProblem {
            throw CommandFailure(problem)
        }
    }
}
