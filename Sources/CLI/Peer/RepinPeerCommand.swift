import ArgumentParser
import Federation
import Home

/// `homeserver peer repin NAME --root-fingerprint …`: believes another root of a peer from now on.
struct RepinPeerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repin",
        abstract: "Pins another root key of a homeserver, when its operator has made a new one.",
        discussion: """
            Only after its operator has told you the fingerprint by a way that you trust: a root that has changed is also what an \
            impostor would show. The queue is kept, and delivery goes on when a keyset of the new root is shown.
            """)

    @OptionGroup var peer: OnePeer

    @Option(help: ArgumentHelp("The SHA-256 of its root's public half, as 64 hex digits.", valueName: "fingerprint"))
    var rootFingerprint: String

    func validate() throws {
        guard Fingerprint(rootFingerprint) != nil else {
            throw ValidationError("--root-fingerprint must have 64 hex digits, in groups or not")
        }
    }

    func run() async throws {
        guard let root = Fingerprint(rootFingerprint) else { return }
        try await peer.change { peers, settings in
            if settings.peers.contains(where: { $0.name == peer.server && $0.rootFingerprint != nil }) {
                throw CommandFailure(
                    "the root of \(peer.server) is pinned by peers in the configuration; change it there")
            }
            try await peers.repin(peer.server, fingerprint: root.text)
        }
    }
}
