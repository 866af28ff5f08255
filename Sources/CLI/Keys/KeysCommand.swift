import ArgumentParser

/// `homeserver keys …`: this homeserver's own signing keys; works on the files alone, whether or not it runs.
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "This homeserver's signing keys: init, status, fingerprint.",
        discussion: "keys/README.md explains which keys there are and who keeps them.",
        subcommands: [InitialiseKeysCommand.self, KeysStatusCommand.self, KeysFingerprintCommand.self]
    )
}
