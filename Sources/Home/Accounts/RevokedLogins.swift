import Wire

/// The command `logins.revoked`: the CLI deleted these logins, so the running process forgets them and closes their sockets.
enum RevokedLogins {
    static let kind = "logins.revoked"

    static let apply: ControlHandler = { (home, payload) async throws(HomeError) in
        home.end(try logins(in: payload))
    }

    /// Reads `{"logins":[…]}`.
    static func logins(in payload: String) throws(HomeError) -> [LoginID] {
        var logins: [LoginID] = []
        guard case .object(let object)? = try? JSON.parse(Array(payload.utf8)),
            case .array(let list)? = object["logins"]
        else { throw .invalid(field: "logins", problem: "is missing") }
        for entry in list {
            guard case .string(let text) = entry, let id = LoginID(text) else {
                throw .invalid(field: "logins", problem: "must hold session ids")
            }
            logins.append(id)
        }
        return logins
    }
}
