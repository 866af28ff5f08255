import Home
import Logging
import Metrics
import Synchronization
import Wire

/// Tells one peer what is true only now, one request at a time on a connection of its own; a part of `PeerWorker`.
///
/// State: the lane is behind a `Mutex`, so that whoever announces never waits; all else is the actor's.
actor EphemeralWorker {
    /// How long a try is put off at most while the peer has not been away for long, and after that.
    private static let patience = (least: Duration.seconds(15), most: Duration.seconds(120))
    private static let longAway = Duration.seconds(1800)

    private struct Shared {
        var lane: EphemeralLane
        var isClosing = false
    }

    private nonisolated let shared: Mutex<Shared>
    private nonisolated let work = Signal()
    /// The peer showed that it is there, or we are closing: a back-off ends.
    nonisolated let contact = Contact()

    private let peer: PeerKey
    private let server: ServerName
    private let home: Home
    private let client: PeerClient
    private let peers: KnownPeers
    private let time: any TimeSource
    private let gen: Int64
    private var n: Int64 = 0
    /// The last claim that the peer has checked, while the rosters are gone through.
    private var claimed: RosterClaim?
    private var backoff = Backoff(transientMost: EphemeralWorker.patience.least)
    private let logger: Logger

    /// - Parameters:
    ///   - gen: The process' start, in milliseconds: a later one is greater.
    ///   - firstSnapshotAt: Monotonic; before it those who were connected when the process ended have not come back yet.
    init(
        peer: PeerKey, server: ServerName, home: Home, client: PeerClient, peers: KnownPeers, time: any TimeSource,
        gen: Int64, firstSnapshotAt: Duration
    ) {
        self.peer = peer
        self.server = server
        self.home = home
        self.client = client
        self.peers = peers
        self.time = time
        self.gen = gen
        shared = Mutex(Shared(lane: EphemeralLane(firstSnapshotAt: firstSnapshotAt)))
        var logger = Logger(label: "federation.ephemeral")
        logger[metadataKey: "peer"] = "\(server)"
        self.logger = logger
    }

    // MARK: From outside

    nonisolated func offer(_ item: PresenceItem) {
        shared.withLock { $0.lane.offer(item) }
        work.set()
    }

    /// The peer has just started.
    nonisolated func peerStarted() {
        shared.withLock { $0.lane.peerStarted() }
        work.set()
        contact.heard()
    }

    nonisolated func close() {
        shared.withLock { $0.isClosing = true }
        work.set()
        contact.wake()
    }

    /// Until `close` or cancellation.
    ///
    /// - Parameter onUp: Called when the peer answers after it had not: the durable lane need not wait any longer.
    func run(onUp: @Sendable () -> Void) async {
        while !isClosing {
            if let pause = pause() {
                await contact.wait(atMost: pause)
                continue
            }
            let step = shared.withLock { $0.lane.next(at: time.monotonic()) }
            if case .wait(let pause) = step {
                await work.wait(atMost: pause)
                continue
            }
            do throws(PeerFailure) {
                _ = try await peers.admitAsReceiver(server)
                try await carryOut(step)
                if backoff.clear() { onUp() }
            } catch .notGreeted {
                // The link begins anew with the hash of the rosters, which says nothing to a stranger.
                shared.withLock { $0.lane.failed() }
            } catch {
                failed(error)
            }
        }
        await client.close()
    }

    // MARK: Steps

    private func carryOut(_ step: EphemeralLane.Step) async throws(PeerFailure) {
        switch step {
        case .compareRosters: try await compareRosters()
        case .send(let items): try await send(items, nil, of: step, last: nil)
        case .snapshot(let after, let part):
            let items = try await ours { () async throws(HomeError) in
                try await home.presenceSnapshot(for: peer, after: after, limit: Limits.ephemeralItems)
            }
            let isLast = items.count < Limits.ephemeralItems
            try await send(
                items, SnapshotPart(part: part, isLast: isLast), of: step, last: isLast ? nil : items.last?.key)
        case .wait: break
        }
    }

    private func send(
        _ items: [PresenceItem], _ snapshot: SnapshotPart?, of step: EphemeralLane.Step, last: String?
    ) async throws(PeerFailure) {
        n += 1
        let position = EphemeralPosition(gen: gen, n: n, snapshot: snapshot)
        let body = JSONWriter.bytes(of: EphemeralRequest(position: position, items: items))
        let answer = try EphemeralAnswer(answer: try await post(FederationRoute.ephemeralPath, body, isSecret: true))
        if !answer.isTaken { logger.warning("the peer has heard from a later start of this homeserver") }
        Counter(label: "federation_ephemeral_items_sent").increment(by: items.count)
        shared.withLock { $0.lane.sent(step, last: last, answer: answer, at: time.monotonic()) }
    }

    private func compareRosters() async throws(PeerFailure) {
        do throws(PeerFailure) {
            try await compareWhole()
        } catch .refused(.rateLimited(let wait)) {
            // Many pages in a row: what others show here must not wait for them.
            shared.withLock { $0.lane.comparisonPaused(for: max(wait, .seconds(1)), at: time.monotonic()) }
        }
    }

    private func compareWhole() async throws(PeerFailure) {
        if claimed != nil { return note(try await claimAll()) }
        let digest = try await ours { () async throws(HomeError) in try await home.rosterDigest(of: peer) }
        guard let digest, !digest.isOfNothing else {
            shared.withLock { $0.lane.nothingInCommon(at: time.monotonic()) }
            return
        }
        var verdict = try await ask(.digest(digest))
        if verdict == .differ {
            logger.info("rosters differ from the peer's and are gone through")
            verdict = try await claimAll()
        }
        note(verdict)
    }

    private func note(_ verdict: RosterVerdict) {
        shared.withLock { shared in
            if verdict == .later {
                shared.lane.comparedTooEarly(at: time.monotonic())
            } else {
                shared.lane.compared(at: time.monotonic())
            }
        }
    }

    private func claimAll() async throws(PeerFailure) -> RosterVerdict {
        while true {
            let after = claimed
            let page = try await ours { () async throws(HomeError) in
                try await home.rosterClaims(to: peer, after: after, limit: Limits.rosterClaims)
            }
            guard let page, !page.claims.isEmpty else { break }
            guard try await ask(.page(page)) == .checked else { return .later }
            claimed = page.claims.last
            guard page.claims.count == Limits.rosterClaims else { break }
        }
        claimed = nil
        return .checked
    }

    private func ask(_ request: RosterRequest) async throws(PeerFailure) -> RosterVerdict {
        let body = JSONWriter.bytes(of: request)
        do throws(PeerFailure) {
            return try RosterVerdict(
                answer: try await post(FederationRoute.rostersPath, body, isSecret: request.namesPeople))
        } catch .refused(.notFound) {
            // A homeserver without this part of the protocol: its rosters cannot be compared.
            return .checked
        }
    }

    private func post(_ path: String, _ body: [UInt8], isSecret: Bool) async throws(PeerFailure) -> [UInt8] {
        try await client.send("POST", path, body: body, within: Limits.ephemeralRequestTime, isSecret: isSecret).body
    }

    private func ours<Value: Sendable>(
        _ body: () async throws(HomeError) -> Value
    ) async throws(PeerFailure) -> Value {
        do throws(HomeError) {
            return try await body()
        } catch {
            throw .ours("what the peer is to be told cannot be read")
        }
    }

    // MARK: After it

    private func pause() -> Duration? {
        if contact.take() { backoff.heard(now: time.now()) }
        return backoff.wait(now: time.now())
    }

    private func failed(_ failure: PeerFailure) {
        guard !isClosing else { return }
        shared.withLock { $0.lane.failed() }
        let now = time.now()
        let isLongAway = backoff.firstFailureAt.map { now - $0 > EphemeralWorker.longAway } ?? false
        backoff.transientMost = isLongAway ? EphemeralWorker.patience.most : EphemeralWorker.patience.least
        backoff.failed(failure.backoff, now: now, random: Double.random(in: 0..<1))
        logger.debug("a peer could not be told who is here", metadata: ["reason": "\(failure.reason)"])
    }

    private nonisolated var isClosing: Bool {
        Task.isCancelled || shared.withLock { $0.isClosing }
    }
}
