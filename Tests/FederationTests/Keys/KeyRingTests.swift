import Sodium
import Synchronization
import Testing
import Wire

@testable import Federation

@Suite struct KeyRingTests {
    private let world = KeyRingWorld()
    private let keys: TestKeys
    private let id: KeyID

    init() throws {
        keys = try TestKeys()
        id = KeyID(of: keys.online.publicKey)
    }

    private func request(signedBy key: Ed25519.SigningKey? = nil) throws -> RequestSignature {
        RequestSignature(
            method: "GET", path: "/", body: [], origin: keys.server,
            destination: try #require(ServerName("b.example")), created: TestKeys.now,
            nonce: RandomBytes.array(count: 16), key: key ?? keys.online)
    }

    @Test func aStrangersKeysArePinnedOnFirstUse() async throws {
        world.answer(keys.document(), for: keys.server)
        let ring = world.ring()
        #expect(try await ring.key(id, of: keys.server) == keys.online.publicKey)
        let stored = try #require(world.stored(keys.server))
        #expect(stored.root == keys.root.publicKey.bytes)
        #expect(stored.version == 1 && stored.sha256 == keys.keyset().sha256 && stored.document == keys.document())
        try await ring.verify(try request())
        #expect(world.fetches == 1)
    }

    @Test func manyRequestsAtOnceFetchOnce() async throws {
        world.answer(keys.document(), for: keys.server)
        let ring = world.ring()
        let good = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<200 {
                group.addTask { (try? await ring.key(id, of: keys.server)) == keys.online.publicKey }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(good == 200)
        #expect(world.fetches == 1)
    }

    @Test func aForgedSignatureIsNoContact() async throws {
        world.answer(keys.document(), for: keys.server)
        let ring = world.ring()
        try await ring.verify(try request())
        world.time.advance(by: .seconds(200))
        let mallory = try TestKeys.newKey()
        await #expect(throws: SignatureProblem.unknownKey) { try await ring.verify(try request(signedBy: mallory)) }
        world.time.advance(by: .seconds(101))
        world.answer(nil, for: keys.server)
        await #expect(throws: SignatureProblem.keysUnavailable) { try await ring.verify(try request()) }
    }

    @Test func contactKeepsTheKeysGood() async throws {
        world.answer(keys.document(), for: keys.server)
        let ring = world.ring()
        for _ in 0..<10 {
            try await ring.verify(try request())
            world.time.advance(by: .seconds(299))
        }
        #expect(world.fetches == 1)
        let answered = try request()
        let response = ResponseSignature(
            status: 200, body: [], requestSignature: answered.signature, created: TestKeys.now, key: keys.online)
        try await ring.verify(response, from: keys.server)
        await #expect(throws: SignatureProblem.badSignature) {
            let other = try ResponseSignature(
                parsing: response.headers, status: 200, requestSignature: try request().signature)
            try await ring.verify(other, from: keys.server)
        }
    }

    @Test func aRotatedKeyIsFetchedOnSight() async throws {
        world.answer(keys.document(), for: keys.server)
        let ring = world.ring()
        try await ring.verify(try request())
        let next = TestKeys(server: keys.server, root: keys.root, online: try TestKeys.newKey())
        let rotated = keys.keyset(
            version: 2, previous: keys.keyset().sha256,
            keys: [keys.key(.retired), keys.key(of: next.online)])
        world.answer(keys.document(rotated, signedBy: next.online), for: keys.server)
        world.time.advance(by: .seconds(299))
        await #expect(throws: SignatureProblem.unknownKey) { try await ring.verify(try request(signedBy: next.online)) }
        try await ring.verify(try request())
        world.time.advance(by: .seconds(1))
        try await ring.verify(try request(signedBy: next.online))
        #expect(world.fetches == 2)
        #expect(world.stored(keys.server)?.version == 2)
    }

