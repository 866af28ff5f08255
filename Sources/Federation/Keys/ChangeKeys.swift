package import Sodium
package import Wire

/// Changes a homeserver's keyset where its online keys are: `keys stage`, `activate`, `revoke` and `renew` call it where the
/// root is too, `keys verify` with what was signed elsewhere. Nothing else changes the directory meanwhile; a serving process notices by itself.
package struct ChangeKeys: Sendable {
    /// The present keyset.
    package let current: SignedKeyset
    let directory: KeyDirectory
    let time: any TimeSource

    package init(
        in directory: KeyDirectory, of server: ServerName, time: any TimeSource = SystemTime()
    ) throws(KeysProblem) {
        try directory.lock()
        self.directory = directory
        self.time = time
        current = try directory.loadKeyset(of: server)
    }

    /// Whether the change is possible at all, before anybody is asked for a passphrase.
    package func check(_ change: KeysetChange) throws(KeysProblem) {
        _ = try isNewKeyNeeded(for: change, now: time.now())
    }

    private func isNewKeyNeeded(for change: KeysetChange, now: Instant) throws(KeysProblem) -> Bool {
        do throws(KeysetChangeProblem) {
            return try change.needsNewKey(current.keyset, now: now)
        } catch {
            throw .change(error)
        }
    }

    /// New key files are written first and the keyset last: until it is there nothing has changed.
    package func run(_ change: KeysetChange, root: Ed25519.SigningKey) throws(KeysProblem) -> SignedKeyset {
        let now = time.now()
        let fresh = try isNewKeyNeeded(for: change, now: now) ? FreshOnlineKey(for: directory) : nil
        let keyset: Keyset
        do throws(KeysetChangeProblem) {
            keyset = try change.next(after: current, fresh: fresh?.publicKey, now: now)
        } catch {
            throw .change(error)
        }
        if let active = keyset.activeKey, active.id != fresh?.id { _ = try directory.loadOnlineKey(active.publicKey) }
        let signed = try NextKeyset.sign(keyset, after: current, with: [root], now: now)
        if let fresh { try directory.create(fresh) }
        try directory.publish(signed) { fresh?.remove(from: directory) }
        return signed
    }

    /// Puts a new root in the place of the present one; both sign. The file of the old one is left where it is.
    ///
    /// - Parameter newRootFile: Where the new root goes; nil for the keys directory.
    package func rotateRoot(
        from root: Ed25519.SigningKey, to newRoot: NewRoot, newRootFile: OutsideFile?
    ) throws(KeysProblem) -> SignedKeyset {
        let now = time.now()
        let keyset = current.keyset.replacingRoot(with: newRoot.publicKey, after: current, now: now)
        let signed = try NextKeyset.sign(keyset, after: current, with: [newRoot.key, root], now: now)
        if let newRootFile {
            try newRootFile.create(newRoot.sealed)
        } else {
            try directory.createRoot(newRoot)
        }
        try directory.publish(signed) {
            if let newRootFile {
                newRootFile.remove()
            } else {
                directory.keys.remove(KeyDirectory.rootName(newRoot.publicKey))
            }
        }
        return signed
    }
}
