import ArgumentParser
import Home
import Postgres
import Wire

/// `homeserver database restored`: a database from a backup is another life of the same homeserver; called by ops/restore, or by
/// whoever restores by hand, before the first start.
struct DatabaseRestored: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restored",
        abstract: "Gives a restored database a new incarnation and ends all logins, before its first start.",
        usage: "homeserver database restored [--config <file>] [--<setting> <value> ...]",
        discussion: """
            What was numbered after the backup is lost, and its numbers will be given again. The new incarnation tells the two \
            lives apart. A login that was ended after the backup is in it again, so all are ended: everybody signs in anew. \
            Refused while a homeserver serves the database, and for a database of another homeserver.
            """
    )

    @OptionGroup var options: ConfigurationOptions

    @Argument(parsing: .allUnrecognized, help: .hidden)
    var flags: [String] = []

    func run() async throws {
        let settings = try options.settings(arguments: flags)
        StructuredLog.bootstrapForCommand(settings.log)
        try await withDatabase(settings.postgres.alone) { client in
            try await requireCurrentSchema(client)
            guard let lock = try await client.advisoryLock(Home.servingLock) else {
                throw CommandFailure("a homeserver process serves this database; stop it first")
            }
            let restored = try await NewIncarnation(database: client)(
                of: settings.name, by: Operator.current.name, at: SystemTime().now())
            await lock.release()
            print("the database of \(settings.name) has the new incarnation \(restored.incarnation)")
            let count = restored.endedLogins
            print("\(count) login\(count == 1 ? " is" : "s are") ended: everybody signs in again")
        }
    }
}
