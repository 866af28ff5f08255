import Home
package import Wire

/// What one operator gives another so that their homeservers know each other: `home1:NAME:ROOT:TOKEN`, one word for a shell.
///
/// `peer invite` prints it, `peer add --invite` reads it. The root is its maker's fingerprint as 64 hex digits; the token lets the guest in
/// once and is a secret until then.
package struct InviteCode: Sendable {
    private static let scheme = "home1"
    private static let maximumBytes = 512

    package let server: ServerName
    package let root: Fingerprint
    package let token: String

    package init(server: ServerName, root: Fingerprint, token: String) {
        self.server = server
        self.root = root
        self.token = token
    }

    /// Nil for whatever is none; whether the token is good, only its maker knows.
    package init?(_ text: String) {
        guard text.utf8.count <= InviteCode.maximumBytes else { return nil }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == InviteCode.scheme, let server = ServerName(String(parts[1])),
            let root = Fingerprint(String(parts[2])), !parts[3].isEmpty
        else { return nil }
        self.init(server: server, root: root, token: String(parts[3]))
    }

    package var text: String { "\(InviteCode.scheme):\(server):\(Hex.encode(root.bytes)):\(token)" }
}
