package import Sodium
import Synchronization
package import Wire

/// The keys of all peers: whoever checks a signature, of a request or of an answer, asks it for the key.
///
/// Its state is behind one `Mutex`, never held across a fetch; fetches of one peer are single-flight. At most
/// `maximumPeers` peers are held: at the bound the idle ones are forgotten (what is pinned lies in the store), and when
/// none is idle a stranger is answered `keysUnavailable`. Strangers' keys are fetched a few at a time, so that however many
/// names somebody makes up, those who are known do not wait for them.
package final class KeyRing: Sendable {
    /// Why keys that a peer showed were not believed; for the operator, and for whoever stops links.
    package enum Alarm: Error, Equatable, Sendable {
        case refused(KeysetPolicy.Verdict)
        /// The word that the keyset is current was given at another time than now.
        case notFresh(at: Instant)
        case unreadable(FieldError)

        /// For peers and for programs.
        package var word: String {
            switch self {
            case .refused(.rollback): "rollback"
            case .refused(.equivocation): "equivocation"
            case .refused(.rootChanged): "root_changed"
            case .refused(.invalid(let field)): "invalid \(field)"
            case .refused(.accept): "refused"
            case .notFresh: "not_fresh"
            case .unreadable(let error): "unreadable: \(error)"
            }
        }

        /// Those of what stops a link: they are over when the pinned keys are shown again.
        package static let stoppingWords: Set<String> = ["rollback", "equivocation", "root_changed"]

        /// Whether the link must stand still until an operator has explained it: what is pinned was broken. Its queues
        /// are kept, and it may go on when the pinned keys are shown again.
        package var stopsLink: Bool {
            switch self {
            case .refused(.rollback), .refused(.equivocation), .refused(.rootChanged): true
            case .refused, .notFresh, .unreadable: false
            }
        }
    }

    private struct Entry {
        var machine = PeerKeysStateMachine()
        var fetch: Task<Void, Never>?
        /// What the fetch under way gives is not wanted any more.
        var isForgotten = false
    }

    private struct State {
        var entries: [ServerName: Entry] = [:]
        /// When room was last made: not twice in a second, so that a flood of names costs no sweep each.
        var sweptAt: Duration?

        mutating func makeRoom(_ maximum: Int, at monotonic: Duration) -> Bool {
            guard entries.count >= maximum else { return true }
            if let sweptAt, monotonic < sweptAt + .seconds(1) { return false }
            sweptAt = monotonic
            entries = entries.filter { !$0.value.machine.isIdle(at: monotonic) }
            return entries.count < maximum
        }
    }

    private let state = Mutex(State())
    private let time: any TimeSource
    private let store: PeerKeyStore
    private let maximumPeers: Int
    private let fetchKeys: @Sendable (ServerName, Bool) async throws -> [UInt8]
    private let alarm: @Sendable (ServerName, Alarm) async -> Void
    private let strangers = Turnstile(Limits.strangerFetches)

    /// - Parameters:
    ///   - fetch: the body of the peer's `GET /federation/v1/keys`, within the outgoing side's own time limits; the second argument
    ///     says whether nobody has vouched for the peer yet.
    ///   - alarm: called when fetched keys are not believed; the fetch ends after it.
    package init(
        time: any TimeSource = SystemTime(), store: PeerKeyStore, maximumPeers: Int = 10_000,
        fetch: @escaping @Sendable (ServerName, Bool) async throws -> [UInt8],
        alarm: @escaping @Sendable (ServerName, Alarm) async -> Void
    ) {
        self.time = time
        self.store = store
        self.maximumPeers = maximumPeers
        fetchKeys = fetch
        self.alarm = alarm
    }

    /// The key of that id, if a signature made with it counts now; waits for a fetch when one is due.
    package func key(_ id: KeyID, of server: ServerName) async throws(SignatureProblem) -> Ed25519.PublicKey {
        var step = decide(id, of: server)
        if case .full = step, await isPinned(server) { step = decide(id, of: server, isPinned: true) }
        switch step {
        case .full:
            throw .keysUnavailable
        case .done(let decision):
            return try KeyRing.key(from: decision)
        case .wait(let fetch):
            await fetch.value
            let decision = state.withLock { state in
                state.entries[server]?.machine.lookUp(id, at: time.monotonic(), now: time.now(), mayFetch: false)
            }
            return try KeyRing.key(from: decision ?? .refuse(.keysUnavailable))
        }
    }

    /// Finds the key of a request, checks its signature and notes the contact.
    package func verify(_ request: RequestSignature) async throws(SignatureProblem) {
        try request.verify(with: try await key(request.keyID, of: request.origin))
        noteContact(with: request.origin)
    }

    /// The same of an answer, from the homeserver that was asked. The body is still to be checked against the digest.
    package func verify(_ response: ResponseSignature, from server: ServerName) async throws(SignatureProblem) {
        try response.verify(with: try await key(response.keyID, of: server))
        noteContact(with: server)
    }

    /// A signature of this peer has held: for five minutes its keys need not be fetched anew.
    package func noteContact(with server: ServerName) {
        let now = time.monotonic()
        state.withLock { $0.entries[server]?.machine.verified(at: now) }
    }

    /// Forgets what was fetched of a peer, as when its operator's word about the root has changed.
    package func forget(_ server: ServerName) {
        state.withLock { state in
            if state.entries[server]?.fetch == nil {
                state.entries[server] = nil
            } else {
                state.entries[server]?.machine = PeerKeysStateMachine(fetching: true)
                state.entries[server]?.isForgotten = true
            }
        }
    }

    // MARK: Receiving

    /// What became of a keys document that came by itself.
    package enum Received: Equatable, Sendable {
        /// It is the one that is pinned: nothing is to be done.
        case known
        case taken
        /// Nothing is pinned of that homeserver: a stranger's keys are only ever fetched.
        case notPinned
        case refused(Alarm)
        /// The store is away.
        case unavailable
    }

    /// Takes a document that somebody sent in a peer's name, if the pinned root has signed it and it is newer.
    ///
    /// It may have been recorded and sent again. So it is no contact and takes the place of no fetch that is due; but
    /// what it revokes is revoked at once.
    package func receive(_ document: KeysDocument, _ body: [UInt8], of server: ServerName) async -> Received {
        guard var stored = try? await store.load(server) ?? StoredPeerKeys(), let pinned = try? stored.pinned() else {
            return .unavailable
        }
        guard pinned.root != nil else { return .notPinned }
        do throws(Alarm) {
            try judge(document, of: server, pinned)
        } catch {
            return .refused(error)
        }
        guard document.keyset.keyset.version > pinned.version else { return .known }
        stored.accept(document, body)
        do {
            try await store.save(server, stored)
        } catch {
            return .unavailable
        }
        state.withLock { $0.entries[server]?.machine.received(document) }
        return .taken
    }

    // MARK: Deciding

    private enum Step {
        case done(PeerKeysStateMachine.Decision)
        case wait(Task<Void, Never>)
        /// There is no room for somebody new.
        case full
    }

    private func isPinned(_ server: ServerName) async -> Bool {
        guard let stored = try? await store.load(server) else { return false }
        return stored.root != nil
    }

    /// - Parameter isPinned: Those whose root is pinned always find room: there are as many as the database has.
    private func decide(_ id: KeyID, of server: ServerName, isPinned: Bool = false) -> Step {
        let monotonic = time.monotonic()
        let now = time.now()
        return state.withLock { state in
            if state.entries[server] == nil, !isPinned, !state.makeRoom(maximumPeers, at: monotonic) { return .full }
            var entry = state.entries[server] ?? Entry()
            defer { state.entries[server] = entry }
            switch entry.machine.lookUp(id, at: monotonic, now: now) {
            case .fetch:
                let fetch = Task { await self.refresh(server) }
                entry.fetch = fetch
                return .wait(fetch)
            case .wait:
                return entry.fetch.map { .wait($0) } ?? .done(.refuse(.keysUnavailable))
            case let decision:
                return .done(decision)
            }
        }
    }

    private static func key(
        from decision: PeerKeysStateMachine.Decision
    ) throws(SignatureProblem) -> Ed25519.PublicKey {
        switch decision {
        case .key(let key): return key
        case .refuse(let problem): throw problem
        case .fetch, .wait: throw .keysUnavailable
        }
    }

    // MARK: Fetching

    /// The one fetch of a peer that is under way. It starts in the same critical section that noted it, so it always
    /// finds its entry.
    private func refresh(_ server: ServerName) async {
        let outcome = await fetchAndJudge(server)
        let now = time.monotonic()
        state.withLock { state in
            guard state.entries[server]?.isForgotten == false else {
                state.entries[server] = nil
                return
            }
            switch outcome {
            case .believed(let document): state.entries[server]?.machine.fetched(document, at: now)
            case .failed(let isStranger): state.entries[server]?.machine.failed(isStranger: isStranger, at: now)
            }
            state.entries[server]?.fetch = nil
        }
    }

    private enum Outcome {
        case believed(KeysDocument)
        case failed(isStranger: Bool)
    }

    private func fetchAndJudge(_ server: ServerName) async -> Outcome {
        // A store that is away is no fault of the peer's: only what the peer itself answers makes a stranger wait.
        guard var stored = try? await store.load(server) ?? StoredPeerKeys(), let pinned = try? stored.pinned() else {
            return .failed(isStranger: false)
        }
        let isStranger = pinned.isStranger
        let fetched =
            isStranger
            ? await strangers.pass { try? await fetchKeys(server, true) } : try? await fetchKeys(server, false)
        guard let body = fetched else { return .failed(isStranger: isStranger) }
        let document: KeysDocument
        do throws(Alarm) {
            document = try KeyRing.parse(body)
            try judge(document, of: server, pinned)
        } catch {
            await alarm(server, error)
            return .failed(isStranger: pinned.isStranger)
        }
        stored.accept(document, body)
        do {
            try await store.save(server, stored)
        } catch {
            return .failed(isStranger: false)
        }
        return .believed(document)
    }

    /// Whether a document is to be believed, given what is pinned; the one place for those that were fetched and for those
    /// that came by themselves.
    private func judge(_ document: KeysDocument, of server: ServerName, _ pinned: PinnedKeys) throws(Alarm) {
        let now = time.now()
        let verdict = KeysetPolicy.judge(new: document.keyset, of: server, pinned: pinned, now: now)
        guard verdict == .accept else { throw .refused(verdict) }
        guard document.freshness.confirms(document.keyset, now: now) else {
            throw .notFresh(at: document.freshness.at)
        }
    }

    private static func parse(_ body: [UInt8]) throws(Alarm) -> KeysDocument {
        do throws(FieldError) {
            return try KeysDocument(parsing: body)
        } catch {
            throw .unreadable(error)
        }
    }
}
