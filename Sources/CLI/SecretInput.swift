import ArgumentParser
import FoundationEssentials
import Glibc

/// A new password, from a file or from the terminal; never from the command line, where everybody can read it.
struct SecretInput: ParsableArguments {
    private static let largestBytes = 4096

    @Option(
        help: ArgumentHelp(
            "Take the password from the first line of this file (- is standard input) instead of asking for it.",
            valueName: "file"))
    var passwordFile: String?

    /// - Parameter name: whose password it is, for the question.
    func newPassword(for name: String) throws -> String {
        if let passwordFile { return try Self.firstLine(of: passwordFile) }
        guard let first = Self.ask("New password for \(name): "), let second = Self.ask("The same again: ") else {
            throw CommandFailure("there is no terminal to ask for the password; use --password-file")
        }
        guard first == second else { throw CommandFailure("the two passwords differ") }
        return first
    }

    static func firstLine(of path: String) throws -> String {
        let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandFailure("\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { if path != "-" { close(descriptor) } }
        guard let line = line(from: descriptor) else {
            throw CommandFailure(
                "the first line of \(path == "-" ? "standard input" : path) is no text of up to 4096 bytes")
        }
        return line
    }

    /// Asks on the terminal, without showing what is typed; nil when there is none.
    static func ask(_ question: String) -> String? {
        let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC)
        guard terminal >= 0 else { return nil }
        defer { close(terminal) }
        var before = termios()
        guard tcgetattr(terminal, &before) == 0 else { return nil }
        var silent = before
        silent.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(terminal, TCSAFLUSH, &silent)
        defer {
            tcsetattr(terminal, TCSAFLUSH, &before)
            _ = "\n".withCString { write(terminal, $0, 1) }
        }
        _ = question.withCString { write(terminal, $0, strlen($0)) }
        return line(from: terminal)
    }

    /// Up to the first newline or the end; nil when that is too long or not UTF-8.
    private static func line(from descriptor: Int32) -> String? {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while bytes.count <= largestBytes {
            let count = read(descriptor, &byte, 1)
            if count < 0 && errno == EINTR { continue }
            if count <= 0 || byte == UInt8(ascii: "\n") { break }
            bytes.append(byte)
        }
        guard bytes.count <= largestBytes else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}
