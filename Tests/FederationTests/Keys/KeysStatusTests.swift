import Federation
import Sodium
import Testing
import Wire

@Suite struct KeysStatusTests {
    /// The online key ends a day after the start, the keyset after thirty.
    @Test(arguments: [
        (60, 200, 0, Finding.Level.ok), (30, 200, 0, .ok), (30, 200, 1, .warning), (200, 30, 1, .warning),
        (14, 200, 1, .warning), (7, 200, 1, .warning), (1, 1, 0, .warning), (1, 1, 86_400, .warning),
        (1, 200, 86_401, .failure), (80, 1, 86_401, .failure),
    ])
    func theLevelIsThatOfTheWorse(
        _ keyDays: Int, _ keysetDays: Int, _ secondsLater: Int, _ level: Finding.Level
    ) throws {
        let status = try status(keyDays: keyDays, keysetDays: keysetDays, secondsLater: secondsLater)
        #expect(status.level == level)
        #expect(status.level.exitCode == [.ok: 0, .warning: 1, .failure: 2][level])
    }

    @Test(arguments: [
        (60, 0, "in 60 days"), (30, 1, "in 29 days: less than 30 days"), (14, 1, "in 13 days: less than 14 days"),
        (7, 0, "in 7 days: less than 14 days"), (7, 1, "in 6 days: less than 7 days"), (1, 86_401, "expired at "),
    ])
    func theLinesSayHowLong(_ days: Int, _ secondsLater: Int, _ text: String) throws {
        let lines = try status(keyDays: days, keysetDays: 300, secondsLater: secondsLater).lines
        #expect(lines[3].contains(text))
        #expect(lines[3].hasPrefix("online key "))
        #expect(lines[2].hasPrefix("keyset version 1 expires at "))
    }

    @Test func programsGetTheSame() throws {
        let status = try status(keyDays: 10, keysetDays: 100, secondsLater: 1)
        let json = try #require(try JSON.parse(JSONWriter.bytes(of: status)).object)
        #expect(json.keys == ["server", "level", "root_fingerprint", "keyset", "key", "revoked", "next"])
        #expect(try json.array("next") == [.string("homeserver keys renew")])
        #expect(try json.string("level") == "warning")
        #expect(try json.string("root_fingerprint") == status.rootFingerprint.text)
        #expect(try json.object("keyset").integer("days_left") == 99)
        #expect(try json.object("keyset").integer("version") == 1)
        #expect(try json.object("key").integer("days_left") == 9)
        #expect(try json.object("key").string("id") == status.keyID?.text)
        #expect(try json.object("key").string("level") == "warning")
    }

    @Test func withoutAnActiveKeyNothingWorks() throws {
        let keys = try TestKeys()
        let status = KeysStatus(of: keys.keyset(keys: [keys.key(.revoked)]).keyset, now: TestKeys.now)
        #expect(status.level == .failure)
        #expect(status.lines[3] == "no online key is active")
        #expect(status.steps == ["homeserver keys renew"])
    }

    private func status(keyDays: Int, keysetDays: Int, secondsLater: Int) throws -> KeysStatus {
        let keys = try TestKeys()
        let key = KeysetKey(
            publicKey: keys.online.publicKey, notBefore: TestKeys.now, notAfter: TestKeys.now + TestKeys.day * keyDays,
            state: .active)
        let keyset = keys.keyset(life: TestKeys.day * keysetDays, keys: [key]).keyset
        return KeysStatus(of: keyset, now: TestKeys.now + .seconds(secondsLater))
    }
}
