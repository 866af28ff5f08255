package import Home
import NIOPosix
import Sodium
package import Wire

/// How far the clocks of known peers are from ours, by what they sign when they are asked for their keys; `doctor` calls it.
package struct PeerClocks: Sendable {
    /// So many are asked, at once.
    package static let asked = 3

    /// What was confirmed longer ago was kept from another time, and says nothing of the clock.
    private static let oldest = Duration.seconds(600)

    private let rules: LinkRules
    private let time: any TimeSource

    package init(rules: LinkRules, time: any TimeSource = SystemTime()) {
        self.rules = rules
        self.time = time
    }

    /// One finding for each of the first peers with a pinned root that answers in time.
    package func run(_ peers: [Peer]) async -> [Finding] {
        let known = peers.filter { $0.rootPublicKey != nil && $0.policy != .blocked }
        return await Dialer.ofCommand(rules) { dialer in
            let discovery = Discovery(configured: rules.peers, dialer: dialer, time: time)
            return await withTaskGroup(of: Finding?.self) { group in
                for peer in known.prefix(PeerClocks.asked) {
                    group.addTask { await finding(peer, discovery, dialer) }
                }
                var findings: [Finding] = []
                for await finding in group { if let finding { findings.append(finding) } }
                return findings
            }
        }
    }

    private func finding(_ peer: Peer, _ discovery: Discovery, _ dialer: Dialer) async -> Finding? {
        let connection = PeerConnection(to: peer.name, discovery: discovery, dialer: dialer, time: time)
        let answer = try? await connection.send(
            "GET", FederationRoute.keysPath, headers: [], body: [], within: TestPeer.connectPatience)
        await connection.close()
        guard let answer, answer.status == 200, let document = try? KeysDocument(parsing: answer.body),
            document.keyset.keyset.root.bytes == peer.rootPublicKey,
            document.keyset.envelope.isSigned(by: document.keyset.keyset.root, as: .keyset)
        else { return nil }
        let difference = document.freshness.at - time.now()
        guard difference > .zero - PeerClocks.oldest else { return nil }
        return ClockCheck.finding(difference, of: "the clock of \(peer.name)")
    }
}
