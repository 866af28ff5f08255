import Sodium
import Testing
import Wire

@testable import Federation

@Suite struct OwnKeysInUseTests {
    private let keys: TestKeys
    private let next: Ed25519.SigningKey
    private let now = TestKeys.now

    init() throws {
        keys = try TestKeys()
        next = try TestKeys.newKey()
    }

    private func local(_ old: KeysetKey.State) -> LocalKeys {
        let keyset = keys.keyset(version: 2, keys: [keys.key(old), keys.key(.active, of: next)])
        return LocalKeys(server: keys.server, signingKey: next, keyset: keyset)
    }

    private func own() -> OwnKeys {
        OwnKeys(LocalKeys(server: keys.server, signingKey: keys.online, keyset: keys.keyset()))
    }

    @Test func `a retired key signs on until peers have been told`() throws {
        let own = own()
        own.show(local(.retired), now: now)
        #expect(own.signingKey.publicKey == keys.online.publicKey)
        let shown = try KeysDocument(parsing: own.document(at: now))
        #expect(shown.keyset.keyset.version == 2)
        own.sign()
        #expect(own.signingKey.publicKey == next.publicKey)
    }

    @Test func `a revoked key signs nothing more`() {
        let own = own()
        own.show(local(.revoked), now: now)
        #expect(own.signingKey.publicKey == next.publicKey)
    }

    @Test func `each step towards the end is told once, and again after a renewal`() {
        var notices = KeysNotices()
        func told(_ day: Int, version: Int64 = 1) -> [String] {
            let list = [
                KeysetKey(
                    publicKey: keys.online.publicKey, notBefore: now, notAfter: now + TestKeys.day * 90, state: .active)
            ]
            let keyset = keys.keyset(version: version, issued: now, life: TestKeys.day * 100, keys: list).keyset
            return notices.due(KeysStatus(of: keyset, now: now + TestKeys.day * day)).map(\.name)
        }
        let key = "online key \(KeyID(of: keys.online.publicKey))"
        #expect(told(0).isEmpty && told(60).isEmpty)
        #expect(told(61) == [key] && told(61).isEmpty && told(62).isEmpty)
        #expect(told(77) == ["keyset version 1", key])
        #expect(told(95) == ["keyset version 1", key], "a step that was slept through")
        #expect(told(95).isEmpty)
        #expect(told(71, version: 2) == ["keyset version 2"], "another keyset counts anew")
    }
}
