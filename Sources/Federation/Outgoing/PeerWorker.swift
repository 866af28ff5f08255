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
    nonisolated let contact = Contact()
    /// There is something to record.
    nonisolated let acknowledged = Signal()

    /// What is true only now goes a way of its own.
    nonisolated let ephemeral: EphemeralWorker
    let home: Home
    let client: PeerClient
    let peers: KnownPeers
    let time: any TimeSource
    let logger: Logger
    let counts: PeerCounts
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
    var detours = 0
    /// Tries in a row in which a single event was too large.
    var tooLarge = 0

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
        ephemeral.contact.heard()
        contact.heard()
    }

    /// Rows of the outbox have failed. Called by the Writer: it only sets a mark.
    nonisolated func reread() {
        shared.withLock { $0.lane.reread() }
        work.set()
    }

    /// The operator has said something of the peer: the link is read anew, and a back-off ends.
    nonisolated func reload() {
        shared.withLock { $0.mustReload = true }
        contact.wake()
        work.set()
    }

    /// Ends the loops after the request that is under way.
    nonisolated func close() {
        shared.withLock { $0.isClosing = true }
        work.set()
        contact.wake()
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
            if takeReload() {
                forgetLink()
                newEpochs = []
            }
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
        let known = try await peers.admitAsReceiver(server)
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
