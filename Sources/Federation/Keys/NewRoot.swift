package import Sodium
import Wire

/// A new root key with what will be its file; `keys root-rotate` makes one.
package struct NewRoot: Sendable {
    package let key: Ed25519.SigningKey
    package let sealed: [UInt8]

    package var publicKey: Ed25519.PublicKey { key.publicKey }

    /// Works for about a second at the `moderate` cost.
    package init(passphrase: SecretBytes, cost: Argon2id.Cost = .moderate) throws(KeysProblem) {
        let fresh = FreshKey()
        key = fresh.key
        sealed = try fresh.sealed(as: KeyDirectory.rootID, passphrase, cost, path: "the new root")
    }
}
