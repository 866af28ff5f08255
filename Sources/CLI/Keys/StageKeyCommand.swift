import ArgumentParser
import Federation

/// `homeserver keys stage`.
struct StageKeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stage",
        abstract: "Makes the next online key and publishes it, so that peers know it before it signs."
    )

    @OptionGroup var options: KeysChangeOptions

    func run() async throws {
        try await options.run(.stage, as: "keys stage")
    }
}
