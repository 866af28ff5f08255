import ArgumentParser
import Federation
import Sodium
import Wire

/// `homeserver keys root-rotate`.
struct RotateRootCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "root-rotate",
        abstract: "Puts a new root key in the place of the present one; both sign, so peers follow by themselves.",
        discussion: """
            The file of the old root is left where it is. Give the new fingerprint to operators who pin it by hand.
            """
    )

    @OptionGroup var options: KeysChangeOptions

    @Option(
        help: ArgumentHelp(
            "Write the new root into this new file (default: root-ID.sealed in the keys directory).", valueName: "file")
    )
    var newRoot: String?

    @Option(
        help: ArgumentHelp(
            "Take the new root's passphrase from the first line of this file instead of asking for it.",
            valueName: "file"))
    var newPassphraseFile: String?

    @Flag(help: .hidden)
    var minimumKdf = false

    func validate() throws {
        if options.from != nil, newRoot == nil {
            throw ValidationError("with --from, --new-root must name the new root's file")
        }
        if newPassphraseFile == "-", options.root.passphraseFile == "-" {
            throw ValidationError("only one passphrase can come from standard input")
        }
    }

    func run() async throws {
        do {
            let difference: KeysetDifference
            if let from = options.from, let to = options.to, let newRoot {
                difference = try rotateByFile(from: from, to: to, newRoot: OutsideFile(newRoot))
            } else {
                difference = try rotateHere()
            }
            if let newRoot { noteWarning(of: OutsideFile(newRoot)) }
            options.keys.show(difference)
            if options.from == nil { await options.keys.record("keys root-rotate", difference) }
        } catch let problem as KeysProblem {
            throw CommandFailure(problem)
        }
    }

    private func rotateHere() throws -> KeysetDifference {
        let resolved = try options.keys.resolved()
        let command = try ChangeKeys(in: try resolved.open(), of: resolved.server)
        let old = try options.root.open(for: command.current, in: try resolved.open())
        let signed = try command.rotateRoot(
            from: old, to: try makeRoot(), newRootFile: newRoot.map { OutsideFile($0) })
        return KeysetDifference(from: command.current, to: signed)
    }

    private func rotateByFile(from: String, to: String, newRoot: OutsideFile) throws -> KeysetDifference {
        let command = ChangeKeysByFile(try KeysTransfer(reading: OutsideFile(from)))
        let old = try options.root.open(for: command.transfer.keyset, in: nil)
        let signed = try command.rotateRoot(
            from: old, to: try makeRoot(), newRootFile: newRoot, to: OutsideFile(to))
        return KeysetDifference(from: command.transfer.keyset, to: signed)
    }

    private func makeRoot() throws -> NewRoot {
        let passphrase = try PassphraseInput(
            file: newPassphraseFile, what: "the new root key", option: "--new-passphrase-file"
        ).new(atLeast: minimumKdf ? 1 : InitialiseKeys.minimumPassphraseBytes)
        return try NewRoot(passphrase: passphrase, cost: minimumKdf ? .minimum : .moderate)
    }
}
