import Wire

/// A keyset that came from the machine with the root (`keys verify`).
extension ChangeKeys {
    /// What it changes; throws when a peer that knows the present one would not believe it, or when a key that is to sign is
    /// not here.
    package func check(_ new: SignedKeyset, path: String) throws(KeysProblem) -> KeysetDifference {
        let verdict = KeysetPolicy.judge(
            new: new, of: current.keyset.server, pinned: PinnedKeys(of: current), now: time.now())
        guard verdict == .accept else { throw .refused(path: path, verdict) }
        guard let active = new.keyset.activeKey else { throw .invalid(path: path, problem: "keys: none is active") }
        _ = try directory.loadOnlineKey(active.publicKey)
        if let staged = new.keyset.stagedKey(at: time.now()) { _ = try directory.loadOnlineKey(staged.publicKey) }
        return KeysetDifference(from: current, to: new)
    }

    /// Puts it in the place of the present one.
    package func install(_ new: SignedKeyset, path: String) throws(KeysProblem) -> KeysetDifference {
        let difference = try check(new, path: path)
        if !difference.isEmpty { try directory.publish(new) }
        return difference
    }
}
