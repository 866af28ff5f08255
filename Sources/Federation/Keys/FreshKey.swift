import Sodium
import Wire

/// A key that has just been made, while its seed is still at hand to be sealed.
struct FreshKey {
    let key: Ed25519.SigningKey
    private let seed: SecretBytes

    init() {
        seed = SecretBytes.random(count: Ed25519.seedBytes)
        guard let key = Ed25519.SigningKey(seed: seed) else {
            preconditionFailure("every seed of 32 bytes makes a key of the main subgroup")
        }
        self.key = key
    }

    /// The bytes of its sealed file; `path` is where that will lie, for the text of an error.
    func sealed(
        as id: String, _ passphrase: SecretBytes, _ cost: Argon2id.Cost, path: String
    ) throws(KeysProblem) -> [UInt8] {
        do throws(SealedFileError) {
            return try SealedFile.seal(seed, id: id, passphrase: passphrase, cost: cost)
        } catch {
            throw .sealed(path: path, error)
        }
    }

    /// 32 random bytes, as text so that a credential store or an editor leaves them as they are.
    static func randomPassphrase() -> [UInt8] {
        Array(Hex.encode(RandomBytes.array(count: 32)).utf8)
    }
}

/// A new online key with what will be its two files; nothing is written before `create`.
struct FreshOnlineKey {
    let publicKey: Ed25519.PublicKey
    private let sealed: [UInt8]
    private let passphrase: SecretBytes

    var id: KeyID { KeyID(of: publicKey) }

    init(for directory: KeyDirectory) throws(KeysProblem) {
        let fresh = FreshKey()
        publicKey = fresh.key.publicKey
        let id = KeyID(of: publicKey)
        var text = FreshKey.randomPassphrase()
        defer { SecretBytes.wipe(&text) }
        passphrase = SecretBytes(copying: text)
        sealed = try fresh.sealed(
            as: KeyDirectory.onlineID(id), passphrase, .interactive,
            path: directory.keys.path(of: KeyDirectory.onlineName(id)))
    }

    /// Writes both files, or neither.
    func create(in directory: KeyDirectory) throws(KeyFileProblem) {
        var text = passphrase.withBytes { Array($0) } + [UInt8(ascii: "\n")]
        defer { SecretBytes.wipe(&text) }
        try directory.secrets.create(KeyDirectory.passphraseName(id), text)
        do throws(KeyFileProblem) {
            try directory.keys.create(KeyDirectory.onlineName(id), sealed)
        } catch {
            directory.secrets.remove(KeyDirectory.passphraseName(id))
            throw error
        }
    }

    /// Takes the files back when nothing came of the key.
    func remove(from directory: KeyDirectory) {
        directory.keys.remove(KeyDirectory.onlineName(id))
        directory.secrets.remove(KeyDirectory.passphraseName(id))
    }
}
