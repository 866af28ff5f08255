import Home
import Logging
import Synchronization
import Wire

/// Sends one peer what stands in its outbox, in order, one request at a time; `PeerSender` runs one for each peer.
///
/// State: the lane is behind a `Mutex`, so that the Writer hands over what it committed without waiting; all else is
/// the actor's. Two loops run: one sends, the other records what the peer acknowledged, so that neither waits for the
/// other's round trip. What is not recorded when the process ends is sent again and skipped there.
actor PeerWorker {
    nonisolated let peer: PeerKey
    nonisolated let server: ServerName

    private struct Shared {
        var lane = OutboundLane()
        var wasHeard = false
        var isClosing = false
        var hasEndedSending = false
    }

    private nonisolated let shared = Mutex(Shared())
    /// There may be something to send, or less to wait for.
    private nonisolated let work = Signal()
    /// The peer showed that it is there, or we are closing: a back-off ends.
    private nonisolated let contact = Signal()
    /// There is something to record.
    private nonisolated let acknowledged = Signal()

    /// What is true only now goes a way of its own.
    nonisolated let ephemeral: EphemeralWorker
    private let home: Home
    private let client: PeerClient
    private let peers: KnownPeers
    private let time: any TimeSource
    private let logger: Logger
    private let counts: PeerCounts
    private var backoff = Backoff()
    private var epoch: String?
    private var isStopped = false
    private var isGreeted = false
    /// Answers in a row that moved nothing although they were no failure: the second one waits.
    private var detours = 0

    init(
        peer: PeerKey, server: ServerName, home: Home, client: PeerClient, ephemeral: EphemeralWorker,
        peers: KnownPeers, time: any TimeSource
    ) {
        self.ephemeral = ephemeral
        self.peer = peer
        self.server = server
        self.home = home
        self.client = client
        self.peers = peers
        self.time = time
        var logger = Logger(label: "federation.worker")
        logger[metadataKey: "peer"] = "\(server)"
        self.logger = logger
        counts = PeerCounts(of: server)
    }

    // MARK: From outside

    /// Takes what was just committed. Called by the Writer: it only appends.
    nonisolated func offer(_ events: some Sequence<OutboxEvent>) {
        shared.withLock { $0.lane.offer(events) }
        work.set()
    }

    /// Something may have been committed that was not offered.
    nonisolated func look() {
        shared.withLock { $0.lane.look() }
        work.set()
    }

    /// A request of the peer was verified: it is there, so a back-off makes no sense any more.
    nonisolated func peerWasHeard() {
        ephemeral.peerWasHeard()
        let isNews = shared.withLock { shared in
            defer { shared.wasHeard = true }
            return !shared.wasHeard
        }
        if isNews { contact.set() }
    }

    /// Ends the loops after the request that is under way.
    nonisolated func close() {
        shared.withLock { $0.isClosing = true }
        work.set()
        contact.set()
        acknowledged.set()
        ephemeral.close()
    }

    /// Until `close` or cancellation.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.sendLoop() }
            group.addTask { await self.recordLoop() }
            group.addTask { await self.ephemeral.run { self.peerWasHeard() } }
        }
        await client.close()
    }

    // MARK: Sending

    private func sendLoop() async {
        while !isClosing {
            if let pause = pause() {
                await contact.wait(atMost: pause)
                continue
            }
            do {
                guard try await step() else {
                    await work.wait()
                    continue
                }
            } catch {
                await failed(error)
            }
        }
        shared.withLock { $0.hasEndedSending = true }
        acknowledged.set()
    }

    /// One thing that is due; false when there is nothing.
    private func step() async throws(PeerFailure) -> Bool {
        guard let epoch = try await open() else { return false }
        guard !isStopped else { return false }
        try await checkPolicy()
        guard isGreeted else {
            try await greet(epoch)
            return true
        }
        switch shared.withLock({ $0.lane.next() }) {
        case .idle, .record: return false
        case .load(let after, let limit): try await load(after: after, limit: limit)
        case .send(let batch): try await send(batch, epoch)
        }
        return true
    }

    private func checkPolicy() async throws(PeerFailure) {
        do throws(FederationError) {
            _ = try await peers.admit(server)
        } catch .unavailable {
            throw .ours("the peer cannot be looked up")
        } catch {
            throw .notAllowed
        }
    }

    /// How long to wait after failures; nil to go on. Whatever was heard from the peer ends it.
    private func pause() -> Duration? {
        let wasHeard = shared.withLock { shared in
            defer { shared.wasHeard = false }
            return shared.wasHeard
        }
        if wasHeard { backoff.heard(now: time.now()) }
        return backoff.wait(now: time.now())
    }

    /// The epoch of our lane; reads the link when that has not been done.
    private func open() async throws(PeerFailure) -> String? {
        if let epoch { return epoch }
        let links: [OutboundLink]
        do throws(HomeError) {
            links = try await home.outboundLinks()
        } catch {
            throw .ours("the links cannot be read")
        }
        guard let link = links.first(where: { $0.peer == peer }) else { return nil }
        adopt(link)
        return link.epoch
    }

    /// Starts from what the database has.
    func adopt(_ link: OutboundLink) {
        guard epoch == nil else { return }
        epoch = link.epoch
        isStopped = link.stopped != nil
        // A start greets the peer whatever the back-off was; if that fails, it goes on from where it stood.
        backoff = Backoff(attempts: link.attempts, firstFailureAt: link.firstFailureAt)
        shared.withLock { $0.lane.open(acked: link.acked, last: link.last) }
        if isStopped {
            logger.error("the link is stopped", metadata: ["reason": "\(link.stopped ?? "")"])
        }
    }

    /// The peer said in a hello how far it has applied our lane; more than there is means that our database was rolled back.
    func check(_ received: LanePosition) async {
        guard received.epoch == epoch, !isStopped else { return }
        await move { lane throws(OutboundLane.Alarm) in try lane.check(received: received.last) }
    }

    private func greet(_ epoch: String) async throws(PeerFailure) {
        let received: LanePosition?
        do throws(HomeError) {
            let position = try await home.inboundPosition(of: peer)
            received = position.epoch.map { LanePosition(epoch: $0, last: position.last) }
        } catch {
            throw .ours("the lane from the peer cannot be read")
        }
        let first = shared.withLock { ($0.lane.confirmed ?? 0) + 1 }
        let hello = Hello(epoch: epoch, firstSeq: first, received: received)
        let body = JSONWriter.bytes(of: hello)
        let answer = try LanePosition(answer: try await client.send("POST", FederationRoute.helloPath, body: body).body)
        guard answer.epoch == epoch else { throw .malformed("another epoch") }
        isGreeted = true
        await succeeded()
        if answer.last + 1 < first {
            // The peer has less than it had acknowledged: a backup was restored there.
            logger.warning("the peer asks for events again", metadata: ["expected": "\(answer.last + 1)"])
            await move { lane throws(OutboundLane.Alarm) in try lane.rewind(toExpect: answer.last + 1) }
        } else {
            await move { lane throws(OutboundLane.Alarm) in try lane.check(received: answer.last) }
        }
    }

    private func load(after: Int64, limit: Int) async throws(PeerFailure) {
        let rows: [OutboxEvent]
        do throws(HomeError) {
            rows = try await home.outbox(of: peer, server: server, after: after, limit: limit)
        } catch {
            throw .ours("the outbox cannot be read")
        }
        await move { lane throws(OutboundLane.Alarm) in try lane.loaded(rows) }
    }

    private func send(_ batch: TransactionBatch, _ epoch: String) async throws(PeerFailure) {
        do throws(PeerFailure) {
            let path = FederationRoute.transactionPath(epoch: epoch, firstSeq: batch.first)
            let answer = try TransactionAnswer(body: try await client.send("PUT", path, body: batch.body).body)
            guard answer.epoch == epoch else { throw PeerFailure.malformed("another epoch") }
            guard answer.ack >= batch.first else { throw PeerFailure.malformed("an ack that moves nothing") }
            await succeeded()
            detours = 0
            counts.answered(acknowledged: answer.ack - batch.first + 1, rejected: answer.rejected)
            await move { lane throws(OutboundLane.Alarm) in
                try lane.acknowledge(answer.ack, rejected: answer.rejected)
            }
            acknowledged.set()
        } catch .refused(.fork) {
            await stop(.fork)
        } catch .refused(.gap(let expected)) {
            try detour(.gap(expected: expected))
            await move { lane throws(OutboundLane.Alarm) in try lane.rewind(toExpect: expected) }
        } catch .refused(.epochUnknown(let last)) {
            try detour(.epochUnknown(last: last))
            isGreeted = false
        } catch .refused(.tooLarge) {
            let isSmaller = shared.withLock { $0.lane.halve(batch) }
            guard isSmaller else { throw .refused(.tooLarge) }
        }
    }

    /// Lets the lane correct itself once; a second time without progress is a failure like any other.
    private func detour(_ error: FederationError) throws(PeerFailure) {
        detours += 1
        guard detours < 2 else { throw .refused(error) }
    }

    private func move(_ change: (inout OutboundLane) throws(OutboundLane.Alarm) -> Void) async {
        do throws(OutboundLane.Alarm) {
            try shared.withLock { shared throws(OutboundLane.Alarm) in try change(&shared.lane) }
        } catch {
            await stop(error)
        }
    }

    // MARK: After it

    private func succeeded() async {
        guard backoff.clear() else { return }
        ephemeral.peerWasHeard()
        await saveBackoff()
    }

    private func failed(_ failure: PeerFailure) async {
        guard !isClosing, !Task.isCancelled else { return }
        // Whoever answers cannot prove that he is the peer: no event is sent before a hello has been answered properly.
        if failure.isUnproven { isGreeted = false }
        counts.failed(failure)
        backoff.failed(failure.backoff, now: time.now(), random: Double.random(in: 0..<1))
        logger.info(
            "a peer could not be reached or refused",
            metadata: ["reason": "\(failure.reason)", "attempts": "\(backoff.attempts)"])
        await saveBackoff()
    }

    private func saveBackoff() async {
        do throws(HomeError) {
            try await home.saveBackoff(
                peer, attempts: backoff.attempts, nextTryAt: backoff.nextTryAt, firstFailureAt: backoff.firstFailureAt)
        } catch {
            logger.warning("the back-off could not be saved", metadata: ["error": "\(error)"])
        }
    }

    /// The lane stands still until an operator acts; its queue is kept.
    private func stop(_ alarm: OutboundLane.Alarm) async {
        isStopped = true
        logger.critical(
            "the link is stopped: one side's database was rolled back", metadata: ["alarm": "\(alarm.rawValue)"])
        do throws(HomeError) {
            try await home.stopLink(peer, reason: alarm.rawValue)
        } catch {
            logger.error("the stopped link could not be saved", metadata: ["error": "\(error)"])
        }
    }

    // MARK: Recording

    private func recordLoop() async {
        while true {
            let due = shared.withLock { $0.lane.unrecorded() }
            guard let due else {
                if shared.withLock({ $0.hasEndedSending }) { return }
                await acknowledged.wait()
                continue
            }
            guard let epoch else { preconditionFailure("what is acknowledged was sent in an epoch") }
            do throws(HomeError) {
                try await home.acknowledge(
                    peer, server: server, epoch: epoch, through: due.through, rejected: due.rejected)
                shared.withLock { $0.lane.record(due) }
                work.set()
            } catch .conflict {
                await stop(.acknowledgedUnsent)
                return
            } catch {
                logger.warning("an acknowledgement could not be recorded", metadata: ["error": "\(error)"])
                if isClosing { return }
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    private nonisolated var isClosing: Bool {
        Task.isCancelled || shared.withLock { $0.isClosing }
    }

    /// Whether there is anything that the peer has not acknowledged: the sender asks before it looks for late events.
    nonisolated var isBehind: Bool {
        shared.withLock { $0.lane.isBehind }
    }
}
