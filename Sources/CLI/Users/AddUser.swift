import ArgumentParser
import Home
import Wire

/// `homeserver user add`.
struct AddUser: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "add", abstract: "Makes an account.")

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var secret: SecretInput

    @Flag(help: "With the rights of an administrator.")
    var admin = false

    @Argument(help: "Its name: a-z, 0-9, '.', '_' and '-', at most 32.")
    var name: String

    func run() async throws {
        try await withAdministration(options) { administration in
            let password = try secret.newPassword(for: name)
            let user = try await administration.addAccount(username: name, password: password, isAdmin: admin)
            print("made \(user)\(admin ? ", an administrator" : "")")
        }
    }
}
