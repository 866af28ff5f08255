package import Home
import NIOCore
import NIOPosix
import Sodium
package import Wire

/// Goes the way to a peer step by step, as a request does, and says of each step how it is; `peer test` calls it.
///
/// It changes nothing: no root is pinned and nothing is sent but two reads and an echo. The first step that fails ends it,
/// because what lies behind it cannot be judged.
package struct TestPeer: Sendable {
    /// For each request, from the connection to the end of the answer; the echo's answer holds the peer's own echo to us.
    static let patience = Duration.seconds(15)
    /// For connecting and for the greeting, each.
    static let connectPatience = Duration.seconds(5)

    private let rules: LinkRules
    private let keys: LocalKeys
    private let peers: PeerAdministration
    private let time: any TimeSource

    package init(rules: LinkRules, keys: LocalKeys, peers: PeerAdministration, time: any TimeSource = SystemTime()) {
        self.rules = rules
        self.keys = keys
        self.peers = peers
        self.time = time
    }

    /// - Parameter report: Gets each finding as soon as there is one.
    package func run(
        _ name: ServerName, report: @escaping @Sendable (Finding) -> Void
    ) async throws(HomeError) -> Finding.Level {
        let peer = try await peers.peer(name)
        let trail = FindingTrail(report: report)
        guard !trail.add(judgePolicy(of: peer, name)) else { return trail.level }
        await Dialer.ofCommand(rules) { dialer in
            let discovery = Discovery(configured: rules.peers, dialer: dialer, time: time)
            let way = PeerRoute(name: name, discovery: discovery, dialer: dialer, time: time)
            guard let turn = await way.check(trail) else { return }
            let connection = PeerConnection(to: name, discovery: discovery, dialer: dialer, time: time, turn: turn)
            await converse(name, peer, over: connection, trail)
            await connection.close()
        }
        return trail.level
    }

    private func judgePolicy(of peer: Peer?, _ name: ServerName) -> Finding {
        if rules.mode == .closed {
            return .failure(
                "policy", "closed", "this homeserver speaks with no other: federation.mode is closed",
                fix: "set federation.mode to open or allowlist and restart")
        }
        if let peer, peer.policy == .blocked {
            return .failure(
                "policy", "blocked_here", "\(name) is blocked by the operator of this homeserver",
                fix: "homeserver peer allow \(name), if it is to be spoken with again")
        }
        if rules.mode == .allowlist, !rules.listed.contains(name), peer?.policy != .allowed, peer?.policy != .limited {
            return .failure(
                "policy", "not_allowed_here",
                "federation.mode is allowlist here, and \(name) is neither configured nor added",
                fix: "homeserver peer add \(name) --root-fingerprint ..., with the fingerprint from its operator")
        }
        return .ok(
            "policy", peer.map { "\($0.policy.rawValue) here" } ?? "not known here yet; federation.mode admits it")
    }

    /// What only speaking with it shows: whether it is a homeserver, its clock, its keys, and an echo both ways.
    private func converse(
        _ name: ServerName, _ peer: Peer?, over connection: PeerConnection, _ trail: FindingTrail
    ) async {
        var pinned = PinnedKeys()
        do throws(FieldError) {
            var stored = peer.map { StoredPeerKeys(of: $0) } ?? StoredPeerKeys()
            if let fingerprint = rules.fingerprints[name] { stored.rootFingerprint = fingerprint.text }
            pinned = try stored.pinned()
        } catch {
            trail.add(
                .failure(
                    "keys", "pinned_unreadable", "what is pinned of \(name) in the database cannot be read: \(error)",
                    fix: "restore the row of peers from a backup"))
            return
        }
        guard let document = await KeysCheck(name: name, pinned: pinned, time: time).run(over: connection, trail) else {
            return
        }
        await EchoCheck(us: keys.server, name: name, keys: keys, keyset: document.keyset.keyset, time: time)
            .run(over: connection, trail)
    }
}
