import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Where every part of the homeserver asks for the time, so that tests can hold the clock.
package protocol TimeSource: Sendable {
    /// The wall clock; it may jump.
    func now() -> Instant
    /// Time since an arbitrary start; it never goes back.
    func monotonic() -> Duration
}

/// The operating system's clocks; what a running homeserver uses.
package struct SystemTime: TimeSource {
    package init() {}

    package func now() -> Instant {
        let (seconds, nanoseconds) = read(CLOCK_REALTIME)
        return Instant(microseconds: seconds * 1_000_000 + nanoseconds / 1000)
    }

    package func monotonic() -> Duration {
        let (seconds, nanoseconds) = read(CLOCK_MONOTONIC)
        return .seconds(seconds) + .nanoseconds(nanoseconds)
    }

    private func read(_ clock: clockid_t) -> (seconds: Int64, nanoseconds: Int64) {
        var value = timespec()
        guard clock_gettime(clock, &value) == 0 else {
            preconditionFailure("clock_gettime fails only for a clock that does not exist")
        }
        return (Int64(value.tv_sec), Int64(value.tv_nsec))
    }
}

/// A clock that moves only when a test says so; its state is behind a `Mutex`.
package final class ManualTime: TimeSource {
    private struct State {
        var now: Instant
        var monotonic: Duration
    }

    private let state: Mutex<State>

    package init(now: Instant = Instant(seconds: 1_700_000_000), monotonic: Duration = .seconds(1000)) {
        state = Mutex(State(now: now, monotonic: monotonic))
    }

    package func now() -> Instant {
        state.withLock { $0.now }
    }

    package func monotonic() -> Duration {
        state.withLock { $0.monotonic }
    }

    /// Moves both clocks forward.
    package func advance(by duration: Duration) {
        state.withLock {
            $0.now = $0.now + duration
            $0.monotonic += duration
        }
    }

    /// Sets the wall clock alone, as an administrator or NTP would.
    package func jump(to instant: Instant) {
        state.withLock { $0.now = instant }
    }
}
