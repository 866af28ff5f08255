import ArgumentParser
import Home

/// `homeserver peer block NAME`: not spoken with, in either direction.
struct BlockPeerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "block", abstract: "Speaks with a homeserver no more.",
        discussion: """
            Its requests are refused and nothing is sent to it. What waits for it fails, and the authors are told; users here cannot \
            write to its users any more. Friendships and conversations stay as they are. peer allow ends it.
            """)

    @OptionGroup var peer: OnePeer

    func run() async throws {
        try await peer.change { peers, _ in try await peers.setPolicy(.blocked, of: peer.server) }
    }
}
