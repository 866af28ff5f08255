import Synchronization

/// Lets at most so many through at a time; the others wait in the order in which they came.
///
/// Its state is behind a `Mutex`. How many may wait is the caller's to bound. A cancelled task keeps its place: whoever does not need his turn
/// any more finds that out when it comes, and passes on.
package final class Turnstile: Sendable {
    private struct State {
        var free: Int
        /// Those who wait stand from `first` on.
        var waiting: [UnsafeContinuation<Void, Never>] = []
        var first = 0

        mutating func next() -> UnsafeContinuation<Void, Never>? {
            guard first < waiting.count else {
                free += 1
                return nil
            }
            defer { first += 1 }
            // Moving the rest forward costs each of them once at most.
            if first > waiting.count / 2 {
                waiting.removeFirst(first)
                first = 0
            }
            return waiting[first]
        }
    }

    private let state: Mutex<State>

    package init(_ width: Int) {
        precondition(width > 0)
        state = Mutex(State(free: width))
    }

    package func pass<Value, Failure: Error>(
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        await enter()
        defer { leave() }
        return try await body()
    }

    private func enter() async {
        await withUnsafeContinuation { continuation in
            let isFree = state.withLock { state in
                if state.free > 0 {
                    state.free -= 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    private func leave() {
        let next = state.withLock { $0.next() }
        next?.resume()
    }
}
