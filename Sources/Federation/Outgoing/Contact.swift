import Synchronization
import Wire

/// Whether a peer has shown that it is there since somebody looked, and the wait that this ends. Each lane to a peer has one.
///
/// State: an atomic word and a `Signal`, so that whoever has heard the peer never waits.
final class Contact: Sendable {
    private let wasHeard = Atomic(false)
    private let signal = Signal()

    /// A request of the peer was verified, or it answered on another lane: a back-off makes no sense any more.
    func heard() {
        guard !wasHeard.exchange(true, ordering: .acquiringAndReleasing) else { return }
        signal.set()
    }

    /// Something else is to be done at once.
    func wake() { signal.set() }

    /// Whether the peer was heard since this was asked last.
    func take() -> Bool { wasHeard.exchange(false, ordering: .acquiringAndReleasing) }

    func wait(atMost duration: Duration) async { await signal.wait(atMost: duration) }
}
