package import Sodium
import Synchronization
package import Wire

/// The keys that a serving homeserver signs with and shows to peers, which change while it runs: whoever signs asks it
/// each time. Its state is behind a `Mutex`.
///
/// A change has two steps. First peers are shown the new keyset, while the old key goes on signing as long as that keyset
/// still believes it; when the peers have been told, the new key signs. So no request meets a peer that does not know
/// its key. A key that is revoked signs nothing from the first step on.
package final class OwnKeys: Sendable {
    private struct State {
        var shown: LocalKeys
        var signing: Ed25519.SigningKey
    }

    private let state: Mutex<State>

    package init(_ keys: LocalKeys) {
        state = Mutex(State(shown: keys, signing: keys.signingKey))
    }

    /// What signs requests and answers now.
    package var signingKey: Ed25519.SigningKey { state.withLock { $0.signing } }

    /// What peers are shown.
    package var shown: LocalKeys { state.withLock { $0.shown } }

    /// The body of `GET /federation/v1/keys`, its freshness signed for `now`.
    package func document(at now: Instant) -> [UInt8] {
        shown.document(at: now)
    }

    /// The first step: these keys are shown from now on.
    package func show(_ keys: LocalKeys, now: Instant) {
        state.withLock { state in
            state.shown = keys
            let signing = keys.keyset.keyset.key(KeyID(of: state.signing.publicKey))
            if signing?.isUsable(at: now) != true { state.signing = keys.signingKey }
        }
    }

    /// The second step: the shown key signs. The old one is let go.
    package func sign() {
        state.withLock { $0.signing = $0.shown.signingKey }
    }
}
