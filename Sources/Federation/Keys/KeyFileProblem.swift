/// Why a key file or its directory is not used; the text names path, what was found and what is wanted.
package enum KeyFileProblem: Error, Equatable, CustomStringConvertible, Sendable {
    case missing(path: String)
    case exists(path: String)
    case mode(path: String, found: UInt32, wanted: UInt32)
    case owner(path: String, found: UInt32, wanted: UInt32)
    case notAFile(path: String)
    case notADirectory(path: String)
    /// Another command holds the directory.
    case busy(path: String)
    case tooLong(path: String, maximum: Int)
    case system(path: String, operation: String, error: String)

    package var description: String {
        switch self {
        case .missing(let path): "\(path) does not exist"
        case .exists(let path): "\(path) exists already and is never overwritten"
        case .mode(let path, let found, let wanted):
            "\(path) has mode \(octal(found)), which others can use; it must be \(octal(wanted)): chmod \(octal(wanted)) \(path)"
        case .owner(let path, let found, let wanted):
            "\(path) belongs to user \(found); it must belong to user \(wanted), who runs this"
        case .notAFile(let path): "\(path) is not a plain file (a link is not followed)"
        case .notADirectory(let path): "\(path) is not a directory (a link is not followed)"
        case .busy(let path): "\(path) is being changed by another command; try again when it is done"
        case .tooLong(let path, let maximum): "\(path) is longer than \(maximum) bytes"
        case .system(let path, let operation, let error): "\(path): \(operation) failed: \(error)"
        }
    }

    private func octal(_ mode: UInt32) -> String {
        let digits = String(mode, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
    }
}
