import ArgumentParser
import Home
import Postgres
import Wire

/// `homeserver demo-populate`: accounts and friendships for `ops/demo`; hidden, because it asks nobody for consent.
struct DemoPopulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo-populate", abstract: "Makes accounts and friendships for a demonstration.",
        shouldDisplay: false)

    @OptionGroup var options: ConfigurationOptions

    @Option(help: "The first line of this file is the password of all of them.")
    var passwordFile: String

    @Option(help: "Makes user00001 to this number, friends in pairs and with their namesakes on the peer.")
    var accounts: Int?

    @Option(help: "Makes accounts of these names, separated by commas.")
    var names: String?

    @Option(help: "Friendships among them and with users of the peer: a=b,c=d@peer.")
    var friends: String?

    @Option(help: "The other homeserver.")
    var peer: ServerName?

    func validate() throws {
        guard (accounts == nil) != (names == nil) else { throw ValidationError("give either --accounts or --names") }
        guard (1...99_999).contains(accounts ?? 1) else { throw ValidationError("--accounts must be 1 to 99999") }
    }

    func run() async throws {
        let settings = try options.settings()
        StructuredLog.bootstrapForCommand(settings.log)
        let password = try SecretInput.firstLine(of: passwordFile)
        let users: [UserID]
        var friendships: [PopulateDemo.Friendship]
        if let accounts {
            users = PopulateDemo.numbered(accounts, on: settings.name)
            friendships = PopulateDemo.friendships(of: users, peer: peer)
        } else {
            users = try list(names).map { try user($0, home: settings.name) }
            friendships = []
        }
        for pair in list(friends) {
            let two = pair.split(separator: "=").map(String.init)
            guard two.count == 2 else { throw ValidationError("'\(pair)' in --friends is no pair such as a=b") }
            friendships.append(.init(try user(two[0], home: settings.name), try user(two[1], home: settings.name)))
        }
        try await withDatabase(settings.postgres.unhurried().alone) { client in
            try await requireCurrentSchema(client)
            try await PopulateDemo(database: client, server: settings.name)
                .run(accounts: users, password: password, friendships: friendships)
        }
        print("\(users.count) accounts and \(friendships.count) friendships on \(settings.name)")
    }

    private func list(_ text: String?) -> [String] {
        (text ?? "").split(separator: ",").map(String.init)
    }

    private func user(_ text: String, home: ServerName) throws -> UserID {
        guard let user = UserID(text, home: home) else { throw ValidationError("'\(text)' is no user") }
        return user
    }
}

extension ServerName: ExpressibleByArgument {
    init?(argument: String) { self.init(argument) }
}
