import ArgumentParser
import Home

/// The program: every command of it is one line here and one file.
@main
struct Homeserver: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "homeserver",
        abstract: "A federated community homeserver.",
        discussion: "Exit codes: 0 done, 1 done with a warning, 2 failed, 3 wrong usage or settings.",
        subcommands: [
            Serve.self, Migrate.self, DatabaseCommand.self, ConfigurationCommand.self, Users.self,
            RegistrationTokens.self, KeysCommand.self, PeerCommand.self, AuditCommand.self, CertificatesCommand.self,
            DoctorCommand.self,
            DemoPopulate.self,
        ]
    )

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            end(with: error)
        }
    }

    /// Says what went wrong, on standard error, and leaves with the code that the help promises.
    private static func end(with error: any Error) -> Never {
        switch error {
        case let error as SettingsError:
            complain("\(error)")
            exit(withError: ExitCode(3))
        case let error as HomeError:
            complain(CommandFailure(error).description)
            exit(withError: ExitCode(2))
        default:
            switch exitCode(for: error) {
            case .success:
                exit(withError: error)
            case .validationFailure:
                complain(fullMessage(for: error), prefix: "")
                exit(withError: ExitCode(3))
            case .failure where !(error is ExitCode):
                complain(message(for: error))
                exit(withError: ExitCode(2))
            case let code:
                exit(withError: code)
            }
        }
    }

    private static func complain(_ text: String, prefix: String = "error: ") {
        note(prefix + text)
    }
}
