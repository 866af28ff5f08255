import Synchronization
package import Wire

/// Remembers the nonces of verified requests for 10 minutes, so that none counts twice; the incoming side asks it after
/// `verify`. Its state is behind one `Mutex`, held for well under a microsecond.
///
/// Bounds: `perKey` nonces of one key, `total` of all (about 30 bytes each). At a bound the buckets go first whose
/// requests the time window refuses anyway (older than 300 s past + 60 s future + the bucket's own minute); when that
/// frees nothing the request is answered `.full`, which is 429: a replay never gets in for lack of room.
package final class NonceCache: Sendable {
    package enum Outcome: Equatable, Sendable {
        case fresh
        case repeated
        case full
    }

    private struct Nonce: Hashable {
        let high: UInt64
        let low: UInt64

        init(_ bytes: [UInt8]) {
            var words: (UInt64, UInt64) = (0, 0)
            for byte in bytes.prefix(8) { words.0 = words.0 << 8 | UInt64(byte) }
            for byte in bytes.dropFirst(8).prefix(8) { words.1 = words.1 << 8 | UInt64(byte) }
            (high, low) = words
        }
    }

    /// One key's nonces, a set for each minute in which some were received, oldest first.
    private struct Seen {
        var buckets: [(minute: Int64, nonces: Set<Nonce>)] = []
        var count = 0

        func contains(_ nonce: Nonce) -> Bool {
            buckets.contains { $0.nonces.contains(nonce) }
        }

        mutating func insert(_ nonce: Nonce, minute: Int64) {
            if buckets.last?.minute != minute { buckets.append((minute, [])) }
            buckets[buckets.count - 1].nonces.insert(nonce)
            count += 1
        }

        mutating func forget(before minute: Int64) {
            while let oldest = buckets.first, oldest.minute < minute {
                count -= oldest.nonces.count
                buckets.removeFirst()
            }
        }
    }

    private struct State {
        var keys: [KeyID: Seen] = [:]
        var count = 0
        /// The minutes of the last sweeps: nothing new can be forgotten within one.
        var sweptAt: Int64 = .min
        var pressedAt: Int64 = .min
    }

    /// Minutes for which a nonce stays used, not counting the one in which it came.
    private static let remembered: Int64 = 10
    /// Minutes after which the time window alone refuses a repetition.
    private static let needed: Int64 = 6

    private let state = Mutex(State())
    private let time: any TimeSource
    private let perKey: Int
    private let total: Int

    package init(time: any TimeSource, perKey: Int = 524_288, total: Int = 2_097_152) {
        self.time = time
        self.perKey = perKey
        self.total = total
    }

    /// Notes a 16-byte nonce that came with a good signature of this key.
    package func insert(_ bytes: [UInt8], key: KeyID) -> Outcome {
        let nonce = Nonce(bytes)
        let minute = time.monotonic().components.seconds / 60
        return state.withLock { state in
            if state.sweptAt != minute {
                state.sweptAt = minute
                NonceCache.sweep(&state, before: minute - NonceCache.remembered)
            }
            if state.keys[key]?.contains(nonce) == true { return .repeated }
            if state.count >= total, state.pressedAt != minute {
                state.pressedAt = minute
                NonceCache.sweep(&state, before: minute - NonceCache.needed)
            }
            if let count = state.keys[key]?.count, count >= perKey {
                state.keys[key]?.forget(before: minute - NonceCache.needed)
                state.count -= count - (state.keys[key]?.count ?? 0)
            }
            guard state.count < total, state.keys[key]?.count ?? 0 < perKey else { return .full }
            state.keys[key, default: Seen()].insert(nonce, minute: minute)
            state.count += 1
            return .fresh
        }
    }

    private static func sweep(_ state: inout State, before minute: Int64) {
        for key in Array(state.keys.keys) {
            state.keys[key]?.forget(before: minute)
            if state.keys[key]?.count == 0 { state.keys[key] = nil }
        }
        state.count = state.keys.values.reduce(0) { $0 + $1.count }
    }
}
