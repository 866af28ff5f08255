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

    struct Shared {
        var lane = OutboundLane()
        var wasHeard = false
        var isClosing = false
        var hasEndedSending = false
        /// What is known of the link is void: it is read anew before anything else.
        var mustReload = false
        /// The database refused an acknowledgement: it was rolled back under us.
        var mustBeginAnew = false
        var isSuspended = false
    }

    nonisolated let shared = Mutex(Shared())
    /// There may be something to send, or less to wait for.
    nonisolated let work = Signal()
    /// The peer showed that it is there, or something is to be done at once: a back-off ends.
    nonisolated let contact = Signal()
    /// There is something to record.
    nonisolated let acknowledged = Signal()

    /// What is true only now goes a way of its own.
    nonisolated let ephemeral: EphemeralWorker
    let home: Home
    let client: PeerClient
    let peers: KnownPeers
    let time: any TimeSource
    let logger: Logger
    private let counts: PeerCounts
    var backoff = Backoff()
    var epoch: String?
    var isStopped = false
    var isGreeted = false
    /// How far the lane was confirmed when the peer was greeted: what it has acknowledged since may have been another's, if a fork shows.
    var confirmedAtGreeting: Int64 = 0
    /// How far the peer was at the last greeting: it may acknowledge so far beyond what was just sent.
    var greetedThrough: Int64 = 0
    /// While a new epoch is being opened, an acknowledgement of the old one is refused and means nothing.
    var isBeginningAnew = false
    /// When the lane began anew, of the last `Limits.newEpochsTime`.
    var newEpochs: [Instant] = []
    private var hasBeenOpen = false
    /// Answers in a row that moved nothing although they were no failure: the second one waits.
    private var detours = 0
    /// Tries in a row in which a single event was too large.
    private var tooLarge = 0

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

    /// Rows of the outbox have failed. Called by the Writer: it only sets a mark.
    nonisolated func reread() {
        shared.withLock { $0.lane.reread() }
        work.set()
    }

    /// The operator has said something of the peer: the link is read anew, and a back-off ends.
    nonisolated func reload() {
        shared.withLock { $0.mustReload = true }
        contact.set()
        work.set()
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

    /// How often a peer that we may not speak to is looked at although nobody said that it has changed.
    private static let policyInterval = Duration.seconds(600)

    private func sendLoop() async {
        while !isClosing {
            if takeReload() { forgetLink() }
            if let pause = pause() {
                await contact.wait(atMost: pause)
                continue
            }
            do throws(PeerFailure) {
                guard try await step() else {
                    await work.wait()
                    continue
                }
            } catch .notAllowed {
                // The operator's word is no failure of the peer's; his next one wakes us.
                isGreeted = false
                await contact.wait(atMost: PeerWorker.policyInterval)
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
        if takeBeginAnew() {
            try await beginAnew(.acknowledgedUnsent)
            return true
        }
        let known = try await admitted()
        guard isGreeted else {
            try await greet(epoch, invite: known?.invite)
            return true
        }
        let (next, generation) = shared.withLock { ($0.lane.next(), $0.lane.generation) }
        switch next {
        case .idle, .record: return false
        case .load(let after, let limit): try await load(after: after, limit: limit, generation)
        case .send(let batch): try await send(batch, epoch)
        }
        return true
    }

    private func admitted() async throws(PeerFailure) -> Peer? {
        do throws(FederationError) {
            return try await peers.admit(server)
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
        if wasHeard {
            backoff.heard(now: time.now())
            noteSuspension()
        }
        return backoff.wait(now: time.now())
    }

    /// The epoch of our lane; reads the link when that has not been done.
    private func open() async throws(PeerFailure) -> String? {
        if let epoch { return epoch }
        let link: OutboundLink?
        do throws(HomeError) {
            link = try await home.outboundLink(to: peer)
        } catch {
            throw .ours("the link cannot be read")
        }
        guard let link else { return nil }
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
        noteSuspension()
        let isAgain = hasBeenOpen
        hasBeenOpen = true
        shared.withLock { shared in
            shared.mustBeginAnew = false
            if isAgain {
                shared.lane.reopen(acked: link.acked, last: link.last)
            } else {
                shared.lane.open(acked: link.acked, last: link.last)
            }
        }
        // An acknowledgement of the old epoch may wait there.
        acknowledged.set()
        if isStopped {
            logger.error("the link is stopped", metadata: ["reason": "\(link.stopped ?? "")"])
        }
    }

    /// So that the next step reads it anew.
    func forgetLink() {
        epoch = nil
        backoff = Backoff()
        isGreeted = false
        detours = 0
        tooLarge = 0
    }

    /// The peer said in a hello how far it has applied our lane. If that is not as far as we thought, or farther than there is anything, it is
    /// asked: one of the two databases was rolled back.
    func check(_ received: LanePosition) async {
        guard received.epoch == epoch, !isStopped, isGreeted else { return }
        let fits = shared.withLock { shared in
            received.last >= shared.lane.confirmed ?? 0 && shared.lane.has(received.last)
        }
        guard !fits else { return }
        isGreeted = false
        work.set()
    }

    private func load(after: Int64, limit: Int, _ generation: Int) async throws(PeerFailure) {
        let rows: [OutboxEvent]
        do throws(HomeError) {
            rows = try await home.outbox(of: peer, server: server, after: after, limit: limit)
        } catch {
            throw .ours("the outbox cannot be read")
        }
        try await move { lane throws(OutboundLane.Alarm) in try lane.loaded(rows, in: generation) }
    }

    private func send(_ batch: TransactionBatch, _ epoch: String) async throws(PeerFailure) {
        do throws(PeerFailure) {
            let path = FederationRoute.transactionPath(epoch: epoch, firstSeq: batch.first)
            let answer = try TransactionAnswer(body: try await client.send("PUT", path, body: batch.body).body)
            guard answer.epoch == epoch else { throw PeerFailure.malformed("another epoch") }
            guard answer.ack >= batch.first else { throw PeerFailure.malformed("an ack that moves nothing") }
            await succeeded()
            detours = 0
            tooLarge = 0
            counts.answered(
                acknowledged: min(answer.ack, batch.last) - batch.first + 1, rejected: answer.rejected)
            guard answer.ack <= max(batch.last, greetedThrough) else {
                // It has more than we knew. Whether that is ours, a greeting finds out; nothing is acknowledged before.
                try await move { lane throws(OutboundLane.Alarm) in try lane.check(received: answer.ack) }
                isGreeted = false
                return
            }
            let ack = min(answer.ack, batch.last)
            try await move { lane throws(OutboundLane.Alarm) in
                try lane.acknowledge(ack, rejected: answer.rejected)
            }
            acknowledged.set()
        } catch .refused(.fork) {
            try await beginAnew(.fork)
        } catch .refused(.gap(let expected)) {
            try detour(.gap(expected: expected))
            logger.warning("the peer asks for events again", metadata: ["expected": "\(expected)"])
            try await move { lane throws(OutboundLane.Alarm) in try lane.rewind(toExpect: expected) }
        } catch .refused(.epochUnknown(let last)) {
            try detour(.epochUnknown(last: last))
            isGreeted = false
        } catch  where error.isTooLarge {
            try await makeSmaller(batch)
        }
    }

    /// Fewer events in a request; a single one that is too large fails, so that what is behind it arrives.
    ///
    /// Not at once: whoever refuses it has proved nothing. Between the tries the peer must answer a hello.
    private func makeSmaller(_ batch: TransactionBatch) async throws(PeerFailure) {
        let (isSmaller, isRecorded) = shared.withLock { ($0.lane.halve(batch), $0.lane.unrecorded() == nil) }
        guard !isSmaller else { return }
        tooLarge += 1
        isGreeted = false
        guard tooLarge >= Limits.tooLargeTries, isRecorded else { throw .refused(.tooLarge) }
        tooLarge = 0
        do throws(HomeError) {
            try await home.failOutbox(of: peer, server: server, through: batch.last, code: .tooLarge)
        } catch {
            throw .ours("an event that is too large could not be failed")
        }
        logger.error("an event was too large for the peer and has failed", metadata: ["seq": "\(batch.last)"])
    }

    /// Lets the lane correct itself once; a second time without progress is a failure like any other.
    private func detour(_ error: FederationError) throws(PeerFailure) {
        detours += 1
        guard detours < 2 else { throw .refused(error) }
    }

    func move(_ change: (inout OutboundLane) throws(OutboundLane.Alarm) -> Void) async throws(PeerFailure) {
        do throws(OutboundLane.Alarm) {
            try shared.withLock { shared throws(OutboundLane.Alarm) in try change(&shared.lane) }
        } catch {
            try await beginAnew(error)
        }
    }

    // MARK: After it

    func succeeded() async {
        try? await peers.noteContact(with: peer)
        guard backoff.clear() else { return }
        ephemeral.peerWasHeard()
        noteSuspension()
        await saveBackoff()
    }

    /// A peer out of reach for a week is suspended until it is heard, or answers.
    private func noteSuspension() {
        let isSuspended = backoff.isSuspended(now: time.now())
        let wasSuspended = shared.withLock { shared in
            defer { shared.isSuspended = isSuspended }
            return shared.isSuspended
        }
        guard isSuspended != wasSuspended else { return }
        if isSuspended {
            logger.warning("a peer is suspended: it was out of reach for a week")
        } else {
            logger.notice("a peer is not suspended any more")
        }
    }

    private func failed(_ failure: PeerFailure) async {
        guard !isClosing, !Task.isCancelled else { return }
        // Whoever answers cannot prove that he is the peer: no event is sent before a hello has been answered properly.
        if failure.isUnproven { isGreeted = false }
        counts.failed(failure)
        backoff.failed(failure.backoff, now: time.now(), random: Double.random(in: 0..<1))
        noteSuspension()
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

    private func takeReload() -> Bool {
        shared.withLock { shared in
            defer { shared.mustReload = false }
            return shared.mustReload
        }
    }

    private func takeBeginAnew() -> Bool {
        shared.withLock { shared in
            defer { shared.mustBeginAnew = false }
            return shared.mustBeginAnew
        }
    }

    nonisolated var isClosing: Bool {
        Task.isCancelled || shared.withLock { $0.isClosing }
    }

    /// Whether there is anything that the peer has not acknowledged: the sender asks before it looks for late events.
    nonisolated var isBehind: Bool {
        shared.withLock { $0.lane.isBehind }
    }

    nonisolated var isSuspended: Bool { shared.withLock { $0.isSuspended } }
}
