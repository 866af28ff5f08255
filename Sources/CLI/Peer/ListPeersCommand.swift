import ArgumentParser
import Home

/// `homeserver peer list`: a line a peer: what is said and known of it, and how the lane to it stands.
struct ListPeersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the homeservers that this one knows, by name: policy, root key, lane, contact, alarms.")

    @OptionGroup var options: ConfigurationOptions

    @Flag(help: "One JSON object a line.")
    var json = false

    func run() async throws {
        try await withPeers(options) { peers, _ in
            for entry in try await peers.list() {
                let line = PeerLine(entry)
                if json { printJSON(line) } else { print(line.text) }
            }
        }
    }
}
