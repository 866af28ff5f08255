import ArgumentParser
import Home

/// `homeserver peer allow NAME`: speaks with it, also in mode `allowlist`.
struct AllowPeerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "allow", abstract: "Speaks with a homeserver, in the modes open and allowlist.",
        discussion: """
            Also ends what peer block and peer limit began. The name need not be known yet. Without peer add its root key is \
            pinned that the first contact shows.
            """)

    @OptionGroup var peer: OnePeer

    func run() async throws {
        try await peer.change { peers, _ in try await peers.setPolicy(.allowed, of: peer.server) }
    }
}
