import ArgumentParser

/// `homeserver registration-token …`: who holds one may make an account where registration.mode is `token`.
struct RegistrationTokens: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "registration-token",
        abstract: "Tokens by which accounts can be made: add, list, revoke.",
        subcommands: [AddRegistrationToken.self, ListRegistrationTokens.self, RevokeRegistrationToken.self]
    )
}
