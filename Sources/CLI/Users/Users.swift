import ArgumentParser

/// `homeserver user …`: the accounts of this homeserver, whether or not it runs.
struct Users: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user",
        abstract: "Accounts: add, password, admin, deactivate, list.",
        discussion: "A running homeserver obeys at once: sessions that end lose their connections.",
        subcommands: [AddUser.self, SetPassword.self, SetAdmin.self, DeactivateUser.self, ListUsers.self]
    )
}
