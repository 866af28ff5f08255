import ArgumentParser
import Home

/// `homeserver registration-token revoke`.
struct RevokeRegistrationToken: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "revoke", abstract: "Ends a token at once.")

    @OptionGroup var options: ConfigurationOptions

    @Argument(help: "Its number, as add and list show it.")
    var number: Int64

    func run() async throws {
        try await withAdministration(options) { administration in
            try await administration.revokeRegistrationToken(number)
            print("revoked token \(number)")
        }
    }
}
