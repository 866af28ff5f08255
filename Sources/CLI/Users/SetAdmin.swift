import ArgumentParser
import Home

/// `homeserver user admin`.
struct SetAdmin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "admin",
        abstract: "Gives an account the rights of an administrator, or takes them; ends its sessions.")

    @OptionGroup var options: ConfigurationOptions

    @Flag(help: "Take the rights instead.")
    var remove = false

    @Argument(help: "The account's name or address.")
    var name: String

    func run() async throws {
        try await withAdministration(options) { administration in
            try await administration.setAdmin(!remove, for: name)
            print(remove ? "\(name) is no administrator" : "\(name) is an administrator")
        }
    }
}
