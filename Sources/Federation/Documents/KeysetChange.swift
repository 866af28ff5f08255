package import Sodium
package import Wire

/// One change of a homeserver's own keyset, as an operator asks for it: worked out here as a value, signed by `NextKeyset`.
package enum KeysetChange: Equatable, Sendable {
    /// Publishes a new key as `next`.
    case stage
    /// The staged key signs from now on, the old one is retired.
    case activate
    /// These keys, or every one that could sign, are never believed again.
    case revoke([KeyID]?, at: Instant?)
    /// A keyset with a new end; and a new key too when the active one has less than 30 days left.
    case renew

    /// The life of a keyset, and of an online key in it.
    static let keysetLife = Duration.seconds(365 * 86_400)
    static let keyLife = Duration.seconds(90 * 86_400)
    /// `renew` replaces a key that has less than this left: where the warnings begin.
    static let renewal = Duration.seconds(KeysStatus.warningDays[0] * 86_400)

    /// Whether `keyset` must be given the public half of a new key for this change.
    package func needsNewKey(_ keyset: Keyset, now: Instant) throws(KeysetChangeProblem) -> Bool {
        switch self {
        case .stage:
            if let staged = keyset.stagedKey(at: now) { throw .alreadyStaged(staged.id) }
            return true
        case .activate:
            guard keyset.stagedKey(at: now) != nil else { throw .nothingStaged }
            return false
        case .revoke(let ids, let at):
            let revoked = try KeysetChange.targets(ids, in: keyset)
            if let at, at > now { throw .revokedInFuture }
            if let active = keyset.activeKey, !revoked.contains(active.id) { return false }
            return keyset.stagedKey(at: now).map { revoked.contains($0.id) } ?? true
        case .renew:
            if let active = keyset.activeKey, active.notAfter - now >= KeysetChange.renewal { return false }
            return keyset.stagedKey(at: now).map { $0.notAfter - now < KeysetChange.renewal } ?? true
        }
    }

    /// The keyset after this change, of the next version. `fresh` is the new key's public half where one is needed.
    ///
    /// Its end is a year from `now`, whatever the change: the root is at hand, so nothing is won by an earlier one.
    package func next(
        after current: SignedKeyset, fresh: Ed25519.PublicKey?, now: Instant
    ) throws(KeysetChangeProblem) -> Keyset {
        let old = current.keyset
        let isFreshNeeded = try needsNewKey(old, now: now)
        let issued = Instant(seconds: now.seconds)
        var keys = KeysetKeys(old.keys, issued: issued)
        keys.retireExpired()
        if isFreshNeeded {
            guard let fresh else { throw .needsNewKey }
            try keys.add(fresh)
        }
        let staged = isFreshNeeded ? fresh.map { KeyID(of: $0) } : old.stagedKey(at: now)?.id
        switch self {
        case .stage: break
        case .activate: keys.activate(staged)
        case .revoke(let ids, let at):
            keys.revoke(try KeysetChange.targets(ids, in: old), at: at ?? issued)
            if !keys.hasActive { keys.activate(staged) }
        case .renew:
            let isActiveLasting = old.activeKey.map { $0.notAfter - now >= KeysetChange.renewal } ?? false
            if !isActiveLasting { keys.activate(staged) }
        }
        try keys.makeRoom()
        return Keyset(
            server: old.server, version: old.version + 1, previousSHA256: current.sha256, issued: issued,
            expires: issued + KeysetChange.keysetLife, root: old.root, keys: keys.keys)
    }

    private static func targets(_ ids: [KeyID]?, in keyset: Keyset) throws(KeysetChangeProblem) -> Set<KeyID> {
        guard let ids else {
            return Set(keyset.keys.lazy.filter { $0.state == .active || $0.state == .next }.map(\.id))
        }
        for id in ids {
            guard let key = keyset.key(id) else { throw .unknownKey(id) }
            guard key.state != .revoked else { throw .alreadyRevoked(id) }
        }
        return Set(ids)
    }
}

extension Keyset {
    /// The one that may be activated.
    package func stagedKey(at now: Instant) -> KeysetKey? {
        keys.first { $0.state == .next && now < $0.notAfter }
    }

    /// The same keys under a new root, which must sign it together with the old one.
    package func replacingRoot(
        with root: Ed25519.PublicKey, after current: SignedKeyset, now: Instant
    ) -> Keyset {
        let issued = Instant(seconds: now.seconds)
        return Keyset(
            server: server, version: version + 1, previousSHA256: current.sha256, issued: issued,
            expires: issued + KeysetChange.keysetLife, root: root, keys: keys)
    }
}

/// Why a keyset cannot be changed so; the text is for the operator.
package enum KeysetChangeProblem: Error, Equatable, CustomStringConvertible, Sendable {
    case nothingStaged
    case alreadyStaged(KeyID)
    case unknownKey(KeyID)
    case alreadyRevoked(KeyID)
    case revokedInFuture
    case needsNewKey
    case knownKey(KeyID)
    case full

    package var description: String {
        switch self {
        case .nothingStaged: "no key is staged: homeserver keys stage makes one"
        case .alreadyStaged(let id): "key \(id) is staged already: activate it, or revoke it first"
        case .unknownKey(let id): "the keyset has no key \(id); homeserver keys status lists them"
        case .alreadyRevoked(let id): "key \(id) is revoked already, for ever"
        case .revokedInFuture: "--at must not be in the future"
        case .needsNewKey:
            "a new online key is needed: on the homeserver's machine, homeserver keys export --stage --to FILE makes one"
        case .knownKey(let id): "key \(id) is in the keyset already"
        case .full: "the keyset holds \(Keyset.maximumKeys) keys and none of them may leave"
        }
    }
}
