import ArgumentParser
import Home

/// `homeserver user deactivate`.
struct DeactivateUser: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deactivate",
        abstract: "Ends an account for good: nobody can sign in, and its name is never given out again.")

    @OptionGroup var options: ConfigurationOptions

    @Argument(help: "The account's name or address.")
    var name: String

    func run() async throws {
        try await withAdministration(options) { administration in
            try await administration.deactivate(name)
            print("deactivated \(name)")
        }
    }
}
