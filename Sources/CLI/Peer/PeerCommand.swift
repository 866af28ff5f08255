import ArgumentParser
import Home
import Postgres
import Wire

/// `homeserver peer …`: the homeservers that this one is linked to.
struct PeerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peer",
        abstract: "Other homeservers: who they are, whether we speak with them, and what waits for them.",
        discussion: "A running homeserver obeys within a second. Every change is in homeserver audit.",
        subcommands: [
            ListPeersCommand.self, InvitePeerCommand.self, AddPeerCommand.self, AllowPeerCommand.self,
            LimitPeerCommand.self, BlockPeerCommand.self, RemovePeerCommand.self, RepinPeerCommand.self,
            PeerQueueCommand.self, RetryPeerCommand.self, DeadLettersCommand.self, TestPeerCommand.self,
        ]
    )
}

/// The name of a homeserver as a command takes it: a word that is none is wrong usage.
struct PeerName: ExpressibleByArgument {
    let server: ServerName

    init?(argument: String) {
        guard let server = ServerName(argument) else { return nil }
        self.server = server
    }

    static let help = ArgumentHelp(
        "The homeserver's name, what stands behind the @ of its users: a lower-case DNS name without a port.",
        valueName: "name")
}

/// Settings, a connection and the operator's use cases for peers, for a command that ends by itself.
func withPeers<Value>(
    _ options: ConfigurationOptions, _ body: (PeerAdministration, Settings) async throws -> Value
) async throws -> Value {
    let settings = try options.settings()
    StructuredLog.bootstrapForCommand(settings.log)
    return try await withDatabase(settings.postgres.alone) { client in
        try await requireCurrentSchema(client)
        do {
            return try await body(
                PeerAdministration(database: client, us: settings.name, actor: Operator.current.name), settings)
        } catch let error as HomeError {
            throw CommandFailure(error)
        }
    }
}

/// What a command that changed a peer says: the peer as it is now.
func printPeer(_ server: ServerName, _ peers: PeerAdministration, json: Bool) async throws {
    guard let entry = try await peers.list().first(where: { $0.peer.name == server }) else { return }
    let line = PeerLine(entry)
    if json { printJSON(line) } else { print(line.text) }
}
