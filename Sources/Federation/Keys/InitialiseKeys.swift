package import Sodium
package import Wire

/// Makes a homeserver's first keys: a root under the operator's passphrase, an online key under a random one, and the
/// keyset that the root signs. The command `keys init` calls it; it overwrites nothing.
package struct InitialiseKeys: Sendable {
    /// A passphrase of fewer bytes is refused for a root.
    package static let minimumPassphraseBytes = 12
    /// The life of a keyset, and of an online key in it.
    static let keysetLife = Duration.seconds(365 * 86_400)
    static let keyLife = Duration.seconds(90 * 86_400)

    /// What was made.
    package struct Result: Equatable, Sendable {
        package let rootFingerprint: Fingerprint
        package let keyID: KeyID
        package let keysetExpires: Instant
        package let keyExpires: Instant
    }

    private let server: ServerName
    private let time: any TimeSource

    package init(server: ServerName, time: any TimeSource = SystemTime()) {
        self.server = server
        self.time = time
    }

    /// Works for about a second at the `moderate` cost. The keyset is written last: without it nothing was made.
    package func run(
        in directory: KeyDirectory, rootPassphrase: SecretBytes, rootCost: Argon2id.Cost = .moderate
    ) throws(KeysProblem) -> Result {
        try refuseLeftovers(in: directory)
        let root = newKey()
        let online = newKey()
        let keyset = signKeyset(root: root.key, online: online.key.publicKey)
        let id = KeyID(of: online.key.publicKey)
        var passphrase = InitialiseKeys.randomPassphrase()
        defer { SecretBytes.wipe(&passphrase) }
        let onlineFile = try seal(
            online.seed, "online-\(id)", SecretBytes(copying: passphrase), .interactive,
            path: directory.keys.path(of: KeyDirectory.onlineName(id)))
        let rootFile = try seal(
            root.seed, "root", rootPassphrase, rootCost, path: directory.keys.path(of: KeyDirectory.rootName))
        do throws(KeyFileProblem) {
            try directory.secrets.create(KeyDirectory.passphraseName(id), passphrase + [InitialiseKeys.newline])
            try directory.keys.create(KeyDirectory.onlineName(id), onlineFile)
            try directory.keys.create(KeyDirectory.rootName, rootFile)
            try directory.keys.create(
                KeyDirectory.keysetName, JSONWriter.bytes(of: keyset.envelope) + [InitialiseKeys.newline])
        } catch {
            throw .file(error)
        }
        return Result(
            rootFingerprint: Fingerprint(of: root.key.publicKey), keyID: id, keysetExpires: keyset.keyset.expires,
            keyExpires: keyset.keyset.issued + InitialiseKeys.keyLife)
    }

    /// For demos and tests: the root's passphrase is made up and kept beside the online key's, at libsodium's least cost.
    package func runThrowAway(in directory: KeyDirectory) throws(KeysProblem) -> Result {
        try refuseLeftovers(in: directory)
        var passphrase = InitialiseKeys.randomPassphrase()
        defer { SecretBytes.wipe(&passphrase) }
        do throws(KeyFileProblem) {
            try directory.secrets.create(KeyDirectory.rootPassphraseName, passphrase + [InitialiseKeys.newline])
        } catch {
            throw .file(error)
        }
        return try run(in: directory, rootPassphrase: SecretBytes(copying: passphrase), rootCost: .minimum)
    }

    private static let newline = UInt8(ascii: "\n")

    /// 32 random bytes, as text so that a credential store or an editor leaves them as they are.
    private static func randomPassphrase() -> [UInt8] {
        Array(Hex.encode(RandomBytes.array(count: 32)).utf8)
    }

    private func signKeyset(root: Ed25519.SigningKey, online: Ed25519.PublicKey) -> SignedKeyset {
        let now = Instant(seconds: time.now().seconds)
        let key = KeysetKey(
            publicKey: online, notBefore: now, notAfter: now + InitialiseKeys.keyLife, state: .active)
        return SignedKeyset(
            signing: Keyset(
                server: server, version: 1, previousSHA256: nil, issued: now, expires: now + InitialiseKeys.keysetLife,
                root: root.publicKey, keys: [key]),
            with: [root])
    }

    private func newKey() -> (key: Ed25519.SigningKey, seed: SecretBytes) {
        let seed = SecretBytes.random(count: Ed25519.seedBytes)
        guard let key = Ed25519.SigningKey(seed: seed) else {
            preconditionFailure("every seed of 32 bytes makes a key of the main subgroup")
        }
        return (key, seed)
    }

    private func seal(
        _ seed: SecretBytes, _ id: String, _ passphrase: SecretBytes, _ cost: Argon2id.Cost, path: String
    ) throws(KeysProblem) -> [UInt8] {
        do throws(SealedFileError) {
            return try SealedFile.seal(seed, id: id, passphrase: passphrase, cost: cost)
        } catch {
            throw .sealed(path: path, error)
        }
    }

    /// Any file of an earlier identity, whole or half made, is for the operator to move away.
    private func refuseLeftovers(in directory: KeyDirectory) throws(KeysProblem) {
        let ours = [KeyDirectory.rootName, KeyDirectory.keysetName]
        do throws(KeyFileProblem) {
            for name in try directory.keys.names() where name.hasPrefix("online-") || ours.contains(name) {
                throw .exists(path: directory.keys.path(of: name))
            }
            for name in try directory.secrets.names() where name.hasPrefix("online-") {
                throw .exists(path: directory.secrets.path(of: name))
            }
        } catch {
            throw .file(error)
        }
    }
}
