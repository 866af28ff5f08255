import Sodium
import Wire

/// What is known of one peer's keys, and when they may be asked for; `KeyRing` carries its decisions out.
///
/// The rules are those of docs/federation-keys.md, Freshness. Times are monotonic, except the wall clock `now` against which
/// keys and freshness expire.
struct PeerKeysStateMachine {
    /// Keys are fetched anew after so long without verified contact, and successful fetches are so far apart.
    static let contactLife = Duration.seconds(300)
    static let successPause = Duration.seconds(300)
    static let strangerPause = Duration.seconds(300)
    static let firstRetry = Duration.seconds(1)
    static let longestRetry = Duration.seconds(300)

    enum Decision: Equatable {
        case key(Ed25519.PublicKey)
        case refuse(SignatureProblem)
        /// The caller fetches, and reports with `fetched` or `failed`.
        case fetch
        /// Somebody else does.
        case wait
    }

    private struct Known {
        let document: KeysDocument
        let fetchedAt: Duration
    }

    private var known: Known?
    /// The newest version that was ever believed, by a fetch or because it was sent to us.
    private var newest: Int64 = 0
    private var contactAt: Duration?
    private var isFetching = false
    private var failures = 0
    private var nextTryAt: Duration?

    /// - Parameter fetching: whether a fetch is under way already.
    init(fetching: Bool = false) {
        isFetching = fetching
    }

    /// Which key a request of this peer may have been signed with.
    ///
    /// - Parameter mayFetch: false for who has waited for a fetch already, so that nobody waits twice.
    mutating func lookUp(_ id: KeyID, at monotonic: Duration, now: Instant, mayFetch: Bool = true) -> Decision {
        guard let known, isBelieved(known, at: monotonic, now: now) else {
            return ask(at: monotonic, mayFetch: mayFetch, otherwise: .keysUnavailable)
        }
        if let key = known.document.keyset.keyset.key(id) {
            return key.isUsable(at: now) ? .key(key.publicKey) : .refuse(.unknownKey)
        }
        guard monotonic >= known.fetchedAt + PeerKeysStateMachine.successPause else { return .refuse(.unknownKey) }
        return ask(at: monotonic, mayFetch: mayFetch, otherwise: .keysUnavailable)
    }

    /// A fetch gave a document that `KeysetPolicy` accepted.
    mutating func fetched(_ document: KeysDocument, at monotonic: Duration) {
        // The peer's new keyset came by itself while the old one was on its way.
        guard document.keyset.keyset.version >= newest else { return failed(isStranger: false, at: monotonic) }
        newest = document.keyset.keyset.version
        known = Known(document: document, fetchedAt: monotonic)
        isFetching = false
        failures = 0
        nextTryAt = nil
    }

    /// The peer, or somebody who has heard it, sent a newer document that `KeysetPolicy` accepted. It takes the place of
    /// what is known and is no contact: when keys must be fetched anew stays as it was.
    mutating func received(_ document: KeysDocument) {
        guard document.keyset.keyset.version > newest else { return }
        newest = document.keyset.keyset.version
        known = known.map { Known(document: document, fetchedAt: $0.fetchedAt) }
    }

    /// A fetch failed, or what it gave was not to be believed. What was known before stays as good as it was.
    mutating func failed(isStranger: Bool, at monotonic: Duration) {
        isFetching = false
        let pause =
            isStranger
            ? PeerKeysStateMachine.strangerPause
            : min(PeerKeysStateMachine.firstRetry * (1 << min(failures, 16)), PeerKeysStateMachine.longestRetry)
        failures += 1
        nextTryAt = monotonic + pause
    }

    /// A signature of this peer has held.
    mutating func verified(at monotonic: Duration) {
        contactAt = monotonic
    }

    /// Whether forgetting this peer changes nothing: no fetch under way, no pause that forgetting would end, no contact.
    func isIdle(at monotonic: Duration) -> Bool {
        guard !isFetching, nextTryAt ?? .zero <= monotonic else { return false }
        let last = max(contactAt ?? .zero, known?.fetchedAt ?? .zero)
        return last + PeerKeysStateMachine.contactLife <= monotonic
    }

    private func isBelieved(_ known: Known, at monotonic: Duration, now: Instant) -> Bool {
        let contact = max(contactAt ?? known.fetchedAt, known.fetchedAt)
        return monotonic < contact + PeerKeysStateMachine.contactLife
            && monotonic < known.fetchedAt + Freshness.life
            && known.document.freshness.confirms(known.document.keyset, now: now)
            && now <= known.document.keyset.keyset.expires
    }

    private mutating func ask(at monotonic: Duration, mayFetch: Bool, otherwise problem: SignatureProblem) -> Decision {
        guard mayFetch else { return .refuse(problem) }
        if isFetching { return .wait }
        if let nextTryAt, monotonic < nextTryAt { return .refuse(problem) }
        isFetching = true
        return .fetch
    }
}
