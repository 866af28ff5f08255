import ArgumentParser
import Federation
import Wire

/// `homeserver peer test NAME`: what is wrong with a link, and what to do about it.
struct TestPeerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Goes the way to a homeserver step by step, and back, and says what is wrong and what to do.",
        discussion: """
            Name, addresses, connection, certificate, clock, keys, a signed echo to it and its own to us. It changes \
            nothing. The way back needs a running homeserver serve here. Exit codes: 0 all is well, 1 a warning, 2 a \
            step failed (it is the last line), 3 wrong usage.
            """
    )

    @OptionGroup var options: ConfigurationOptions

    @Argument(help: ArgumentHelp("The homeserver's name, what stands behind the @ of its users.", valueName: "name"))
    var name: String

    @Flag(help: "One JSON object a line, one for each step.")
    var json = false

    func run() async throws {
        ProcessLimits.prepare()
        guard let server = ServerName(name) else {
            throw ValidationError("the name must be a lower-case DNS name without a port")
        }
        let level = try await withPeers(options) { peers, settings in
            guard server != settings.name else {
                throw ValidationError("that is this homeserver itself: homeserver doctor")
            }
            let test = TestPeer(rules: try settings.linkRules(), keys: try settings.openKeys(), peers: peers)
            return try await test.run(server) { [json] finding in show(finding, json: json) }
        }
        if level != .ok { throw ExitCode(level.exitCode) }
    }
}
