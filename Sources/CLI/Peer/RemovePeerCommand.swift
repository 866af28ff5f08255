import ArgumentParser
import Home

/// `homeserver peer remove NAME`: forgets what was said and learnt of a peer.
struct RemovePeerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Forgets a homeserver: its policy, its root key and its alarms.",
        discussion: """
            Friendships and conversations with its users stay, and in mode open the next contact makes it known again, as a stranger; \
            peer block keeps it away. Nothing may wait for it, unless --force says that it shall fail.
            """)

    @OptionGroup var options: ConfigurationOptions

    @Argument(help: PeerName.help)
    var name: PeerName

    @Flag(help: "What waits for it fails, and the authors are told.")
    var force = false

    func run() async throws {
        try await withPeers(options) { peers, _ in
            try await peers.remove(name.server, force: force)
        }
        note("\(name.server) is removed")
    }
}
