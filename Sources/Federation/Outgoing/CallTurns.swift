import Synchronization
import Wire

/// Lets so many calls to one peer be under way; the others wait in the order in which they came, so many at most, each for a time.
/// `PeerCaller` has one for each peer and kind of question.
///
/// State: a `Mutex`.
final class CallTurns: Sendable {
    private final class Waiter: Sendable {
        let turn = Signal()
    }

    private struct State {
        var underWay = 0
        var waiting: [Waiter] = []
    }

    private let state = Mutex(State())
    private let atOnce: Int
    private let waiting: Int

    init(atOnce: Int = Limits.callsAtOnce, waiting: Int = Limits.callsWaiting) {
        self.atOnce = atOnce
        self.waiting = waiting
    }

    /// Whether nobody is in it or waits.
    var isIdle: Bool { state.withLock { $0.underWay == 0 } }

    /// False when the turn did not come in time, or too many wait already. Whoever got true calls `leave`.
    func enter(within limit: Duration) async -> Bool {
        let (isIn, waiter): (Bool, Waiter?) = state.withLock { state in
            if state.underWay < atOnce {
                state.underWay += 1
                return (true, nil)
            }
            guard state.waiting.count < waiting else { return (false, nil) }
            let waiter = Waiter()
            state.waiting.append(waiter)
            return (false, waiter)
        }
        guard let waiter else { return isIn }
        await waiter.turn.wait(atMost: limit)
        return state.withLock { state in
            // Whoever leaves takes the one who is next out of the row, and gives him the place.
            guard let place = state.waiting.firstIndex(where: { $0 === waiter }) else { return true }
            state.waiting.remove(at: place)
            return false
        }
    }

    func leave() {
        let next: Waiter? = state.withLock { state in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.underWay -= 1
            return nil
        }
        next?.turn.set()
    }
}
