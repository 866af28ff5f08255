import Federation
import Sodium
import Testing
import Wire

@Suite struct KeysetTests {
    @Test func aKeysetIsReadAsItWasSigned() throws {
        let keys = try TestKeys()
        let other = try TestKeys.newKey()
        let signed = keys.keyset(
            version: 3, keys: [keys.key(), keys.key(.revoked, of: other), keys.key(.next, of: try TestKeys.newKey())])
        let read = try SignedKeyset(signed.envelope)
        #expect(read == signed)
        #expect(read.keyset.activeKey?.publicKey == keys.online.publicKey)
        #expect(read.keyset.revoked == [KeyID(of: other.publicKey)])
        #expect(read.sha256 == SHA256.hash(signed.envelope.payload))
    }

    /// One field of a good keyset changed, removed (nil) or added.
    @Test(
        arguments: [
            ("server", #""A.example""#, "keyset.server"), ("server", nil, "keyset.server"),
            ("version", "0", "keyset.version"), ("version", "-1", "keyset.version"),
            ("version", "1.5", "keyset.version"),
            ("version", "9007199254740992", "keyset.version"), ("version", "9223372036854775807", "keyset.version"),
            ("version", #""1""#, "keyset.version"), ("version", nil, "keyset.version"),
            ("version", "2", "keyset.prev_sha256"),
            ("prev_sha256", #""00""#, "keyset.prev_sha256"), ("issued", #""yesterday""#, "keyset.issued"),
            ("issued", nil, "keyset.issued"), ("expires", nil, "keyset.expires"),
            ("expires", #""2023-11-14T22:13:20Z""#, "keyset.expires"),
            ("expires", #""2024-11-14T22:13:21Z""#, "keyset.expires"),
            ("root", #""AAAA""#, "keyset.root"), ("root", nil, "keyset.root"),
            ("root", #""AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=""#, "keyset.root"),
            ("root", #""JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=""#, "keyset.root"), ("keys", "[]", "keyset.keys"),
            ("keys", "{}", "keyset.keys"), ("keys", nil, "keyset.keys"), ("keys", "[1]", "keyset.keys[0]"),
        ] as [(String, String?, String)])
    func aBrokenFieldIsNamed(_ field: String, _ value: String?, _ named: String) throws {
        let good = try #require(try JSON.parse(try TestKeys().keyset().envelope.payload).object)
        #expect(throws: Never.self) { try Keyset(parsing: JSONWriter.bytes(of: good)) }
        let error = try #require(throws: FieldError.self) {
            try Keyset(parsing: try changed(good, field, value))
        }
        #expect(error.field == named)
    }

    @Test(
        arguments: [
            ("id", #""0123456789abcdef""#, "id"), ("id", nil, "id"), ("public", #""AAAA""#, "public"),
            ("public", nil, "public"),
            ("not_before", nil, "not_before"), ("not_after", #""2023-11-13T22:13:20Z""#, "not_after"),
            ("not_after", #""2024-02-11T22:13:21Z""#, "not_after"), ("not_after", nil, "not_after"),
            ("state", #""old""#, "state"), ("state", nil, "state"), ("state", #""revoked""#, "revoked_at"),
            ("state", #""retired""#, "not_after"), ("revoked_at", #""2023-11-14T22:13:20Z""#, "revoked_at"),
        ] as [(String, String?, String)])
    func aBrokenFieldOfAKeyIsNamed(_ field: String, _ value: String?, _ named: String) throws {
        let good = try #require(try JSON.parse(try TestKeys().keyset().envelope.payload).object)
        let key = try #require(try good.objects("keys").first)
        let keys = "[" + String(decoding: try changed(key, field, value), as: UTF8.self) + "]"
        let error = try #require(throws: FieldError.self) {
            try Keyset(parsing: try changed(good, "keys", keys))
        }
        #expect(error.field == "keyset.keys[0].\(named)")
    }

    @Test func idsActiveKeysAndTheRootAreWhereTheyBelong() throws {
        let keys = try TestKeys()
        let other = try TestKeys.newKey()
        let cases: [([KeysetKey], String)] = [
            ([keys.key(), keys.key(.next)], "keyset.keys[1].id"),
            ([keys.key(), keys.key(of: other)], "keyset.keys[1].state"),
            ([keys.key(), keys.key(.next, of: keys.root)], "keyset.keys"),
            (try (0..<65).map { _ in keys.key(.next, of: try TestKeys.newKey()) }, "keyset.keys"),
        ]
        for (list, field) in cases {
            let error = try #require(throws: FieldError.self) { try SignedKeyset(keys.keyset(keys: list).envelope) }
            #expect(error.field == field)
        }
        #expect(throws: Never.self) {
            try SignedKeyset(
                keys.keyset(keys: try (0..<64).map { _ in keys.key(.next, of: try TestKeys.newKey()) }).envelope)
        }
    }

    @Test func bytesThatAreNoKeysetAreRefused() {
        #expect(throws: FieldError.self) { try Keyset(parsing: Array("[]".utf8)) }
        #expect(throws: FieldError.self) { try Keyset(parsing: [0xFF]) }
    }

    @Test func aKeyIsUsableInItsTimeUnlessRevoked() throws {
        let keys = try TestKeys()
        let now = TestKeys.now
        let active = keys.key()
        #expect(active.isUsable(at: now) && active.isUsable(at: active.notAfter))
        #expect(!active.isUsable(at: active.notAfter + .seconds(1)))
        #expect(active.isUsable(at: active.notBefore - .seconds(60)))
        #expect(!active.isUsable(at: active.notBefore - .seconds(61)))
        #expect(keys.key(.next).isUsable(at: now))
        #expect(keys.key(.retired).isUsable(at: now + .seconds(300)))
        #expect(!keys.key(.retired).isUsable(at: now + .seconds(301)))
        #expect(!keys.key(.revoked).isUsable(at: now))
    }

    private func changed(_ object: JSONObject, _ field: String, _ value: String?) throws -> [UInt8] {
        var copy = JSONObject()
        for member in object.members where member.key != field { copy.append(member.key, member.value) }
        if let value { copy.append(field, try JSON.parse(value)) }
        return JSONWriter.bytes(of: copy)
    }
}
