import ArgumentParser
import Federation
import Wire

/// `homeserver keys status`: opens the keys as a start would, and says how long they last.
struct KeysStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Checks the key files and says how long the keys last and what to do next.",
        discussion: """
            Warns 30, 14 and 7 days before the end. Exit codes: 0 all is well, 1 a warning, 2 something does not work.
            """
    )

    @OptionGroup var options: KeysOptions

    func run() async throws {
        let resolved = try options.resolved()
        let status: KeysStatus
        do throws(KeysProblem) {
            let directory = try resolved.open()
            let keyset = try LoadKeys(server: resolved.server).run(from: directory).keyset
            status = KeysStatus(
                of: keyset.keyset, now: SystemTime().now(), files: try KeyFiles(in: directory, of: keyset))
        } catch {
            if options.json { printJSON(BrokenKeys(server: resolved.server, problem: error.description)) }
            throw CommandFailure(error)
        }
        if options.json {
            printJSON(status)
        } else {
            for line in status.lines { print(line) }
        }
        if status.level != .ok { throw ExitCode(status.level.exitCode) }
    }
}

/// What `keys status --json` prints when the files themselves are at fault.
private struct BrokenKeys: JSONWritable {
    let server: ServerName
    let problem: String

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("server", server)
        writer.field("level", Finding.Level.failure.rawValue)
        writer.field("problem", problem)
        writer.endObject()
    }
}
