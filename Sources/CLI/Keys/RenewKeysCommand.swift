import ArgumentParser
import Federation

/// `homeserver keys renew`.
struct RenewKeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "renew",
        abstract:
            "Signs a keyset that is good for a year, with a new online key when the present one ends within 30 days.",
        discussion: "Run it whenever keys status warns; running it earlier does no harm."
    )

    @OptionGroup var options: KeysChangeOptions

    func run() async throws {
        try await options.run(.renew, as: "keys renew")
    }
}
