import ArgumentParser
import Federation
import Wire

/// `homeserver keys revoke ID… | --all`.
struct RevokeKeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Takes online keys back for ever: peers refuse what they sign as soon as they hear of it.",
        discussion: """
            When the active key is among them, the staged one takes its place; if none is staged, or it is revoked too, a \
            new one is made. keys status lists the ids.
            """
    )

    @OptionGroup var options: KeysChangeOptions

    @Flag(help: "Every key that signs or could: what was on a machine that somebody else had in his hands.")
    var all = false

    @Option(
        help: ArgumentHelp(
            "When the key was stolen or lost, as 2026-11-28T03:00:00Z (default: now).", valueName: "time"))
    var at: String?

    @Argument(help: ArgumentHelp("The keys: 16 hex digits each.", valueName: "id"))
    var ids: [String] = []

    func validate() throws {
        guard all != !ids.isEmpty else { throw ValidationError("name the keys, or give --all") }
        guard ids.count <= Keyset.maximumKeys, Set(ids).count == ids.count else {
            throw ValidationError("a key is named twice")
        }
        for id in ids where KeyID(id) == nil { throw ValidationError("'\(id)' is no key id: 16 lower-case hex digits") }
        if let at, Instant(rfc3339: at) == nil {
            throw ValidationError("--at must be a time such as 2026-11-28T03:00:00Z, not '\(at)'")
        }
    }

    func run() async throws {
        let change = KeysetChange.revoke(
            all ? nil : ids.compactMap { KeyID($0) }, at: at.flatMap { Instant(rfc3339: $0) })
        try await options.run(change, as: "keys revoke")
    }
}
