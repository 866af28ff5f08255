import ArgumentParser
import Federation
import Home
import Wire

/// `homeserver peer invite [NAME]`: a code by which another homeserver knows this one and is let in.
struct InvitePeerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "invite",
        abstract: "Prints a code for another homeserver's operator: name, root fingerprint and a token for one use.",
        discussion: """
            He gives it to homeserver peer add --invite, which pins this homeserver's root there. The first hello that shows the token \
            makes its sender allowed here, also in mode allowlist. Whoever has the code first can use it, once: give it away like a \
            password, or name the homeserver that alone may use it. It is shown only now.
            """)

    @OptionGroup var options: ConfigurationOptions

    @Argument(
        help: ArgumentHelp("The homeserver that alone may use it (default: whoever has the code).", valueName: "name"))
    var name: PeerName?

    @Option(help: ArgumentHelp("When it ends: 30m, 12h or 7d from now, 30d at most.", valueName: "time"))
    var expires = Lifetime(PeerAdministration.inviteLife)

    @Flag(help: "Print JSON for programs.")
    var json = false

    func run() async throws {
        try await withPeers(options) { peers, settings in
            let root: Fingerprint
            do throws(KeysProblem) {
                let directory = try KeyDirectory(
                    keysPath: settings.keysDirectory, secretsPath: settings.secretsDirectory)
                root = Fingerprint(of: try directory.loadKeyset(of: settings.name).keyset.root)
            } catch {
                throw CommandFailure(error)
            }
            let (token, end) = try await peers.invite(name?.server, for: expires.duration)
            let code = InviteCode(server: settings.name, root: root, token: token)
            if json { return printJSON(Made(code: code.text, end: end)) }
            print(code.text)
            note("for \(name.map { "\($0.server)" } ?? "whoever has it"), once, until \(end.rfc3339)")
            if settings.federation.mode == .closed { note("federation.mode is closed here: it lets nobody in yet") }
        }
    }

    private struct Made: JSONWritable {
        let code: String
        let end: Instant

        func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.field("code", code)
            writer.field("expires_at", end)
            writer.endObject()
        }
    }
}
