import ArgumentParser
import Federation
import Home
import Wire

/// `homeserver peer add NAME --root-fingerprint …` or `--invite CODE`: pins a peer's root before the first contact and allows it.
struct AddPeerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Names a homeserver, pins its root key and allows it.",
        discussion: """
            Get the fingerprint from its operator by a way that you trust (homeserver keys fingerprint prints it there), or the code of \
            an invitation (homeserver peer invite), which holds name, fingerprint and a token that lets this homeserver in there. \
            Without this command the root is pinned that the first contact shows.
            """
    )

    @OptionGroup var options: ConfigurationOptions

    @Argument(help: PeerName.help)
    var name: PeerName?

    @Option(help: ArgumentHelp("The SHA-256 of its root's public half, as 64 hex digits.", valueName: "fingerprint"))
    var rootFingerprint: String?

    @Option(
        help: ArgumentHelp(
            "The code of an invitation, in place of both; - reads it from standard input.", valueName: "code"))
    var invite: String?

    @Flag(help: "Print JSON for programs.")
    var json = false

    func validate() throws {
        switch (name, rootFingerprint, invite) {
        case (_?, let text?, nil):
            guard Fingerprint(text) != nil else {
                throw ValidationError("--root-fingerprint must have 64 hex digits, in groups or not")
            }
        case (_, nil, let code?):
            guard code == "-" || InviteCode(code) != nil else {
                throw ValidationError(
                    "--invite must be a code as homeserver peer invite prints it: home1:NAME:ROOT:TOKEN")
            }
        case (_, _?, _?): throw ValidationError("--invite holds the fingerprint already; give one of the two")
        case (nil, _, nil): throw ValidationError("give a name with --root-fingerprint, or --invite")
        case (_?, nil, nil): throw ValidationError("--root-fingerprint is missing")
        }
    }

    func run() async throws {
        let code = try inviteCode()
        try await withPeers(options) { peers, _ in
            let add = AddPeer(peers: peers)
            if let code {
                try await add.run(code)
                try await printPeer(code.server, peers, json: json)
            } else if let name, let root = rootFingerprint.flatMap({ Fingerprint($0) }) {
                try await add.run(name.server, root: root)
                try await printPeer(name.server, peers, json: json)
            }
        }
    }

    private func inviteCode() throws -> InviteCode? {
        guard let invite else { return nil }
        let text = invite == "-" ? try SecretInput.firstLine(of: "-") : invite
        guard let code = InviteCode(text) else { throw CommandFailure("standard input holds no code of an invitation") }
        if let name, name.server != code.server {
            throw ValidationError("the invitation is of \(code.server), not of \(name.server)")
        }
        return code
    }
}
