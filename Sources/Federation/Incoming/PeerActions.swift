package import Home
import Logging
import Wire

/// What answers a request that a peer carries here for one of its users; the composition root hands it over.
package typealias AnswerCall = @Sendable (CarriedCall, Peer) async -> CarriedAnswer

/// What a verified request does: one function a route, from the parser to the commit. `FederationResponder` calls it.
struct PeerActions: Sendable {
    let home: Home
    let peers: KnownPeers
    let sender: PeerSender
    let echoBack: EchoBack
    /// Nil without limits.
    let ephemeralBuckets: RateBuckets<PeerKey>?
    let rosterBuckets: RateBuckets<PeerKey>?
    let callBuckets: RateBuckets<PeerKey>?
    let statusBuckets: RateBuckets<PeerKey>?
    let answerCall: AnswerCall
    private let logger = Logger(label: "federation.incoming")

    init(
        home: Home, peers: KnownPeers, sender: PeerSender, echoBack: EchoBack,
        ephemeralBuckets: RateBuckets<PeerKey>?, rosterBuckets: RateBuckets<PeerKey>?,
        callBuckets: RateBuckets<PeerKey>?, statusBuckets: RateBuckets<PeerKey>?, answerCall: @escaping AnswerCall
    ) {
        self.callBuckets = callBuckets
        self.statusBuckets = statusBuckets
        self.answerCall = answerCall
        self.ephemeralBuckets = ephemeralBuckets
        self.rosterBuckets = rosterBuckets
        self.home = home
        self.peers = peers
        self.sender = sender
        self.echoBack = echoBack
    }

    /// The body of the answer.
    func run(_ route: FederationRoute, body: [UInt8], from origin: ServerName) async throws(FederationError) -> [UInt8]
    {
        let peer = try await peers.met(origin)
        // The operator may have said something while the body came.
        if peer.policy == .blocked { throw .blocked }
        guard route == .hello || peers.isAdmitted(peer, origin) else { throw .notAllowed }
        sender.heard(from: peer.key)
        switch route {
        case .transaction(let epoch, let firstSeq):
            return try await transaction(epoch: epoch, firstSeq: firstSeq, body: body, from: peer)
        case .hello: return try await hello(body, from: peer)
        case .echo: return try await echo(body, from: peer)
        case .ephemeral: return try await ephemeral(body, from: peer)
        case .rosters: return try await rosters(body, from: peer)
        case .calls: return try await call(body, from: peer)
        case .statuses: return try await statuses(body, from: peer)
        case .keys, .pushedKeys, .wellKnown: throw .notFound
        }
    }

    private func transaction(
        epoch: String, firstSeq: Int64, body: [UInt8], from peer: Peer
    ) async throws(FederationError) -> [UInt8] {
        // 11. Parse.
        let transaction = try ReceivedTransaction(body: body, first: firstSeq, from: peer.name, to: home.server)
        // 12 and 13. The authority of each event, and commit: Home's.
        do throws(TransactionError) {
            let result = try await home.applyTransaction(from: peer, epoch: epoch, events: transaction.events)
            return JSONWriter.bytes(
                of: TransactionAnswer(epoch: result.epoch, ack: result.ack, rejected: result.rejected))
        } catch {
            throw refusal(error, peer)
        }
    }

    private func hello(_ body: [UInt8], from peer: Peer) async throws(FederationError) -> [UInt8] {
        let hello = try Hello(body: body)
        do {
            try await letIn(peer, with: hello.invite)
            let (position, isReplaced) = try await home.openInboundEpoch(
                hello.epoch, firstSeq: hello.firstSeq, heldFrom: hello.heldFrom, of: peer.key)
            if isReplaced, try await home.raiseAlarm("peer_new_epoch", of: peer.name) {
                logger.error(
                    "a peer has begun its lane anew: one side's database was rolled back, or rows are missing",
                    metadata: ["peer": "\(peer.name)", "first-seq": "\(hello.firstSeq)"])
            }
            sender.started(peer.key)
            if let received = hello.received { await sender.check(received, of: peer.key) }
            return JSONWriter.bytes(
                of: LanePosition(epoch: hello.epoch, last: position.last, lastEvent: position.lastEvent))
        } catch let error as FederationError {
            throw error
        } catch {
            throw refusal(error as? HomeError ?? .internal, peer)
        }
    }

