import ArgumentParser
import Postgres

/// `homeserver database service`: the database of the settings for pg_dump and psql; called by ops/backup and ops/restore.
struct DatabaseService: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "service",
        abstract: "Prints the connection to the database as a libpq service file, with its service called home.",
        usage: "homeserver database service [--config <file>] [--<setting> <value> ...]",
        discussion: """
            Written to a file that only its owner may read, it lets PostgreSQL's programs reach the database without a \
            password in their arguments: PGSERVICEFILE=FILE psql service=home. It holds the password, if there is one.
            """
    )

    @OptionGroup var options: ConfigurationOptions

    @Argument(parsing: .allUnrecognized, help: .hidden)
    var flags: [String] = []

    func run() async throws {
        let settings = try options.settings(arguments: flags)
        do throws(PostgresError) {
            print(try PostgresConninfo(settings.database.url).serviceFile(named: "home"), terminator: "")
        } catch {
            throw SettingsError(setting: "database.url", origin: .nowhere, problem: "cannot be used: \(error)")
        }
    }
}
