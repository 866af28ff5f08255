package import Home
import Logging
package import NIOCore
import NIOPosix
package import ServiceLifecycle
import Synchronization
package import Wire

/// The links to other homeservers: made by the composition root before Home, which needs its sender, and run after it.
package final class Federation: Sendable {
    /// The links' own threads, half as many as there are cores: a stranger's flood of TLS handshakes queues here, and not
    /// before the frames of our own users. Never shut down, like NIO's own group.
    package static let ownLoops: any EventLoopGroup = MultiThreadedEventLoopGroup(
        numberOfThreads: max(1, System.coreCount / 2))

    /// The outbox half of `Delivery`.
    package let sender = PeerSender()
    /// How Home asks other homeservers something for a user.
    package let caller: PeerCaller

    private let settings: FederationSettings
    private let keys: OwnKeys
    private let directory: KeyDirectory?
    private let time: any TimeSource
    private let loops: any EventLoopGroup
    /// What is remembered of peers; from `services` on.
    private let memory = Mutex<(peers: KnownPeers, ring: KeyRing)?>(nil)

    /// - Parameter directory: Where the keys lie, to follow when they change; nil for keys that do not.
    package init(
        settings: FederationSettings, keys: LocalKeys, directory: KeyDirectory? = nil,
        time: any TimeSource = SystemTime(), loops: any EventLoopGroup = Federation.ownLoops
    ) {
        self.settings = settings
        self.keys = OwnKeys(keys)
        self.directory = directory
        self.time = time
        self.loops = loops
        caller = PeerCaller(sender: sender, time: time)
    }

    /// What the service group runs, in this order: what watches the keys, the sender, the caller, then the listener.
    ///
    /// - Parameters:
    ///   - answerCall: Answers what peers carry here for their users.
    ///   - onListening: Gets the port that the listener has bound.
    package func services(
        home: Home, answerCall: @escaping AnswerCall, onListening: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws -> [any Service] {
        let startedAt = time.now()
        let resolver = HostResolver()
        let strangers = HostResolver()
        let dialer = dialer(resolver)
        let discovery = Discovery(configured: settings.rules.peers, dialer: dialer, time: time)
        let peers = KnownPeers(
            home: home, mode: settings.rules.mode, listed: settings.rules.listed, time: time)
        // Names that strangers make up are looked up on threads of their own.
        let elsewhere = self.dialer(strangers)
        let ring = ring(
            home, KeysDownload(discovery: discovery, dialer: dialer, time: time),
            ofStrangers: KeysDownload(
                discovery: Discovery(configured: settings.rules.peers, dialer: elsewhere, time: time),
                dialer: elsewhere, time: time))
        let workshop = Workshop(
            home: home, keys: keys, ring: ring, peers: peers, discovery: discovery, dialer: dialer, time: time,
            startedAt: startedAt, firstSnapshotAt: time.monotonic() + Limits.presenceGrace)
        memory.withLock { $0 = (peers, ring) }
        caller.open(peers: peers) { workshop.client(for: $0) }
        let responder = FederationResponder(
            verify: VerifyRequest(
                us: settings.server, peers: peers, ring: ring, nonces: NonceCache(time: time),
                addressBuckets: buckets(Limits.addressBurst, Limits.addressRate),
                peerBuckets: buckets(Limits.peerBurst, Limits.peerRate), time: time, startedAt: startedAt),
            actions: PeerActions(
                home: home, peers: peers, sender: sender,
                echoBack: EchoBack(time: time) { workshop.client(for: $0) },
                ephemeralBuckets: buckets(Limits.ephemeralBurst, Limits.ephemeralRate),
                rosterBuckets: buckets(Limits.rosterBurst, Limits.rosterRate),
                callBuckets: buckets(Limits.callBurst, Limits.callRate),
                statusBuckets: buckets(Limits.statusBurst, Limits.statusRate), answerCall: answerCall), keys: keys,
            takeKeys: TakePushedKeys(peers: peers, ring: ring),
            delegation: settings.delegation ?? Delegation(host: settings.server), time: time)
        let listener = try FederationListener(
            settings: settings, responder: responder, loops: loops, onListening: onListening)
        var services: [any Service] = [KeysWatch(own: keys, time: time)]
        if let directory {
            services.append(
                FollowKeys(
                    server: settings.server, directory: (directory.keys.path, directory.secrets.path), own: keys,
                    push: KeysPush(home: home, peers: peers, discovery: discovery, dialer: dialer, time: time),
                    time: time))
        }
        return services + [
            SenderService(sender: sender, workshop: workshop, resolvers: [resolver, strangers]), caller, listener,
        ]
    }

    /// What the running process does when an operator has said something of a peer.
    package var controlHandlers: [String: ControlHandler] {
        [
            PeerChange.kind: { [self] (home, payload) async throws(HomeError) in
                let change = try PeerChange(payload: payload)
                home.sweepOutboxesSoon()
                guard let (peers, ring) = memory.withLock({ $0 }) else { return }
                peers.forget(change.server)
                if change.voidsKeys { ring.forget(change.server) }
                await sender.changed(change.server, home: home)
                if try await home.peer(named: change.server)?.policy == .blocked {
                    try await home.endMemberships(with: change.server)
                }
            }
        ]
    }

    private func buckets<Key>(_ burst: Double, _ rate: Double) -> RateBuckets<Key>? {
        settings.limitsEnabled ? RateBuckets(burst: burst, rate: rate) : nil
    }

    private func dialer(_ resolver: HostResolver) -> Dialer {
        Dialer(
            loops: loops, lookUp: { await resolver.addresses(of: $0) },
            outboundGuard: OutboundGuard(exceptions: settings.rules.allowedRanges))
    }

    private func ring(_ home: Home, _ download: KeysDownload, ofStrangers: KeysDownload) -> KeyRing {
        let logger = Logger(label: "federation.keys")
        let fingerprints = settings.rules.fingerprints
        let time = time
        return KeyRing(
            time: time,
            store: PeerKeyStore(
                load: { name in
                    var stored = try await home.storedKeys(of: name)
                    if let fingerprint = fingerprints[name] { stored.trust(only: fingerprint) }
                    return stored
                },
                save: { name, keys in try await home.save(keys, of: name) }),
            fetch: { name, isStranger in
                do throws(PeerFailure) {
                    return try await isStranger ? ofStrangers(name) : download(name)
                } catch {
                    logger.info(
                        "the keys of a peer could not be fetched",
                        metadata: ["peer": "\(name)", "reason": "\(error.reason)"])
                    throw error
                }
            },
            alarm: { name, alarm in
                logger.log(
                    level: alarm.stopsLink ? .critical : .warning, "the keys of a peer are not believed",
                    metadata: ["peer": "\(name)", "reason": "\(alarm.word)"])
                guard alarm.stopsLink else { return }
                do throws(HomeError) {
                    try await home.raiseAlarm(alarm.word, of: name)
                } catch {
                    logger.warning("the alarm could not be saved", metadata: ["peer": "\(name)", "error": "\(error)"])
                }
            })
    }
}

/// The database's side of the key ring.
extension Home {
    fileprivate func storedKeys(of name: ServerName) async throws(HomeError) -> StoredPeerKeys {
        try await peer(named: name).map { StoredPeerKeys(of: $0) } ?? StoredPeerKeys()
    }

    fileprivate func save(_ keys: StoredPeerKeys, of name: ServerName) async throws(HomeError) {
        guard let root = keys.root, let hash = keys.sha256, let document = keys.document else {
            preconditionFailure("the ring saves a keyset that it has accepted")
        }
        let peer = try await knownPeer(named: name)
        try await savePeerKeys(
            peer.key, root: root, version: keys.version, hash: hash, document: document, inPlaceOf: keys.found)
        if let alarm = peer.alarm, KeyRing.Alarm.stoppingWords.contains(alarm) { try await endAlarm(alarm, of: name) }
    }
}

/// What the workers of all peers share; makes them, and clients.
private struct Workshop: Sendable {
    let home: Home
    let keys: OwnKeys
    let ring: KeyRing
    let peers: KnownPeers
    let discovery: Discovery
    let dialer: Dialer
    let time: any TimeSource
    let startedAt: Instant
    /// When those who were connected when the process ended have had the time to come back; monotonic.
    let firstSnapshotAt: Duration

    func worker(for peer: PeerKey, _ server: ServerName) -> PeerWorker {
        let ephemeral = EphemeralWorker(
            peer: peer, server: server, home: home, client: client(for: server), peers: peers, time: time,
            gen: startedAt.milliseconds, firstSnapshotAt: firstSnapshotAt)
        return PeerWorker(
            peer: peer, server: server, home: home, client: client(for: server), ephemeral: ephemeral, peers: peers,
            time: time)
    }

    /// A connection of its own each: one lane never waits for the other.
    func client(for server: ServerName) -> PeerClient {
        let connection = PeerConnection(to: server, discovery: discovery, dialer: dialer, time: time)
        return PeerClient(us: home.server, peer: server, connection: connection, keys: keys, ring: ring, time: time)
    }
}

/// Runs the sender, and ends what only it needs.
private struct SenderService: Service {
    let sender: PeerSender
    let workshop: Workshop
    let resolvers: [HostResolver]

    func run() async throws {
        for resolver in resolvers { resolver.start() }
        try await sender.run(home: workshop.home, time: workshop.time) { peer, server in
            workshop.worker(for: peer, server)
        }
        for resolver in resolvers { await resolver.shutDown() }
    }
}
