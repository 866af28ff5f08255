import ArgumentParser
import Home

/// `homeserver peer limit NAME`: no new friend requests, in either direction.
struct LimitPeerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "limit", abstract: "Takes no new friend requests to or from a homeserver.",
        discussion: """
            Friendships that there are go on; so do requests that were made before. peer allow ends it.
            """)

    @OptionGroup var peer: OnePeer

    func run() async throws {
        try await peer.change { peers, _ in try await peers.setPolicy(.limited, of: peer.server) }
    }
}
