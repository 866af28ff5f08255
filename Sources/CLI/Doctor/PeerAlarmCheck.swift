import Federation
import Home
import Wire

/// What a peer's operator or ours should look at although the link may be well; `Doctor` asks for each peer.
enum PeerAlarmCheck {
    /// Nil when there is no alarm, or only the one of a lane that stands still, of which `Doctor` says more.
    static func finding(of entry: PeerOverview) -> Finding? {
        let peer = entry.peer
        guard let alarm = peer.alarm, entry.link?.stopped == nil || alarm != "stopped" else { return nil }
        let since = peer.alarmAt.map { " since \($0.rfc3339)" } ?? ""
        return .warning(
            "link", "alarm", "\(peer.name) has the alarm \(alarm)\(since)\(meaning(of: alarm).map { ": \($0)" } ?? "")",
            fix: "\(advice(on: alarm, "\(peer.name)")); homeserver peer list shows it")
    }

    private static func meaning(of alarm: String) -> String? {
        switch alarm {
        case "fork", "acknowledged_unsent": "it knows more of our lane than we do, as after a restore of our database"
        case "gap": "it asks for events that are not here any more"
        case "peer_new_epoch": "its lane began anew, as after a restore of its database"
        case "root_changed": "it shows another root key than the pinned one"
        case "rollback": "it shows an older keyset than it did"
        case "equivocation": "it shows a keyset that does not follow from the one that it had shown"
        default: nil
        }
    }

    private static func advice(on alarm: String, _ name: String) -> String {
        let explained = "homeserver peer retry \(name) when it is explained"
        return switch alarm {
        case "fork", "acknowledged_unsent", "gap":
            "find out whether our database was restored (homeserver audit, the log), then \(explained)"
        case "peer_new_epoch": "ask its operator whether its database was restored, then \(explained)"
        case "root_changed":
            "compare the fingerprint with its operator over a way that is not the link; if the new root is right, "
                + "homeserver peer repin \(name), otherwise wait: it ends when the pinned keys are shown again"
        case "rollback", "equivocation":
            "compare the fingerprint and the keyset's version with its operator over a way that is not the link; it ends "
                + "when the keys that are pinned are shown again"
        default: "see what the log says of it, then \(explained)"
        }
    }
}
