import Sodium
import Wire

/// The keys of a keyset while the next version is worked out; only `KeysetChange` uses it.
struct KeysetKeys {
    private(set) var keys: [KeysetKey]
    private let issued: Instant

    init(_ keys: [KeysetKey], issued: Instant) {
        self.keys = keys
        self.issued = issued
    }

    var hasActive: Bool { keys.contains { $0.state == .active } }

    mutating func add(_ key: Ed25519.PublicKey) throws(KeysetChangeProblem) {
        let id = KeyID(of: key)
        guard !keys.contains(where: { $0.id == id }) else { throw .knownKey(id) }
        keys.append(
            KeysetKey(publicKey: key, notBefore: issued, notAfter: issued + KeysetChange.keyLife, state: .next))
    }

    /// A staged key that was never used in its time is of no use any more.
    mutating func retireExpired() {
        for index in keys.indices where keys[index].state == .next && keys[index].notAfter <= issued {
            keys[index] = keys[index].with(.retired)
        }
    }

    /// What was active signs on for ten minutes at most, for what is under way.
    mutating func activate(_ id: KeyID?) {
        for index in keys.indices {
            if keys[index].id == id {
                keys[index] = keys[index].with(.active)
            } else if keys[index].state == .active {
                keys[index] = keys[index].with(
                    .retired, notAfter: min(keys[index].notAfter, issued + Keyset.retirement))
            }
        }
    }

    mutating func revoke(_ ids: Set<KeyID>, at instant: Instant) {
        for index in keys.indices where ids.contains(keys[index].id) {
            keys[index] = keys[index].with(.revoked, revokedAt: instant)
        }
    }

    /// Above the limit the oldest retired keys leave: nothing that they sign counts, with or without them.
    mutating func makeRoom() throws(KeysetChangeProblem) {
        while keys.count > Keyset.maximumKeys {
            let retired = keys.indices.filter { keys[$0].state == .retired && keys[$0].notAfter <= issued }
            guard let oldest = retired.min(by: { keys[$0].notAfter < keys[$1].notAfter }) else { throw .full }
            keys.remove(at: oldest)
        }
    }
}

extension KeysetKey {
    fileprivate func with(_ state: State, notAfter: Instant? = nil, revokedAt: Instant? = nil) -> KeysetKey {
        KeysetKey(
            publicKey: publicKey, notBefore: notBefore, notAfter: notAfter ?? self.notAfter, state: state,
            revokedAt: revokedAt)
    }
}
