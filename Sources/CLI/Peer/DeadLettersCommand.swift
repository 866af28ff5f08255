import ArgumentParser
import Home
import Wire

/// `homeserver peer deadletters [NAME]`: the events that were not taken, here or there, and why.
struct DeadLettersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deadletters",
        abstract: "Lists the newest events that were not taken, with the reason; never what they said.",
        discussion: """
            direction=out: ours, refused there or failed here. direction=in: a peer's, refused here. None is sent again: \
            its author was told, and may have written anew.
            """)

    @OptionGroup var options: ConfigurationOptions

    @Argument(help: ArgumentHelp("Only those of this homeserver.", valueName: "name"))
    var name: PeerName?

    @Option(help: ArgumentHelp("How many at most, up to 1000.", valueName: "number"))
    var limit = 100

    @Flag(help: "One JSON object a line.")
    var json = false

    func validate() throws {
        guard (1...PeerAdministration.maximumDeadLetters).contains(limit) else {
            throw ValidationError("--limit must be 1 to \(PeerAdministration.maximumDeadLetters)")
        }
    }

    func run() async throws {
        try await withPeers(options) { peers, _ in
            for letter in try await peers.deadLetters(of: name?.server, limit: limit) {
                let line = Line(letter: letter)
                if json { printJSON(line) } else { print(line.text) }
            }
        }
    }

    private struct Line: JSONWritable {
        let letter: DeadLetterEntry

        private var direction: String { letter.isOutgoing ? "out" : "in" }

        /// Type and code may be words of the peer's.
        var text: String {
            "\(letter.at.rfc3339) \(letter.server) direction=\(direction) code=\(PlainText.word(letter.code)) "
                + "type=\(PlainText.word(letter.type)) seq=\(letter.seq) event=\(letter.event)"
        }

        func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.field("key", letter.key)
            writer.field("at", letter.at)
            writer.field("name", letter.server)
            writer.field("direction", direction)
            writer.field("code", letter.code)
            writer.field("type", letter.type)
            writer.field("epoch", letter.epoch)
            writer.field("seq", letter.seq)
            writer.field("event", letter.event)
            writer.endObject()
        }
    }
}
