import ArgumentParser
import Home

/// `homeserver user password`.
struct SetPassword: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "password", abstract: "Sets an account's password and ends all its sessions.")

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var secret: SecretInput

    @Argument(help: "The account's name or address.")
    var name: String

    func run() async throws {
        try await withAdministration(options) { administration in
            try await administration.setPassword(of: name, to: try secret.newPassword(for: name))
            print("set the password of \(name); its sessions have ended")
        }
    }
}
