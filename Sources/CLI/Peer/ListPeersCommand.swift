import ArgumentParser
import Federation
import Home
import Sodium
import Wire

/// `homeserver peer list`: a line a peer: what is pinned of it, and how the lane to it stands.
struct ListPeersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the homeservers that this one knows, by name.")

    @OptionGroup var options: ConfigurationOptions

    @Flag(help: "One JSON object a line.")
    var json = false

    func run() async throws {
        try await withPeers(options) { peers, _ in
            for entry in try await peers.list() {
                let line = PeerLine(peer: entry.peer, link: entry.link)
                if json { printJSON(line) } else { print(line.text) }
            }
        }
    }
}

/// One peer as the operator sees it.
private struct PeerLine: JSONWritable {
    enum Pin: String { case none, given, seen }

    let peer: Peer
    let link: OutboundLink?

    private var seen: Fingerprint? {
        peer.rootPublicKey.flatMap { Ed25519.PublicKey(bytes: $0) }.map { Fingerprint(of: $0) }
    }

    /// `given` by the operator, not yet shown by the peer, or `seen` in a keyset that was believed.
    private var pin: Pin { seen != nil ? .seen : peer.rootFingerprint != nil ? .given : .none }

    private var root: String? { seen?.text ?? peer.rootFingerprint }

    var text: String {
        var words = ["\(peer.name)", "policy=\(peer.policy.rawValue)", "pin=\(pin.rawValue)"]
        if let root { words.append("root=\(root)") }
        if let alarm = peer.keysAlarm { words.append("keys-alarm=\(alarm)") }
        if let link {
            words.append("waiting=\(link.last - link.acked)")
            if link.attempts > 0 { words.append("failed-attempts=\(link.attempts)") }
            if let nextTryAt = link.nextTryAt { words.append("next-try=\(nextTryAt.rfc3339)") }
            if let stopped = link.stopped { words.append("stopped=\(stopped)") }
        }
        return words.joined(separator: " ")
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("name", peer.name)
        writer.field("policy", peer.policy.rawValue)
        writer.field("pin", pin.rawValue)
        writer.field("root_fingerprint", root)
        writer.field("keys_alarm", peer.keysAlarm)
        writer.field("keys_alarm_at", peer.keysAlarmAt)
        writer.field("waiting", link.map { $0.last - $0.acked })
        writer.field("failed_attempts", link?.attempts)
        writer.field("next_try_at", link?.nextTryAt)
        writer.field("stopped", link?.stopped)
        writer.endObject()
    }
}
