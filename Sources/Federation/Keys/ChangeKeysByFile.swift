package import Sodium
package import Wire

/// The change of a keyset on the machine that has the root and nothing else: a file in, a file out.
package struct ChangeKeysByFile: Sendable {
    package let transfer: KeysTransfer
    private let time: any TimeSource

    package init(_ transfer: KeysTransfer, time: any TimeSource = SystemTime()) {
        self.transfer = transfer
        self.time = time
    }

    package func check(_ change: KeysetChange) throws(KeysProblem) {
        _ = try next(change)
    }

    package func run(
        _ change: KeysetChange, root: Ed25519.SigningKey, to file: OutsideFile
    ) throws(KeysProblem) -> SignedKeyset {
        let signed = try NextKeyset.sign(
            try next(change), after: transfer.keyset, with: [root], now: time.now())
        try KeysTransfer(signed).write(to: file)
        return signed
    }

    /// The new root's file is written first, so that no keyset names a root that is lost.
    package func rotateRoot(
        from root: Ed25519.SigningKey, to newRoot: NewRoot, newRootFile: OutsideFile, to file: OutsideFile
    ) throws(KeysProblem) -> SignedKeyset {
        let current = transfer.keyset
        let now = time.now()
        let keyset = current.keyset.replacingRoot(with: newRoot.publicKey, after: current, now: now)
        let signed = try NextKeyset.sign(keyset, after: current, with: [newRoot.key, root], now: now)
        try newRootFile.create(newRoot.sealed)
        do throws(KeysProblem) {
            try KeysTransfer(signed).write(to: file)
        } catch {
            newRootFile.remove()
            throw error
        }
        return signed
    }

    private func next(_ change: KeysetChange) throws(KeysProblem) -> Keyset {
        do throws(KeysetChangeProblem) {
            return try change.next(after: transfer.keyset, fresh: transfer.newKey, now: time.now())
        } catch {
            throw .change(error)
        }
    }
}
