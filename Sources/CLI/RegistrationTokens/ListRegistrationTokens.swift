import ArgumentParser
import Home
import Wire

/// `homeserver registration-token list`: a line a token; the tokens themselves are kept only as hashes.
struct ListRegistrationTokens: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the newest thousand tokens by their numbers.")

    @OptionGroup var options: ConfigurationOptions

    @Flag(help: "One JSON object a line.")
    var json = false

    func run() async throws {
        try await withAdministration(options) { administration in
            for token in try await administration.listRegistrationTokens() {
                print(json ? Self.json(token) : Self.line(token))
            }
        }
    }

    private static func line(_ token: RegistrationToken) -> String {
        var words = ["\(token.key)", "uses-left=\(token.usesLeft)", "created=\(token.createdAt.rfc3339)"]
        if let expiresAt = token.expiresAt { words.append("expires=\(expiresAt.rfc3339)") }
        if let revokedAt = token.revokedAt { words.append("revoked=\(revokedAt.rfc3339)") }
        return words.joined(separator: " ")
    }

    private static func json(_ token: RegistrationToken) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("number", token.key)
        writer.field("uses_left", token.usesLeft)
        writer.field("created_at", token.createdAt)
        writer.field("expires_at", token.expiresAt)
        writer.field("revoked_at", token.revokedAt)
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
