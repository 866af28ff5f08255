import Federation
import Home
import Wire

/// One peer as the operator sees it: a line of `homeserver peer list`, and what a change answers.
struct PeerLine: JSONWritable {
    enum Pin: String { case none, given, seen }

    private let entry: PeerOverview
    private let now: Instant

    init(_ entry: PeerOverview, now: Instant = SystemTime().now()) {
        self.entry = entry
        self.now = now
    }

    private var peer: Peer { entry.peer }
    private var link: OutboundLink? { entry.link }

    /// `given` by the operator, not yet shown by the peer, or `seen` in a keyset that was believed.
    private var pin: Pin { peer.seenRoot != nil ? .seen : peer.rootFingerprint != nil ? .given : .none }

    private var root: String? { peer.seenRoot?.text ?? peer.rootFingerprint }

    private var suspended: Instant? { link?.suspended(at: now) }

    var text: String {
        var words = ["\(peer.name)", "policy=\(peer.policy.rawValue)", "pin=\(pin.rawValue)"]
        if let root { words.append("root=\(root)") }
        if peer.invite != nil { words.append("invitation=unused") }
        words.append("waiting=\(link?.waitingEvents ?? 0)")
        if let oldest = entry.oldestWaiting { words.append("oldest=\(oldest.rfc3339)") }
        words.append("last-contact=\(peer.lastContactAt?.rfc3339 ?? "never")")
        if let link {
            if link.attempts > 0 { words.append("failed-attempts=\(link.attempts)") }
            if let nextTryAt = link.nextTryAt { words.append("next-try=\(nextTryAt.rfc3339)") }
            if let suspended { words.append("suspended-since=\(suspended.rfc3339)") }
            if let stopped = link.stopped { words.append("stopped=\(PlainText.word(stopped))") }
        }
        if let alarm = peer.alarm { words.append("alarm=\(PlainText.word(alarm))") }
        if let alarmAt = peer.alarmAt { words.append("alarm-since=\(alarmAt.rfc3339)") }
        if entry.deadLetters > 0 { words.append("dead-letters=\(entry.deadLetters)") }
        return words.joined(separator: " ")
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("name", peer.name)
        writer.field("policy", peer.policy.rawValue)
        writer.field("pin", pin.rawValue)
        writer.field("root_fingerprint", root)
        writer.field("invitation_unused", peer.invite != nil)
        writer.field("epoch", link?.epoch)
        writer.field("last_seq", link?.last)
        writer.field("acked_seq", link?.acked)
        writer.field("waiting", link?.waitingEvents ?? 0)
        writer.field("waiting_bytes", link?.waitingBytes ?? 0)
        writer.field("oldest_at", entry.oldestWaiting)
        writer.field("last_contact_at", peer.lastContactAt)
        writer.field("failed_attempts", link?.attempts)
        writer.field("next_try_at", link?.nextTryAt)
        writer.field("suspended_since", suspended)
        writer.field("stopped", link?.stopped)
        writer.field("alarm", peer.alarm)
        writer.field("alarm_since", peer.alarmAt)
        writer.field("dead_letters", entry.deadLetters)
        writer.endObject()
    }
}