    /// Takes the token of an invitation, and refuses whom only that could have let in.
    private func letIn(_ peer: Peer, with invite: String?) async throws {
        if let invite, try await home.redeemInvite(invite, by: peer) {
            peers.forget(peer.name)
            logger.notice("a peer was let in by an invitation", metadata: ["peer": "\(peer.name)"])
            await sender.changed(peer.name, home: home)
            return
        }
        guard peers.isAdmitted(peer, peer.name) else { throw FederationError.notAllowed }
    }

    private func ephemeral(_ body: [UInt8], from peer: Peer) async throws(FederationError) -> [UInt8] {
        try take(peer, from: ephemeralBuckets)
        let request = try EphemeralRequest(body: body)
        do throws(HomeError) {
            return JSONWriter.bytes(of: try await home.receivePresence(request.position, request.items, from: peer))
        } catch {
            throw refusal(error, peer)
        }
    }

    private func rosters(_ body: [UInt8], from peer: Peer) async throws(FederationError) -> [UInt8] {
        try take(peer, from: rosterBuckets)
        let request = try RosterRequest(body: body)
        do throws(HomeError) {
            switch request {
            case .digest(let digest): return JSONWriter.bytes(of: try await home.compareRosters(digest, of: peer))
            case .page(let page): return JSONWriter.bytes(of: try await home.checkRosters(page, of: peer))
            }
        } catch {
            throw refusal(error, peer)
        }
    }

    /// Whatever the request comes to is said in a 200: a refusal of the link's own means that it was not tried.
    private func call(_ body: [UInt8], from peer: Peer) async throws(FederationError) -> [UInt8] {
        try take(peer, from: callBuckets)
        guard body.count <= Limits.callBytes else { throw .tooLarge }
        let call = try CarriedCall(body: body, from: peer.name)
        return JSONWriter.bytes(of: await answerCall(call, peer))
    }

    private func statuses(_ body: [UInt8], from peer: Peer) async throws(FederationError) -> [UInt8] {
        try take(peer, from: statusBuckets)
        let question = try StatusQuestion(body: body)
        do throws(HomeError) {
            return JSONWriter.bytes(of: StatusAnswer(online: try await home.online(question, askedBy: peer)))
        } catch {
            throw refusal(error, peer)
        }
    }

    private func take(_ peer: Peer, from buckets: RateBuckets<PeerKey>?) throws(FederationError) {
        guard let delay = buckets?.take(peer.key, now: home.time.monotonic()) else { return }
        throw .rateLimited(retryAfter: delay)
    }

    /// Gives a text back, and tries the other direction if that is wanted: so `peer test` proves the way in both.
    private func echo(_ body: [UInt8], from peer: Peer) async throws(FederationError) -> [UInt8] {
        let echo = try Echo(body: body)
        return echo.answer(echo.isBackWanted ? await echoBack.run(to: peer.name) : nil)
    }

    // MARK: Refusals

    private func refusal(_ error: TransactionError, _ peer: Peer) -> FederationError {
        switch error {
        case .gap(let expected): return .gap(expected: expected)
        case .epochUnknown(let last): return .epochUnknown(last: last)
        case .fork:
            logger.critical(
                "a peer's lane has forked: one side's database was rolled back", metadata: ["peer": "\(peer.name)"])
            return .fork
        case .home(let error): return refusal(error, peer)
        }
    }

    private func refusal(_ error: HomeError, _ peer: Peer) -> FederationError {
        switch error {
        case .unavailable: return .unavailable(retryAfter: .seconds(1))
        case .rateLimited(let delay): return .rateLimited(retryAfter: delay)
        case .invalid(let field, let problem), .tooLarge(let field, let problem):
            return .invalid(problem: "\(field) \(problem)")
        default:
            logger.error("a request of a peer failed", metadata: ["peer": "\(peer.name)", "error": "\(error)"])
            return .internal
        }
    }
}
