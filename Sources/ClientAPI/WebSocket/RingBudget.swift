import Synchronization
import Wire

/// What the rings of all streams hold together, at most `Limits.resumeBytesTotal`; its state is one atomic.
///
/// Several deliveries at once may overshoot by a frame each. A body that many streams share is counted for each of them.
final class RingBudget: Sendable {
    private let kept = Atomic<Int>(0)
    private let limit: Int

    init(limit: Int = Limits.resumeBytesTotal) {
        self.limit = limit
    }

    /// How much more may be kept; negative when it is too much already.
    var room: Int { limit - used }

    /// What is kept now.
    var used: Int { kept.load(ordering: .relaxed) }

    func change(by bytes: Int) {
        guard bytes != 0 else { return }
        kept.wrappingAdd(bytes, ordering: .relaxed)
    }
}
