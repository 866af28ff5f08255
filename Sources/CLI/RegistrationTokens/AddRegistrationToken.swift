import ArgumentParser
import Home
import Wire

/// `homeserver registration-token add`: prints the token, which is shown this once.
struct AddRegistrationToken: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Makes a token and prints it: it is shown only now.")

    @OptionGroup var options: ConfigurationOptions

    @Option(help: ArgumentHelp("How many accounts can be made with it.", valueName: "number"))
    var uses = 1

    @Option(help: ArgumentHelp("When it ends: 30m, 12h or 7d from now (default: never).", valueName: "time"))
    var expires: Lifetime?

    func run() async throws {
        try await withAdministration(options) { administration in
            let token = try await administration.addRegistrationToken(uses: uses, lifetime: expires?.duration)
            print(token.token)
            let end = token.expiresAt.map { ", until \($0.rfc3339)" } ?? ""
            note("token \(token.key), for \(uses) account\(uses == 1 ? "" : "s")\(end)")
        }
    }
}

/// A time from now as an operator writes it: a whole number of minutes, hours or days.
struct Lifetime: ExpressibleByArgument {
    let duration: Duration

    init(_ duration: Duration) { self.duration = duration }

    init?(argument: String) {
        let units: [Character: Int64] = ["m": 60, "h": 3600, "d": 86_400]
        guard let unit = argument.last.flatMap({ units[$0] }), let number = Int64(argument.dropLast()) else {
            return nil
        }
        guard (1...10_000_000).contains(number) else { return nil }
        duration = .seconds(number * unit)
    }

    /// In hours, as a default of ours is shown.
    var defaultValueDescription: String { "\(duration.components.seconds / 3600)h" }
}
