import Synchronization
import Wire

/// Which peers' next transaction is to be applied one event at a time: each peer's first one after an unclean stop.
///
/// State: `Mutex`; at most one entry a peer that has been heard since the start.
final class CarefulPeers: Sendable {
    private struct State {
        /// False when the last process ended in order.
        var isCareful = false
        var done: Set<PeerKey> = []
    }

    private let state = Mutex(State())

    func begin() { state.withLock { $0.isCareful = true } }
    func contains(_ peer: PeerKey) -> Bool { state.withLock { $0.isCareful && !$0.done.contains(peer) } }
    func finish(_ peer: PeerKey) { state.withLock { _ = $0.done.insert(peer) } }
}

extension Home {
    /// At how many unclean stops an event must have been noted to be rejected as `poison`.
    ///
    /// A stop from outside, too, may come while an event is being applied: of 200 at random, two seconds apart on a busy machine, two met the
    /// same event twice in a row. One that brings the process down by itself does so each time, and costs two more starts.
    static let poisonousStops = 4

    /// Notes that this process serves the database. When the one before it did not end in order, the first transaction of each peer is
    /// applied with care, and what was being applied at that moment is counted.
    package func noteStart() async throws(HomeError) {
        if try await peerStore.noteStart() { carefulPeers.begin() }
    }

    /// The process ends in order: nothing is under way any more.
    package func noteCleanStop() async throws(HomeError) {
        try await peerStore.noteCleanStop()
    }

    /// Applies a peer's first transaction after an unclean stop: each event alone, and its number noted before, so that one that makes the
    /// process crash is found by its number.
    func applyCarefully(
        from peer: Peer, epoch: String, events: [InboundEvent]
    ) async throws(TransactionError) -> TransactionResult {
        var whole = TransactionResult(epoch: epoch, ack: 0, rejected: [])
        for event in events {
            let stops: Int
            do throws(HomeError) {
                stops = try await peerStore.noteSuspect(event.seq, epoch: epoch, of: peer.key)
            } catch {
                throw .home(error)
            }
            let part = try await applyTogether(
                from: peer, epoch: epoch, events: [event], poisoned: stops >= Self.poisonousStops)
            // What an earlier try had rejected is told by each part that comes behind it.
            let new = part.rejected.filter { event in !whole.rejected.contains { $0.seq == event.seq } }
            whole = TransactionResult(epoch: part.epoch, ack: part.ack, rejected: whole.rejected + new)
        }
        if whole.rejected.count > Limits.transactionEvents {
            let rejected = whole.rejected.sorted { $0.seq < $1.seq }
            whole = TransactionResult(
                epoch: whole.epoch, ack: rejected[Limits.transactionEvents].seq - 1,
                rejected: Array(rejected.prefix(Limits.transactionEvents)))
        }
        guard !events.isEmpty else { return try await applyTogether(from: peer, epoch: epoch, events: events) }
        do throws(HomeError) {
            try await peerStore.clearSuspect(of: peer.key)
        } catch {
            throw .home(error)
        }
        carefulPeers.finish(peer.key)
        return whole
    }
}
