import ArgumentParser
import Federation
import Wire

/// `homeserver keys fingerprint`: what to give to other operators.
struct KeysFingerprintCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fingerprint",
        abstract: "Prints the fingerprint of the root key, by which other homeservers know this one."
    )

    @OptionGroup var options: KeysOptions

    func run() async throws {
        let resolved = try options.resolved()
        do throws(KeysProblem) {
            let fingerprint = Fingerprint(of: try resolved.open().loadKeyset(of: resolved.server).keyset.root)
            if options.json {
                printJSON(ServerFingerprint(server: resolved.server, fingerprint: fingerprint))
            } else {
                print(fingerprint)
            }
        } catch {
            throw CommandFailure(error)
        }
    }
}

private struct ServerFingerprint: JSONWritable {
    let server: ServerName
    let fingerprint: Fingerprint

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("server", server)
        writer.field("root_fingerprint", fingerprint.text)
        writer.endObject()
    }
}
