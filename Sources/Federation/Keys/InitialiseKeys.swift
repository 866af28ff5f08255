package import Sodium
package import Wire

/// Makes a homeserver's first keys: a root under the operator's passphrase, an online key under a random one, and the
/// keyset that the root signs. The command `keys init` calls it; it overwrites nothing.
package struct InitialiseKeys: Sendable {
    /// A passphrase of fewer bytes is refused for a root.
    package static let minimumPassphraseBytes = 12
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
        let root = FreshKey()
        let online = try FreshOnlineKey(for: directory)
        let keyset = signKeyset(root: root.key, online: online.publicKey)
        let rootFile = try root.sealed(
            as: KeyDirectory.rootID, rootPassphrase, rootCost, path: directory.keys.path(of: KeyDirectory.rootName))
        do throws(KeyFileProblem) {
            try online.create(in: directory)
            try directory.keys.create(KeyDirectory.rootName, rootFile)
            try directory.keys.create(KeyDirectory.keysetName, KeyDirectory.bytes(of: keyset))
        } catch {
            throw .file(error)
        }
        return Result(
            rootFingerprint: Fingerprint(of: root.key.publicKey), keyID: online.id,
            keysetExpires: keyset.keyset.expires, keyExpires: keyset.keyset.issued + KeysetChange.keyLife)
    }

    /// For demos and tests: the root's passphrase is made up and kept beside the online key's, at libsodium's least cost.
    package func runThrowAway(in directory: KeyDirectory) throws(KeysProblem) -> Result {
        try refuseLeftovers(in: directory)
        var passphrase = FreshKey.randomPassphrase()
        defer { SecretBytes.wipe(&passphrase) }
        do throws(KeyFileProblem) {
            try directory.secrets.create(KeyDirectory.rootPassphraseName, passphrase + [UInt8(ascii: "\n")])
        } catch {
            throw .file(error)
        }
        return try run(in: directory, rootPassphrase: SecretBytes(copying: passphrase), rootCost: .minimum)
    }

    private func signKeyset(root: Ed25519.SigningKey, online: Ed25519.PublicKey) -> SignedKeyset {
        let now = Instant(seconds: time.now().seconds)
        let key = KeysetKey(
            publicKey: online, notBefore: now, notAfter: now + KeysetChange.keyLife, state: .active)
        return SignedKeyset(
            signing: Keyset(
                server: server, version: 1, previousSHA256: nil, issued: now, expires: now + KeysetChange.keysetLife,
                root: root.publicKey, keys: [key]),
            with: [root])
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
