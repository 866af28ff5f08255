import Synchronization
import Wire

/// Requests that wait until a peer's durable lane has arrived somewhere; `Home.carry` waits, `Home.applyTransaction` tells.
///
/// State: a `Mutex`; an entry for each request that waits, which none does for long.
final class LaneWaits: Sendable {
    final class Waiter: Sendable {
        let arrived = Signal()
        let place: CarriedAnswer.Place

        fileprivate init(_ place: CarriedAnswer.Place) { self.place = place }
    }

    private let waiters = Mutex<[PeerKey: [Waiter]]>([:])

    /// Begun before the position is read: whatever is applied behind that is told.
    func begin(_ peer: PeerKey, _ place: CarriedAnswer.Place) -> Waiter {
        let waiter = Waiter(place)
        waiters.withLock { $0[peer, default: []].append(waiter) }
        return waiter
    }

    func end(_ waiter: Waiter, of peer: PeerKey) {
        waiters.withLock { waiters in
            waiters[peer]?.removeAll { $0 === waiter }
            if waiters[peer]?.isEmpty ?? false { waiters[peer] = nil }
        }
    }

    /// Everything through `seq` is committed.
    func applied(_ epoch: String, through seq: Int64, of peer: PeerKey) {
        let arrived = waiters.withLock { waiters in
            waiters[peer]?.filter { $0.place.epoch == epoch && $0.place.seq <= seq } ?? []
        }
        for waiter in arrived { waiter.arrived.set() }
    }
}
