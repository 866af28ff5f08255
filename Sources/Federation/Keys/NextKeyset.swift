package import Sodium
package import Wire

/// Signs the keyset that follows another, and judges it as a peer will before anybody sees it; every command that
/// changes keys ends here.
package enum NextKeyset {
    /// - Parameter roots: The keyset's own root first; with a new root, the one before it too.
    package static func sign(
        _ keyset: Keyset, after current: SignedKeyset, with roots: [Ed25519.SigningKey], now: Instant
    ) throws(KeysProblem) -> SignedKeyset {
        let signed = SignedKeyset(signing: keyset, with: roots, rotations: current.rotationsForNext)
        let verdict = KeysetPolicy.judge(
            new: signed, of: current.keyset.server, pinned: PinnedKeys(of: current), now: now)
        guard verdict == .accept else { throw .refused(path: "the new keyset", verdict) }
        do throws(FieldError) {
            _ = try Keyset(parsing: signed.envelope.payload)
            guard JSONWriter.bytes(of: signed).count <= KeysDocument.maximumBytes - 1024 else {
                throw FieldError(field: "keys", problem: "are too many for a keys document")
            }
        } catch {
            throw .invalid(path: "the new keyset", problem: error.description)
        }
        return signed
    }
}

extension PinnedKeys {
    /// What somebody keeps who has believed this keyset.
    package init(of signed: SignedKeyset) {
        self.init(
            root: signed.keyset.root, version: signed.keyset.version, sha256: signed.sha256,
            revoked: signed.keyset.revoked)
    }
}
