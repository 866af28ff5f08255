import Federation
import Sodium
import Testing
import Wire

/// Keysets that come by themselves (`POST /federation/v1/keys`).
@Suite struct KeyRingReceiveTests {
    private let world = KeyRingWorld()
    private let keys: TestKeys
    private let next: Ed25519.SigningKey
    private let id: KeyID

    init() throws {
        keys = try TestKeys()
        next = try TestKeys.newKey()
        id = KeyID(of: keys.online.publicKey)
    }

    /// The old key in that state, and a new active one.
    private func second(_ state: KeysetKey.State, version: Int64 = 2) -> SignedKeyset {
        keys.keyset(
            version: version, previous: version == 2 ? keys.keyset().sha256 : nil,
            keys: [keys.key(state), keys.key(.active, of: next)])
    }

    private func receive(
        _ keyset: SignedKeyset, by key: Ed25519.SigningKey, _ ring: KeyRing
    ) async throws
        -> KeyRing.Received
    {
        let body = keys.document(keyset, at: world.time.now(), signedBy: key)
        return await ring.receive(try KeysDocument(parsing: body), body, of: keys.server)
    }

    private func pinned() async throws -> KeyRing {
        world.answer(keys.document(), for: keys.server)
        let ring = world.ring()
        _ = try await ring.key(id, of: keys.server)
        return ring
    }

    @Test func `what it revokes is refused at once, without a fetch`() async throws {
        let ring = try await pinned()
        #expect(try await receive(second(.revoked), by: next, ring) == .taken)
        await #expect(throws: SignatureProblem.unknownKey) { try await ring.key(id, of: keys.server) }
        #expect(try await ring.key(KeyID(of: next.publicKey), of: keys.server) == next.publicKey)
        #expect(world.fetches == 1 && world.stored(keys.server)?.version == 2)
        #expect(try await receive(second(.revoked), by: next, ring) == .known)
        #expect(try await receive(keys.keyset(), by: keys.online, ring) == .refused(.refused(.rollback)))
        #expect(world.alarms.isEmpty, "anybody may send anything: that is no alarm")
    }

    @Test func `a stranger's keys are only ever fetched`() async throws {
        let ring = world.ring()
        #expect(try await receive(keys.keyset(), by: keys.online, ring) == .notPinned)
        #expect(world.stored(keys.server) == nil)
    }

    @Test func `another root, two histories and an old word change nothing`() async throws {
        let ring = try await pinned()
        let thief = try TestKeys("a.example")
        let forged = thief.keyset(version: 2, previous: keys.keyset().sha256)
        #expect(try await receive(forged, by: thief.online, ring) == .refused(.refused(.rootChanged)))
        let fork = keys.keyset(
            version: 2, previous: [UInt8](repeating: 1, count: 32), keys: [keys.key(.active, of: next)])
        #expect(try await receive(fork, by: next, ring) == .refused(.refused(.equivocation)))
        let body = keys.document(second(.revoked), at: TestKeys.now - TestKeys.day, signedBy: next)
        let old = await ring.receive(try KeysDocument(parsing: body), body, of: keys.server)
        #expect(old == .refused(.notFresh(at: TestKeys.now - TestKeys.day)))
        #expect(try await ring.key(id, of: keys.server) == keys.online.publicKey)
    }

    /// It may be a recording: somebody who stole a key, and kept its revocation from us, cannot spare us the fetch.
    @Test func `it takes the place of no fetch that is due`() async throws {
        let ring = try await pinned()
        world.time.advance(by: .seconds(301))
        #expect(try await receive(second(.retired), by: next, ring) == .taken)
        world.answer(
            keys.document(second(.revoked, version: 4), at: world.time.now(), signedBy: next), for: keys.server)
        await #expect(throws: SignatureProblem.unknownKey) { try await ring.key(id, of: keys.server) }
        #expect(world.fetches == 2)
    }

    @Test func `an answer that was overtaken by a newer keyset is not believed`() async throws {
        let ring = try await pinned()
        #expect(try await receive(second(.revoked), by: next, ring) == .taken)
        world.time.advance(by: .seconds(301))
        // The store has version 2 already: the fetched version 1 is a rollback.
        await #expect(throws: SignatureProblem.keysUnavailable) { try await ring.key(id, of: keys.server) }
        #expect(world.alarms == [.refused(.rollback)])
    }
}
