import ArgumentParser
import Home
import Postgres

/// `homeserver peer …`: the homeservers that this one is linked to.
struct PeerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peer",
        abstract: "Other homeservers: add, list, test.",
        subcommands: [AddPeerCommand.self, ListPeersCommand.self, TestPeerCommand.self]
    )
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
            return try await body(PeerAdministration(database: client), settings)
        } catch let error as HomeError {
            throw CommandFailure(error)
        }
    }
}
