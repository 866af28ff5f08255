package import Sodium
package import Wire

/// Why the homeserver's own keys cannot be made or used; the text is for the operator.
package enum KeysProblem: Error, Equatable, CustomStringConvertible, Sendable {
    case file(KeyFileProblem)
    case sealed(path: String, SealedFileError)
    case invalid(path: String, problem: String)
    case wrongServer(path: String, found: ServerName, wanted: ServerName)
    case rootElsewhere(path: String)
    /// A keyset that nobody who knows the present one would believe.
    case refused(path: String, KeysetPolicy.Verdict)
    /// The keyset cannot be changed so.
    case change(KeysetChangeProblem)

    package var description: String {
        switch self {
        case .file(let problem): problem.description
        case .sealed(let path, .wrongPassphraseOrChanged): "\(path): the passphrase is wrong, or the file was changed"
        case .sealed(let path, .malformed(let field)): "\(path): \(field) is not as the format has it"
        case .sealed(let path, .unsupported(let field)):
            "\(path): \(field) is of a kind that this version does not know"
        case .sealed(let path, .tooCostly): "\(path): ops or mem is above what may be asked for"
        case .sealed(let path, .outOfMemory): "\(path): not enough memory to open it"
        case .invalid(let path, let problem): "\(path): \(problem)"
        case .rootElsewhere(let path):
            "\(path) is not here: name the root's file with --root, or sign on the machine that has it (keys export)"
        case .refused(let path, .rollback): "\(path) is older than the present keyset"
        case .refused(let path, .equivocation):
            "\(path) does not follow from the present keyset: both were made from the same one"
        case .refused(let path, .rootChanged):
            "\(path) is signed by another root, and the present one has not signed it"
        case .refused(let path, .invalid(let field)): "\(path) would be believed by nobody: \(field) breaks a rule"
        case .refused(let path, .accept): "\(path) is refused"
        case .change(let problem): problem.description
        case .wrongServer(let path, let found, let wanted): "\(path): is the keyset of \(found), not of \(wanted)"
        }
    }
}
