import ArgumentParser

/// `homeserver keys …`: this homeserver's own signing keys; works on the files alone, whether or not it runs.
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "This homeserver's signing keys.",
        discussion: """
            keys/README.md explains which keys there are and who keeps them. A homeserver that runs follows every change by \
            itself, within a second.
            """,
        subcommands: [
            InitialiseKeysCommand.self, KeysStatusCommand.self, KeysFingerprintCommand.self, StageKeyCommand.self,
            ActivateKeyCommand.self, RevokeKeysCommand.self, RenewKeysCommand.self, RotateRootCommand.self,
            ExportKeysCommand.self, VerifyKeysCommand.self, BackUpKeysCommand.self, RestoreKeysCommand.self,
        ]
    )
}
