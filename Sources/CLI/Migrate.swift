import ArgumentParser
import Home
import Postgres

/// `homeserver migrate`: brings the database's schema up to this program's; run by the operator and by ops before a start.
struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Brings the database's schema up to this program's.",
        usage: "homeserver migrate [--config <file>] [--check | --known] [--<setting> <value> ...]",
        discussion: "A database that is newer than the program is refused and left as it is."
    )

    @OptionGroup var options: ConfigurationOptions

    @Flag(help: "Change nothing; say what is missing, and end with code 1 if anything is.")
    var check = false

    @Flag(help: "Print the names of all migrations that this program knows, in their order; no database is asked.")
    var known = false

    @Argument(parsing: .allUnrecognized, help: .hidden)
    var flags: [String] = []

    func validate() throws {
        guard !(check && known) else { throw ValidationError("--check and --known cannot go together") }
    }

    func run() async throws {
        guard !known else {
            for migration in Schema.migrations { print(migration.name) }
            return
        }
        let settings = try options.settings(arguments: flags)
        StructuredLog.bootstrapForCommand(settings.log)
        try await withDatabase(settings.postgres.unhurried()) { client in
            guard check else {
                let applied = try await migrate(client, migrations: Schema.migrations)
                for name in applied { print("applied \(name)") }
                print("the schema is up to date (\(Schema.migrations.count) migrations)")
                return
            }
            let state = try await schemaState(client, migrations: Schema.migrations)
            for name in state.pending { print("missing \(name)") }
            guard state.isCurrent else { throw ExitCode(1) }
            print("the schema is up to date (\(Schema.migrations.count) migrations)")
        }
    }
}
