import ArgumentParser

/// `homeserver database …`: what the programs that save and restore the database need of the homeserver.
struct DatabaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "database",
        abstract: "For backups: how to reach the database, and what a restored one has to be told.",
        subcommands: [DatabaseService.self, DatabaseRestored.self]
    )
}
