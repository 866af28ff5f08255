import ArgumentParser
import Federation
import Sodium

/// `homeserver keys backup --to FILE`.
struct BackUpKeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Writes all keys into one new file and reads it back.",
        discussion: """
            The file opens with a passphrase of its own; a root key in it needs the root's passphrase besides. It is fit for \
            any place that keeps files.
            """
    )

    @OptionGroup var options: KeysOptions

    @Option(help: ArgumentHelp("The new file.", valueName: "file"))
    var to: String

    @Option(
        help: ArgumentHelp(
            "Take the backup's passphrase from the first line of this file (- is standard input) instead of asking for it.",
            valueName: "file"))
    var passphraseFile: String?

    @Flag(help: .hidden)
    var minimumKdf = false

    func run() async throws {
        do {
            let resolved = try options.resolved()
            let directory = try resolved.open()
            let passphrase = try PassphraseInput(file: passphraseFile, what: "the backup")
                .new(atLeast: minimumKdf ? 1 : InitialiseKeys.minimumPassphraseBytes)
            let file = OutsideFile(to)
            let made = try BackUpKeys(of: directory, server: resolved.server).run(
                to: file, passphrase: passphrase, cost: minimumKdf ? .minimum : .moderate)
            noteWarning(of: file)
            print("wrote keyset version \(made.version) and \(made.files.count) key files to \(to), and read it back")
            if !made.hasRoot {
                note("The present root key is not among them: it lies elsewhere, and needs a backup of its own.")
            }
            await options.record("keys backup", of: resolved.server, "version=\(made.version)")
        } catch let problem as KeysProblem {
            throw CommandFailure(problem)
        }
    }
}
