import ArgumentParser
import Home
import Wire

/// `homeserver peer queue NAME`: what waits for a peer, by type of event.
struct PeerQueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue", abstract: "Shows how much waits for a homeserver, of which type, and since when.")

    @OptionGroup var peer: OnePeer

    func run() async throws {
        try await withPeers(peer.options) { peers, _ in
            let queue = try await peers.queue(of: peer.server)
            if peer.json { return printJSON(Shown(queue: queue)) }
            print(Self.line("\(queue.server)", queue.events, queue.bytes, queue.oldest))
            for kind in queue.kinds {
                print(Self.line("  " + PlainText.word(kind.type), kind.events, kind.bytes, kind.oldest))
            }
        }
    }

    private static func line(_ name: String, _ events: Int64, _ bytes: Int64, _ oldest: Instant?) -> String {
        "\(name) events=\(events) bytes=\(bytes)" + (oldest.map { " oldest=\($0.rfc3339)" } ?? "")
    }

    private struct Shown: JSONWritable {
        let queue: QueueOverview

        func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.field("name", queue.server)
            writer.field("events", queue.events)
            writer.field("bytes", queue.bytes)
            writer.field("oldest_at", queue.oldest)
            writer.key("types")
            writer.beginArray()
            for kind in queue.kinds {
                writer.beginObject()
                writer.field("type", kind.type)
                writer.field("events", kind.events)
                writer.field("bytes", kind.bytes)
                writer.field("oldest_at", kind.oldest)
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
        }
    }
}
