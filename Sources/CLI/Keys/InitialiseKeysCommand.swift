import ArgumentParser
import Federation
import Sodium
import Wire

/// `homeserver keys init`.
struct InitialiseKeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Makes the root key, the first online key and the keyset; overwrites nothing.",
        discussion: """
            The root key is closed with a passphrase of yours, asked for on the terminal or taken from --passphrase-file. \
            Nobody can recover it.
            """
    )

    @OptionGroup var options: KeysOptions

    @Option(
        help: ArgumentHelp(
            "Take the root's passphrase from the first line of this file (- is standard input) instead of asking for it.",
            valueName: "file"))
    var passphraseFile: String?

    @Flag(help: "For demos and tests: a root key that costs little, its passphrase made up and kept beside the others.")
    var throwAway = false

    @Flag(help: .hidden)
    var minimumKdf = false

    func validate() throws {
        guard !throwAway || passphraseFile == nil else {
            throw ValidationError("--throw-away makes up a passphrase: leave out --passphrase-file")
        }
    }

    func run() async throws {
        let resolved = try options.resolved()
        let passphrase = throwAway ? nil : try rootPassphrase()
        let made: InitialiseKeys.Result
        do throws(KeysProblem) {
            let directory = try KeyDirectory(
                makingKeysPath: resolved.keysPath, secretsPath: resolved.secretsPath)
            let initialise = InitialiseKeys(server: resolved.server)
            if let passphrase {
                made = try initialise.run(
                    in: directory, rootPassphrase: passphrase, rootCost: minimumKdf ? .minimum : .moderate)
            } else {
                made = try initialise.runThrowAway(in: directory)
            }
        } catch {
            throw CommandFailure(error)
        }
        report(made, resolved)
        await options.record(
            "keys init", of: resolved.server, "version=1 root=\(made.rootFingerprint) active=\(made.keyID)")
    }

    private func rootPassphrase() throws -> SecretBytes {
        try PassphraseInput(file: passphraseFile, what: "the root key")
            .new(atLeast: minimumKdf ? 1 : InitialiseKeys.minimumPassphraseBytes)
    }

    private func report(_ made: InitialiseKeys.Result, _ resolved: KeysOptions.Resolved) {
        if options.json {
            printJSON(MadeKeys(server: resolved.server, made: made))
            return
        }
        print("made the keys of \(resolved.server) in \(resolved.keysPath)")
        print("root fingerprint \(made.rootFingerprint)")
        print("keyset expires at \(made.keysetExpires)")
        print("online key \(made.keyID) expires at \(made.keyExpires)")
        if !throwAway {
            note(
                "The homeserver does not need root.sealed to run: keep it, with its passphrase, where the machine is not."
            )
        }
    }
}

/// What `keys init --json` prints.
private struct MadeKeys: JSONWritable {
    let server: ServerName
    let made: InitialiseKeys.Result

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("server", server)
        writer.field("root_fingerprint", made.rootFingerprint.text)
        writer.field("keyset_expires", made.keysetExpires)
        writer.field("key_id", made.keyID.text)
        writer.field("key_expires", made.keyExpires)
        writer.endObject()
    }
}
