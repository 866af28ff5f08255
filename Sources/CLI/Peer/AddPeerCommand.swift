import ArgumentParser
import Federation
import Wire

/// `homeserver peer add NAME --root-fingerprint …`: pins a peer's root before the first contact.
struct AddPeerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Names a homeserver and pins its root key.",
        discussion: """
            Get the fingerprint from its operator by a way that you trust (homeserver keys fingerprint prints it there). \
            Without this command the root is pinned that the first contact shows. A running homeserver knows it within \
            a second.
            """
    )

    @OptionGroup var options: ConfigurationOptions

    @Argument(help: ArgumentHelp("The homeserver's name, what stands behind the @ of its users.", valueName: "name"))
    var name: String

    @Option(help: ArgumentHelp("The SHA-256 of its root's public half, as 64 hex digits.", valueName: "fingerprint"))
    var rootFingerprint: String

    func run() async throws {
        guard let server = ServerName(name) else {
            throw ValidationError("the name must be a lower-case DNS name without a port")
        }
        guard let fingerprint = Fingerprint(rootFingerprint) else {
            throw ValidationError("--root-fingerprint must have 64 hex digits, in groups or not")
        }
        try await withPeers(options) { peers, settings in
            try await AddPeer(peers: peers, us: settings.name).run(server, root: fingerprint)
        }
        print("\(server) root=\(fingerprint)")
    }
}
