import FoundationEssentials
import Glibc

/// Who runs this command; what a command writes into the audit log names him by it.
struct Operator {
    /// The name of the system's user; behind `sudo` it is `alice as root`.
    ///
    /// What the environment says of sudo is believed: who can forge it can run the command as that user anyway.
    let name: String

    /// Whoever runs this process.
    static var current: Operator {
        let user = geteuid()
        let known = getpwuid(user).flatMap { $0.pointee.pw_name }.map { String(cString: $0) }
        return Operator(user: known ?? "uid \(user)", sudoUser: ProcessInfo.processInfo.environment["SUDO_USER"])
    }

    init(user: String, sudoUser: String?) {
        guard let sudoUser, sudoUser != user, Self.isName(sudoUser) else {
            name = user
            return
        }
        name = "\(sudoUser) as \(user)"
    }

    /// One word that may stand in a line of a list.
    private static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
