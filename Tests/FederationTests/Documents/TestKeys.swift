import Federation
import Sodium
import Testing
import Wire

/// Keys and keysets of a homeserver that exists for one test.
struct TestKeys {
    static let now = Instant(seconds: 1_700_000_000)
    static let day = Duration.seconds(86_400)

    let server: ServerName
    let root: Ed25519.SigningKey
    let online: Ed25519.SigningKey

    init(_ name: String = "a.example") throws {
        server = try #require(ServerName(name))
        root = try TestKeys.newKey()
        online = try TestKeys.newKey()
    }

    init(server: ServerName, root: Ed25519.SigningKey, online: Ed25519.SigningKey) {
        self.server = server
        self.root = root
        self.online = online
    }

    static func newKey() throws -> Ed25519.SigningKey {
        try #require(Ed25519.SigningKey(seed: .random(count: 32)))
    }

    func key(_ state: KeysetKey.State = .active, of key: Ed25519.SigningKey? = nil) -> KeysetKey {
        KeysetKey(
            publicKey: (key ?? online).publicKey, notBefore: TestKeys.now - TestKeys.day,
            notAfter: TestKeys.now + (state == .retired ? .seconds(300) : TestKeys.day), state: state,
            revokedAt: state == .revoked ? TestKeys.now : nil)
    }

    func keyset(
        version: Int64 = 1, previous: [UInt8]? = nil, issued: Instant = now, life: Duration = day * 30,
        keys: [KeysetKey]? = nil, root: Ed25519.SigningKey? = nil, signedBy signers: [Ed25519.SigningKey]? = nil
    ) -> SignedKeyset {
        SignedKeyset(
            signing: Keyset(
                server: server, version: version,
                previousSHA256: previous ?? (version > 1 ? [UInt8](repeating: 7, count: 32) : nil), issued: issued,
                expires: issued + life, root: (root ?? self.root).publicKey, keys: keys ?? [key()]),
            with: signers ?? [root ?? self.root])
    }

    func document(
        _ keyset: SignedKeyset? = nil, at now: Instant = now, signedBy key: Ed25519.SigningKey? = nil
    ) -> [UInt8] {
        KeysDocument(keyset ?? self.keyset(), at: now, signedBy: key ?? online).bytes
    }
}
