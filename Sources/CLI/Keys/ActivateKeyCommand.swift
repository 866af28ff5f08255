import ArgumentParser
import Federation

/// `homeserver keys activate`.
struct ActivateKeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "activate",
        abstract: "Lets the staged key sign from now on; the old one is believed for ten more minutes.",
        discussion: """
            It may follow right after keys stage: a homeserver that runs tells every peer of the change before the new key \
            signs, and a peer that could not be told asks when it meets the key.
            """
    )

    @OptionGroup var options: KeysChangeOptions

    func run() async throws {
        try await options.run(.activate, as: "keys activate")
    }
}
