import Sodium
import Testing
import Wire

@testable import Federation

@Suite struct KeysetChangeTests {
    private let keys: TestKeys
    private let fresh: Ed25519.PublicKey
    private let other: Ed25519.SigningKey
    private let now = TestKeys.now

    init() throws {
        keys = try TestKeys()
        fresh = try TestKeys.newKey().publicKey
        other = try TestKeys.newKey()
    }

    private var id: KeyID { KeyID(of: keys.online.publicKey) }

    private func states(_ keyset: Keyset) -> [KeyID: KeysetKey.State] {
        Dictionary(uniqueKeysWithValues: keyset.keys.map { ($0.id, $0.state) })
    }

    /// Signs what comes next as a command does: `NextKeyset` judges it as a peer would.
    private func step(
        _ change: KeysetChange, after current: SignedKeyset, fresh: Ed25519.PublicKey? = nil
    ) throws -> SignedKeyset {
        let next = try change.next(after: current, fresh: fresh, now: now)
        return try NextKeyset.sign(next, after: current, with: [keys.root], now: now)
    }

    @Test func `a key is staged, then activated, and the old one retires in ten minutes`() throws {
        let first = keys.keyset()
        #expect(throws: KeysetChangeProblem.nothingStaged) { try step(.activate, after: first) }
        #expect(throws: KeysetChangeProblem.needsNewKey) { try step(.stage, after: first) }
        let staged = try step(.stage, after: first, fresh: fresh)
        #expect(states(staged.keyset) == [id: .active, KeyID(of: fresh): .next])
        #expect(staged.keyset.version == 2 && staged.keyset.previousSHA256 == first.sha256)
        #expect(throws: KeysetChangeProblem.alreadyStaged(KeyID(of: fresh))) {
            try step(.stage, after: staged, fresh: other.publicKey)
        }
        let active = try step(.activate, after: staged)
        #expect(states(active.keyset) == [id: .retired, KeyID(of: fresh): .active])
        let retired = try #require(active.keyset.key(id))
        #expect(retired.isUsable(at: now + .seconds(600)) && !retired.isUsable(at: now + .seconds(601)))
        #expect(active.keyset.expires == now + .seconds(365 * 86_400))
    }

    @Test func `a revoked key stays revoked whatever comes after it`() throws {
        let staged = try step(.stage, after: keys.keyset(), fresh: fresh)
        let revoked = try step(.revoke([id], at: now - .seconds(60)), after: staged)
        #expect(states(revoked.keyset) == [id: .revoked, KeyID(of: fresh): .active])
        #expect(revoked.keyset.key(id)?.revokedAt == now - .seconds(60))
        #expect(throws: KeysetChangeProblem.alreadyRevoked(id)) { try step(.revoke([id], at: nil), after: revoked) }
        let renewed = try step(.renew, after: revoked)
        #expect(states(renewed.keyset) == states(revoked.keyset))
    }

    @Test func `with the active key all that could sign may go, and a new one takes over`() throws {
        let staged = try step(.stage, after: keys.keyset(), fresh: fresh)
        #expect(throws: KeysetChangeProblem.needsNewKey) { try step(.revoke(nil, at: nil), after: staged) }
        let revoked = try step(.revoke(nil, at: nil), after: staged, fresh: other.publicKey)
        #expect(
            states(revoked.keyset) == [id: .revoked, KeyID(of: fresh): .revoked, KeyID(of: other.publicKey): .active])
    }

    @Test func `revoking a staged key leaves the active one alone`() throws {
        let staged = try step(.stage, after: keys.keyset(), fresh: fresh)
        let revoked = try step(.revoke([KeyID(of: fresh)], at: nil), after: staged)
        #expect(states(revoked.keyset) == [id: .active, KeyID(of: fresh): .revoked])
    }

    @Test func `what cannot be revoked is named`() throws {
        let stranger = KeyID(of: fresh)
        #expect(throws: KeysetChangeProblem.unknownKey(stranger)) {
            try step(.revoke([stranger], at: nil), after: keys.keyset())
        }
        #expect(throws: KeysetChangeProblem.revokedInFuture) {
            try step(.revoke([id], at: now + .seconds(1)), after: keys.keyset(), fresh: fresh)
        }
    }

    /// Days that the active key and a staged one have left, and what then signs after `renew`.
    @Test(arguments: [
        (30, nil, "old"), (29, nil, "fresh"), (29, 89, "staged"), (29, 29, "fresh"), (60, 89, "old"),
        (-1, nil, "fresh"),
    ])
    func `renew replaces a key that is near its end`(_ active: Int, _ staged: Int?, _ signs: String) throws {
        func key(_ key: Ed25519.PublicKey, _ state: KeysetKey.State, _ days: Int) -> KeysetKey {
            KeysetKey(
                publicKey: key, notBefore: now - TestKeys.day * (days < 0 ? 2 : 1), notAfter: now + TestKeys.day * days,
                state: state)
        }
        var list = [key(keys.online.publicKey, .active, active)]
        if let staged { list.append(key(other.publicKey, .next, staged)) }
        let current = keys.keyset(keys: list)
        #expect(try KeysetChange.renew.needsNewKey(current.keyset, now: now) == (signs == "fresh"))
        let next = try step(.renew, after: current, fresh: signs == "fresh" ? fresh : nil)
        let expected = ["old": keys.online.publicKey, "fresh": fresh, "staged": other.publicKey][signs]
        #expect(next.keyset.activeKey?.publicKey == expected)
        #expect(next.keyset.expires == now + .seconds(365 * 86_400))
    }

    @Test func `a full keyset lets go of the oldest retired key, and never of a revoked one`() throws {
        func filled(_ state: KeysetKey.State) throws -> SignedKeyset {
            let old = try (1..<64).map { days in
                KeysetKey(
                    publicKey: try TestKeys.newKey().publicKey, notBefore: now - TestKeys.day * (days + 1),
                    notAfter: now - TestKeys.day * days, state: state, revokedAt: state == .revoked ? now : nil)
            }
            return keys.keyset(keys: [keys.key()] + old)
        }
        let full = try filled(.retired)
        let next = try step(.stage, after: full, fresh: fresh)
        #expect(next.keyset.keys.count == 64)
        #expect(next.keyset.key(try #require(full.keyset.keys.last).id) == nil)
        #expect(throws: KeysetChangeProblem.full) { try step(.stage, after: try filled(.revoked), fresh: fresh) }
    }

    @Test func `a peer that was away follows over several changes of the root`() throws {
        let first = keys.keyset()
        let roots = try (0..<5).map { _ in try TestKeys.newKey() }
        var current = first
        var root = keys.root
        for new in roots {
            let rotated = try NextKeyset.sign(
                current.keyset.replacingRoot(with: new.publicKey, after: current, now: now), after: current,
                with: [new, root], now: now)
            let renewed = try NextKeyset.sign(
                try KeysetChange.renew.next(after: rotated, fresh: fresh, now: now), after: rotated, with: [new],
                now: now)
            current = try #require(try JSON.parse(JSONWriter.bytes(of: renewed)).object.map { try SignedKeyset($0) })
            root = new
        }
        func verdict(_ pinned: Ed25519.PublicKey) -> KeysetPolicy.Verdict {
            KeysetPolicy.judge(
                new: current, of: keys.server, pinned: PinnedKeys(root: pinned, version: 1, sha256: first.sha256),
                now: now)
        }
        #expect(current.rotations.count == SignedKeyset.maximumRotations)
        #expect(roots.map { verdict($0.publicKey) } == [.accept, .accept, .accept, .accept, .accept])
        #expect(verdict(keys.root.publicKey) == .rootChanged, "its link of the chain has left")
        #expect(verdict(fresh) == .rootChanged)
    }

    @Test func `a root that the one before it did not sign is in no chain`() throws {
        let thief = try TestKeys.newKey()
        let first = keys.keyset()
        // Signed by the thief's root twice over, and with a true rotation of somebody else's in between.
        let forged = keys.keyset(version: 2, previous: first.sha256, root: thief, signedBy: [thief])
        let next = SignedKeyset(
            signing: keys.keyset(version: 3, previous: forged.sha256, root: thief).keyset, with: [thief],
            rotations: [forged.envelope])
        #expect(
            KeysetPolicy.judge(new: next, of: keys.server, pinned: PinnedKeys(of: first), now: now) == .rootChanged)
        #expect(!next.isTrusted(bySigned: keys.root.publicKey) && next.isTrusted(bySigned: thief.publicKey))
    }
}
