import ArgumentParser
import Home

/// `homeserver peer retry NAME`: tries a peer again at once.
struct RetryPeerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Tries a homeserver again at once, and starts its lane if it stands still.",
        discussion: "Ends its back-off and takes note of its alarm. homeserver peer list shows what comes of it.")

    @OptionGroup var peer: OnePeer

    func run() async throws {
        try await peer.change { peers, _ in try await peers.retry(peer.server) }
    }
}
