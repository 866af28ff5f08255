import ArgumentParser
import Federation
import Sodium

/// A passphrase for a command about keys, from a file or from the terminal; never from the command line.
struct PassphraseInput {
    let file: String?
    /// `the root key`, for the question.
    let what: String
    /// The option to name when there is no terminal.
    var option = "--passphrase-file"

    /// One that exists already.
    func known() throws -> SecretBytes {
        if let file { return SecretBytes(copying: try SecretInput.firstLine(of: file).utf8) }
        guard let text = SecretInput.ask("Passphrase of \(what): ") else { throw noTerminal }
        return SecretBytes(copying: text.utf8)
    }

    /// A new one, asked for twice.
    func new(atLeast least: Int = InitialiseKeys.minimumPassphraseBytes) throws -> SecretBytes {
        let text: String
        if let file {
            text = try SecretInput.firstLine(of: file)
        } else {
            guard let first = SecretInput.ask("Passphrase for \(what): "),
                let second = SecretInput.ask("The same again: ")
            else { throw noTerminal }
            guard first == second else { throw CommandFailure("the two passphrases differ") }
            text = first
        }
        guard text.utf8.count >= least else {
            throw CommandFailure("the passphrase for \(what) must have at least \(least) bytes")
        }
        return SecretBytes(copying: text.utf8)
    }

    private var noTerminal: CommandFailure {
        CommandFailure("there is no terminal to ask for the passphrase of \(what); use \(option)")
    }
}
