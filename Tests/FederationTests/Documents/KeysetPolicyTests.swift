import Federation
import Sodium
import Testing
import Wire

@Suite struct KeysetPolicyTests {
    private let keys: TestKeys
    private let first: SignedKeyset

    init() throws {
        keys = try TestKeys()
        first = keys.keyset()
    }

    private func judge(
        _ new: SignedKeyset, _ pinned: PinnedKeys = PinnedKeys(), now: Instant = TestKeys.now
    ) -> KeysetPolicy.Verdict {
        KeysetPolicy.judge(new: new, of: keys.server, pinned: pinned, now: now)
    }

    private func pin(_ keyset: SignedKeyset, revoked: Set<KeyID> = []) -> PinnedKeys {
        PinnedKeys(
            root: keyset.keyset.root, version: keyset.keyset.version, sha256: keyset.sha256,
            revoked: keyset.keyset.revoked.union(revoked))
    }

    @Test func firstUseAndTheSameAgain() throws {
        #expect(judge(first) == .accept)
        #expect(judge(first, pin(first)) == .accept)
        #expect(judge(first, PinnedKeys(fingerprint: Fingerprint(of: keys.root.publicKey))) == .accept)
        #expect(judge(first, PinnedKeys(fingerprint: Fingerprint(of: try TestKeys.newKey().publicKey))) == .rootChanged)
    }

    @Test func aRootOnceKnownOutweighsTheFingerprint() throws {
        var pinned = pin(first)
        pinned.fingerprint = Fingerprint(of: try TestKeys.newKey().publicKey)
        #expect(judge(first, pinned) == .accept)
    }

    @Test func versionsGoOnlyForward() throws {
        let second = keys.keyset(version: 2, previous: first.sha256)
        #expect(judge(second, pin(first)) == .accept)
        #expect(judge(keys.keyset(version: 9), pin(first)) == .accept)
        #expect(judge(first, pin(second)) == .rollback)
        #expect(judge(keys.keyset(version: 2), pin(first)) == .equivocation)
        #expect(judge(keys.keyset(life: TestKeys.day), pin(first)) == .equivocation)
    }

    @Test func anotherRootNeedsTheOldOnesWord() throws {
        let newRoot = try TestKeys.newKey()
        let alone = keys.keyset(version: 2, previous: first.sha256, root: newRoot)
        #expect(judge(alone, pin(first)) == .rootChanged)
        let both = keys.keyset(version: 2, previous: first.sha256, root: newRoot, signedBy: [keys.root, newRoot])
        #expect(judge(both, pin(first)) == .accept)
        let onlyOld = keys.keyset(version: 2, previous: first.sha256, root: newRoot, signedBy: [keys.root])
        #expect(judge(onlyOld, pin(first)) == .invalid(field: "signatures"))
    }

    @Test func itsOwnRootMustHaveSigned() throws {
        #expect(judge(keys.keyset(signedBy: [])) == .invalid(field: "signatures"))
        #expect(judge(keys.keyset(signedBy: [try TestKeys.newKey()])) == .invalid(field: "signatures"))
        #expect(judge(keys.keyset(signedBy: [keys.online])) == .invalid(field: "signatures"))
    }

    @Test func itMustBeOfThatServer() throws {
        let other = try #require(ServerName("b.example"))
        #expect(
            KeysetPolicy.judge(new: first, of: other, pinned: PinnedKeys(), now: TestKeys.now)
                == .invalid(field: "server"))
    }

    @Test func itsTimesMustHold() {
        let expires = first.keyset.expires
        #expect(judge(first, now: expires) == .accept)
        #expect(judge(first, now: expires + .seconds(1)) == .invalid(field: "expires"))
        #expect(judge(first, now: TestKeys.now - .seconds(300)) == .accept)
        #expect(judge(first, now: TestKeys.now - .seconds(301)) == .invalid(field: "issued"))
    }

    @Test func whatIsRevokedStaysRevoked() throws {
        let lost = try TestKeys.newKey()
        let revoking = keys.keyset(
            version: 2, previous: first.sha256, keys: [keys.key(), keys.key(.revoked, of: lost)])
        #expect(judge(revoking, pin(first)) == .accept)
        for state in [KeysetKey.State.next, .retired] {
            let again = keys.keyset(
                version: 3, previous: revoking.sha256, keys: [keys.key(), keys.key(state, of: lost)])
            #expect(judge(again, pin(revoking)) == .invalid(field: "keys"))
        }
        let silent = keys.keyset(version: 3, previous: revoking.sha256)
        #expect(judge(silent, pin(revoking)) == .invalid(field: "keys"))
        let still = keys.keyset(
            version: 3, previous: revoking.sha256, keys: [keys.key(), keys.key(.revoked, of: lost)])
        #expect(judge(still, pin(revoking)) == .accept)
    }
}
