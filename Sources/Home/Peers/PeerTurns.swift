import Synchronization
import Wire

/// Lets what a peer sends be judged and committed one transaction, or one page of claims, at a time: what is counted before the Writer,
/// such as the requests that may wait for somebody, is then counted together with what came before.
///
/// State: `Mutex`; one entry a peer that was heard since the start.
final class PeerTurns: Sendable {
    private let turnstiles = Mutex<[PeerKey: Turnstile]>([:])

    subscript(peer: PeerKey) -> Turnstile {
        turnstiles.withLock { turnstiles in
            if let known = turnstiles[peer] { return known }
            let new = Turnstile(1)
            turnstiles[peer] = new
            return new
        }
    }
}
