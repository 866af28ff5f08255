import Federation
import Synchronization
import Wire

/// What a homeserver's key route answers, what our database keeps, and what the ring said: in memory for one test.
final class KeyRingWorld: Sendable {
    struct Away: Error {}

    struct State {
        var answers: [ServerName: [UInt8]] = [:]
        var stored: [ServerName: StoredPeerKeys] = [:]
        var fetches = 0
        var alarms: [KeyRing.Alarm] = []
        var storeIsAway = false
    }

    let state = Mutex(State())
    let time = ManualTime(now: TestKeys.now)

    func ring(maximumPeers: Int = 100) -> KeyRing {
        KeyRing(
            time: time,
            store: PeerKeyStore(
                load: { server in
                    try self.state.withLock { state in
                        guard !state.storeIsAway else { throw Away() }
                        return state.stored[server]
                    }
                },
                save: { server, keys in
                    try self.state.withLock { state in
                        guard !state.storeIsAway else { throw Away() }
                        state.stored[server] = keys
                    }
                }),
            maximumPeers: maximumPeers,
            fetch: { server, _ in
                await Task.yield()
                return try self.state.withLock { state in
                    state.fetches += 1
                    guard let answer = state.answers[server] else { throw Away() }
                    return answer
                }
            },
            alarm: { _, alarm in self.state.withLock { $0.alarms.append(alarm) } })
    }

    func answer(_ document: [UInt8]?, for server: ServerName) {
        state.withLock { $0.answers[server] = document }
    }

    var fetches: Int { state.withLock { $0.fetches } }
    var alarms: [KeyRing.Alarm] { state.withLock { $0.alarms } }
    func stored(_ server: ServerName) -> StoredPeerKeys? { state.withLock { $0.stored[server] } }
}