    @Test func aChangedRootIsAnAlarmAndNothingIsBelieved() async throws {
        world.answer(keys.document(), for: keys.server)
        try await world.ring().verify(try request())
        let thief = TestKeys(server: keys.server, root: try TestKeys.newKey(), online: try TestKeys.newKey())
        world.answer(thief.document(), for: keys.server)
        let restarted = world.ring()
        await #expect(throws: SignatureProblem.keysUnavailable) {
            try await restarted.verify(try request(signedBy: thief.online))
        }
        await #expect(throws: SignatureProblem.keysUnavailable) { try await restarted.verify(try request()) }
        #expect(world.alarms == [.refused(.rootChanged)])
        #expect(world.alarms.allSatisfy { $0.stopsLink })
        #expect(world.stored(keys.server)?.root == keys.root.publicKey.bytes)
        // The true homeserver is back.
        world.answer(keys.document(), for: keys.server)
        world.time.advance(by: .seconds(1))
        try await restarted.verify(try request())
    }

    @Test func anOldKeysetIsAnAlarm() async throws {
        world.answer(keys.document(keys.keyset(version: 5)), for: keys.server)
        try await world.ring().verify(try request())
        world.answer(keys.document(keys.keyset(version: 4)), for: keys.server)
        await #expect(throws: SignatureProblem.keysUnavailable) { try await world.ring().verify(try request()) }
        world.answer(keys.document(keys.keyset(version: 5, life: TestKeys.day)), for: keys.server)
        await #expect(throws: SignatureProblem.keysUnavailable) { try await world.ring().verify(try request()) }
        #expect(world.alarms == [.refused(.rollback), .refused(.equivocation)])
    }

    @Test func aRevocationOutlivesARestart() async throws {
        let lost = try TestKeys.newKey()
        let revoking = keys.keyset(version: 2, keys: [keys.key(), keys.key(.revoked, of: lost)])
        world.answer(keys.document(revoking), for: keys.server)
        try await world.ring().verify(try request())
        let back = keys.keyset(version: 3, previous: revoking.sha256, keys: [keys.key(), keys.key(.next, of: lost)])
        world.answer(keys.document(back), for: keys.server)
        await #expect(throws: SignatureProblem.keysUnavailable) {
            try await world.ring().verify(try request(signedBy: lost))
        }
        #expect(world.alarms == [.refused(.invalid(field: "keys"))])
    }

    @Test func whatIsNotFreshOrNotReadableIsNotBelieved() async throws {
        world.answer(keys.document(at: TestKeys.now - TestKeys.day), for: keys.server)
        await #expect(throws: SignatureProblem.keysUnavailable) { try await world.ring().verify(try request()) }
        world.answer(Array("{}".utf8), for: keys.server)
        await #expect(throws: SignatureProblem.keysUnavailable) { try await world.ring().verify(try request()) }
        #expect(
            world.alarms == [
                .notFresh(at: TestKeys.now - TestKeys.day), .unreadable(FieldError(field: "v", problem: "is missing")),
            ])
        #expect(!world.alarms.contains { $0.stopsLink })
        #expect(world.stored(keys.server) == nil)
    }

    @Test func theOperatorsFingerprintOutweighsFirstUse() async throws {
        let other = try TestKeys.newKey()
        world.state.withLock {
            $0.stored[keys.server] = StoredPeerKeys(rootFingerprint: Fingerprint(of: other.publicKey).text)
        }
        world.answer(keys.document(), for: keys.server)
        let ring = world.ring()
        await #expect(throws: SignatureProblem.keysUnavailable) { try await ring.verify(try request()) }
        #expect(world.alarms == [.refused(.rootChanged)])
        world.state.withLock {
            $0.stored[keys.server] = StoredPeerKeys(rootFingerprint: Fingerprint(of: keys.root.publicKey).text)
        }
        ring.forget(keys.server)
        try await ring.verify(try request())
    }

    @Test func aDatabaseThatIsAwayIsNotTheStrangersFault() async throws {
        world.answer(keys.document(), for: keys.server)
        world.state.withLock { $0.storeIsAway = true }
        let ring = world.ring()
        await #expect(throws: SignatureProblem.keysUnavailable) { try await ring.verify(try request()) }
        world.state.withLock { $0.storeIsAway = false }
        world.time.advance(by: .seconds(1))
        try await ring.verify(try request())
    }

    @Test func strangersWaitAndTheNumberOfPeersIsBounded() async throws {
        let ring = world.ring(maximumPeers: 3)
        for number in 0..<3 {
            let name = try #require(ServerName("s\(number).example"))
            await #expect(throws: SignatureProblem.keysUnavailable) { try await ring.key(id, of: name) }
            await #expect(throws: SignatureProblem.keysUnavailable) { try await ring.key(id, of: name) }
        }
        #expect(world.fetches == 3)
        world.answer(keys.document(), for: keys.server)
        await #expect(throws: SignatureProblem.keysUnavailable) { try await ring.verify(try request()) }
        #expect(world.fetches == 3)
        world.time.advance(by: .seconds(300))
        try await ring.verify(try request())
        #expect(world.fetches == 4)
    }

    @Test func whoIsPinnedFindsRoomHoweverManyStrangersThereAre() async throws {
        world.answer(keys.document(), for: keys.server)
        _ = try await world.ring().key(id, of: keys.server)
        let ring = world.ring(maximumPeers: 2)
        for number in 0..<2 {
            let name = try #require(ServerName("s\(number).example"))
            await #expect(throws: SignatureProblem.keysUnavailable) { try await ring.key(id, of: name) }
        }
        try await ring.verify(try request())
    }

    @Test func anotherFingerprintInTheConfigurationMakesThePinVoid() async throws {
        world.answer(keys.document(), for: keys.server)
        _ = try await world.ring().key(id, of: keys.server)
        var stored = try #require(world.stored(keys.server))
        let own = Fingerprint(of: keys.root.publicKey)
        stored.trust(only: own)
        #expect(stored.root == keys.root.publicKey.bytes && stored.version == 1, "it is the one")
        let other = Fingerprint(of: try TestKeys.newKey().publicKey)
        stored.trust(only: other)
        #expect(stored.root == nil && stored.version == 0 && stored.document == nil)
        #expect(stored.rootFingerprint == other.text)
    }
}
