import Home
import Support
import Wire

/// Two domains whose outboxes are carried over by hand: what the durable lane does, without a wire.
struct Pair {
    let a: TestHome
    let b: TestHome
    let alice: Account
    let bob: Account
    let peerAtA: Peer
    let peerAtB: Peer

    /// - Parameter peerCalls: How `a` asks other homeservers.
    static func make(
        quota: OutboxQuota = OutboxQuota(), peerCalls: any PeerCalls = NoPeerCalls()
    ) async throws -> Pair {
        let a = try await TestHome.make("a.example", outboxQuota: quota, peerCalls: peerCalls)
        let b = try await TestHome.make("b.example")
        let alice = try await a.accounts("alice")[0]
        let bob = try await b.accounts("bob")[0]
        let pair = Pair(
            a: a, b: b, alice: alice, bob: bob,
            peerAtA: try await a.home.knownPeer(named: b.home.server),
            peerAtB: try await b.home.knownPeer(named: a.home.server))
        for (from, to, peer) in [(a, b, pair.peerAtB), (b, a, pair.peerAtA)] {
            let link = try await from.home.outboundLinks()[0]
            _ = try await to.home.openInboundEpoch(link.epoch, firstSeq: link.last + 1, of: peer.key)
        }
        return pair
    }

    func close() async {
        await a.close()
        await b.close()
    }

    /// What waits in the outbox of `from`, parsed as its peer would.
    func waiting(_ from: TestHome) async throws -> (epoch: String, events: [InboundEvent]) {
        let link = try await from.home.outboundLinks()[0]
        let rows = try await from.home.outbox(of: link.peer, server: link.server, after: link.acked, limit: 100)
        return (link.epoch, try rows.map { try inbound($0.json) })
    }

    /// Carries everything over and takes the acknowledgement back; returns what was rejected.
    @discardableResult
    func carry(_ from: TestHome, _ to: TestHome) async throws -> [RejectedEvent] {
        let (epoch, events) = try await waiting(from)
        guard !events.isEmpty else { return [] }
        let peer = to === b ? peerAtB : peerAtA
        let result = try await to.home.applyTransaction(from: peer, epoch: epoch, events: events)
        let link = try await from.home.outboundLinks()[0]
        try await from.home.acknowledge(
            link.peer, server: link.server, epoch: result.epoch, through: result.ack, rejected: result.rejected)
        return result.rejected
    }

    func befriend() async throws {
        let receipt = try await a.home.sendFriendRequest(to: bob.id, from: alice)
        try await carry(a, b)
        try await b.home.acceptFriendRequest(receipt.requestID, by: bob)
        try await carry(b, a)
        _ = a.delivery.takeEvents()
        _ = b.delivery.takeEvents()
    }

    func friends() async throws -> [Int] {
        [try await a.home.friends(of: alice).count, try await b.home.friends(of: bob).count]
    }
}

func inbound(_ json: [UInt8]) throws -> InboundEvent {
    guard case .object(let event) = try JSON.parse(json) else { throw TestHome.Failure(description: "no object") }
    if try event.string("type") == PeerEventType.expired {
        let nobody = UserID("nobody@a.example")
        guard let nobody else { throw TestHome.Failure(description: "no address") }
        return InboundEvent(
            seq: try event.integer("seq"), id: EventID(high: 0, low: 0), type: PeerEventType.expired, sender: nobody,
            to: nobody, timestamp: Instant(seconds: 0), data: JSONObject())
    }
    return InboundEvent(
        seq: try event.integer("seq"), id: try event.id("id"), type: try event.string("type"),
        sender: try event.userID("sender"), to: try event.optionalUserID("to"), timestamp: try event.instant("ts"),
        data: try event.object("data"))
}
