package import Sodium
import Wire

/// Opens a root key's sealed file; every command that signs a keyset calls it.
package struct RootKeyFile: Sendable {
    private let path: String
    private let sealed: SealedFile
    /// Whether it is the first root of the directory, whose passphrase lies beside it when it was made to be thrown away.
    package let isFirst: Bool

    /// A file anywhere.
    package init(_ file: OutsideFile) throws(KeysProblem) {
        try self.init(
            path: file.path, isFirst: false,
            try file.read(maximumBytes: SealedFile.maximumFileBytes, isPrivate: true))
    }

    /// The one in the keys directory that this keyset names.
    package init(of keyset: SignedKeyset, in directory: KeyDirectory) throws(KeysProblem) {
        let present = KeyDirectory.rootName(of: keyset, among: try directory.rootNames())
        guard directory.keys.contains(present) else {
            throw .rootElsewhere(path: directory.keys.path(of: present))
        }
        try self.init(
            path: directory.keys.path(of: present), isFirst: present == KeyDirectory.rootName,
            try directory.read(directory.keys, present, maximumBytes: SealedFile.maximumFileBytes))
    }

    private init(path: String, isFirst: Bool, _ bytes: [UInt8]) throws(KeysProblem) {
        self.path = path
        self.isFirst = isFirst
        do throws(SealedFileError) {
            sealed = try SealedFile(parsing: bytes)
            guard sealed.id == KeyDirectory.rootID else { throw .malformed("id") }
        } catch {
            throw .sealed(path: path, error)
        }
    }

    /// The key, which must be the one that is wanted. Works for about a second at the `moderate` cost.
    package func open(_ passphrase: SecretBytes, for root: Ed25519.PublicKey) throws(KeysProblem) -> Ed25519.SigningKey
    {
        let seed: SecretBytes
        do throws(SealedFileError) {
            seed = try sealed.open(passphrase: passphrase)
        } catch {
            throw .sealed(path: path, error)
        }
        guard let key = Ed25519.SigningKey(seed: seed), key.publicKey == root else {
            throw .invalid(path: path, problem: "holds another root than the one that signed the keyset")
        }
        return key
    }
}
