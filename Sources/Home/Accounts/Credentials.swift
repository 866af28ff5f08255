import Wire

/// The rules for user names and passwords that somebody chooses; used by registration, by changes and by the CLI.
///
/// NOTSPEC: RFC 8265 §4.2.2 asks for NFC. A password is taken as the bytes that were sent, because neither the standard library nor
/// FoundationEssentials normalises; a client that wants its users to sign in from every keyboard sends NFC, as ours does.
enum Credentials {
    /// The address that a new user named `username` has here.
    static func newUser(_ username: String, at server: ServerName) throws(HomeError) -> UserID {
        guard let user = UserID(local: username, server: server) else {
            throw .invalid(field: "username", problem: problem(withName: username))
        }
        return user
    }

    /// The address of the local user who is meant by a name or by a whole address.
    static func localUser(_ username: String, at server: ServerName) throws(HomeError) -> UserID {
        guard let user = UserID(username, home: server) else {
            throw .invalid(field: "username", problem: problem(withName: username))
        }
        guard user.server == server else {
            throw .invalid(field: "username", problem: "belongs to another homeserver")
        }
        return user
    }

    /// A password that is to be set.
    static func checkNewPassword(_ password: String, field: String = "password", for user: UserID) throws(HomeError) {
        try checkLength(password, field: field)
        let codePoints = password.unicodeScalars.count
        guard codePoints >= AccountLimits.passwordCodePointsAtLeast else {
            throw .invalid(
                field: field, problem: "is shorter than \(AccountLimits.passwordCodePointsAtLeast) characters")
        }
        guard codePoints <= AccountLimits.passwordCodePoints else {
            throw .tooLarge(field: field, problem: "is longer than \(AccountLimits.passwordCodePoints) characters")
        }
        guard !password.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            throw .invalid(field: field, problem: "must not contain control characters")
        }
        guard password != user.local, password != user.text else {
            throw .invalid(field: field, problem: "must not be the user's name")
        }
    }

    /// A password that is only compared: nothing but its size and U+0000 is refused, everything else is right or wrong.
    static func checkLength(_ password: String, field: String) throws(HomeError) {
        guard password.utf8.count <= AccountLimits.passwordBytes else {
            throw .tooLarge(field: field, problem: "is longer than \(AccountLimits.passwordBytes) bytes")
        }
        guard !password.utf8.contains(0) else {
            throw .invalid(field: field, problem: "must not contain U+0000")
        }
    }

    private static func problem(withName name: String) -> String {
        if name.isEmpty { return "is empty" }
        if name.utf8.contains(where: { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }) {
            return "must be lower-case"
        }
        if name.utf8.count > Limits.localPartBytes { return "is longer than \(Limits.localPartBytes) characters" }
        return "may contain only a-z, 0-9, '.', '_' and '-'"
    }
}
