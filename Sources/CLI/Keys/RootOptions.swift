import ArgumentParser
import Federation
import Sodium

/// Tells the operator what he has to know of the place where he keeps a secret; commands call it for each such file.
func noteWarning(of file: OutsideFile) {
    if let warning = file.warning { note("warning: \(warning)") }
}

/// Where the root key lies and what opens it, for every command that signs a keyset.
struct RootOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The root's sealed file (default: the one in the keys directory).", valueName: "file"))
    var root: String?

    @Option(
        help: ArgumentHelp(
            "Take the root's passphrase from the first line of this file (- is standard input) instead of asking for it.",
            valueName: "file"))
    var passphraseFile: String?

    /// Opens it; it must be the one that `keyset` names. `directory` is nil on a machine that has only the root.
    func open(for keyset: SignedKeyset, in directory: KeyDirectory?) throws -> Ed25519.SigningKey {
        let wanted = keyset.keyset.root
        do {
            guard let root else {
                guard let directory else { throw ValidationError("with --from, --root must name the root's file") }
                let file = try RootKeyFile(of: keyset, in: directory)
                return try file.open(try passphrase(in: file.isFirst ? directory : nil), for: wanted)
            }
            let file = OutsideFile(root)
            let sealed = try RootKeyFile(file)
            noteWarning(of: file)
            return try sealed.open(try passphrase(in: nil), for: wanted)
        } catch let problem as KeysProblem {
            throw CommandFailure(problem)
        }
    }

    /// That of a throw-away root lies beside it.
    private func passphrase(in directory: KeyDirectory?) throws -> SecretBytes {
        if passphraseFile == nil, let known = try directory?.throwAwayPassphrase() { return known }
        return try PassphraseInput(file: passphraseFile, what: "the root key").known()
    }
}
