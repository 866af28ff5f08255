import ArgumentParser
import Home
import Wire

/// What every command about one peer takes: its name, and where the settings are.
struct OnePeer: ParsableArguments {
    @OptionGroup var options: ConfigurationOptions

    @Argument(help: PeerName.help)
    var name: PeerName

    @Flag(help: "Print JSON for programs.")
    var json = false

    var server: ServerName { name.server }

    /// Does something with the peer and prints what became of it.
    func change(_ body: (PeerAdministration, Settings) async throws -> Void) async throws {
        try await withPeers(options) { peers, settings in
            try await body(peers, settings)
            try await printPeer(server, peers, json: json)
        }
    }
}
